-- Asks for units: one round trip for each decision, of coupons that are issued and of purchases in deals.
-- KEYS: rows, users, under way. ARGV: user, units, the shop's clock, ticket, and the times and limits of `ports::gate`.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local user, units, at, ticket = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local fresh, look_every, look_again = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local load_every, hold, overbooked = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - hold)
local rows = redis.call('HMGET', KEYS[1], 'fence', 'elected', 'due', 'looked', 'opens', 'closes', 'total', 'taken',
    'per_user', 'returned', 'limit_last')
local users = redis.call('HMGET', KEYS[2], '#sum', '#returned', '#loaded', user)

-- the clock went back: another machine has taken over, or somebody set it. Nothing is known of the age of what was read
if (tonumber(rows[2]) or 0) > now or (tonumber(rows[4]) or 0) > now or (tonumber(users[3]) or 0) > now then
    redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
    rows, users = {}, {}
end

local function through()
    redis.call('ZADD', KEYS[3], now, ticket)
    redis.call('PEXPIRE', KEYS[3], 2 * hold)
end

local fence = rows[1]
if not fence then
    fence = time[1] .. string.format('%06d', time[2])
    redis.call('HSET', KEYS[1], 'fence', fence)
    redis.call('PEXPIRE', KEYS[1], 3600000)
end

-- one request in a while reads the rows for the others
local elected, wait = tonumber(rows[2]), look_every
if rows[3] == '1' then wait = look_again end
if not elected or now >= elected + wait then
    redis.call('HSET', KEYS[1], 'elected', now, 'due', '0')
    through()
    local load = '0'
    if not users[3] or now >= tonumber(users[3]) + load_every then load = '1' end
    return {'look', fence, users[1] or '0', users[2] or '', load}
end

local looked = tonumber(rows[4])
if looked and now < looked + fresh and tonumber(rows[5]) <= at and at < tonumber(rows[6]) then
    local total, taken, returned = tonumber(rows[7]), tonumber(rows[8]), tonumber(rows[10])
    local sum = tonumber(users[1] or '0')
    -- while nothing comes back, a user's units only grow, and their sum shows whether all users are known
    local known = users[2] and tonumber(users[2]) == math.max(returned, 0)
    if known and returned < 0 then taken = math.max(taken, sum) end
    local sold_out = taken + units > total and sum == taken
    local over_limit = tonumber(users[4] or '0') + units > tonumber(rows[9])
    if known and over_limit and (sold_out or rows[11] == '0') then return {'over limit', rows[9]} end
    if known and sold_out then return {'sold out', string.format('%.0f', total - taken)} end
    if redis.call('ZCARD', KEYS[3]) >= total - taken + overbooked then return {'crowded'} end
end
through()
return {'through'}
