-- A request that was let through has ended: the user took the units, or gives them back to the gate.
-- KEYS: rows, users, under way. ARGV: user, units, ticket, how it ended (took, gave back, looked), most users.
redis.call('ZREM', KEYS[3], ARGV[3])
local returned = redis.call('HGET', KEYS[1], 'returned')
if ARGV[4] == 'took' and returned == '-1' then
    local before = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
    -- with too many users the sum stays too small, so the database answers
    if before ~= tonumber(ARGV[2]) and redis.call('HLEN', KEYS[2]) < tonumber(ARGV[5]) then
        redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
        redis.call('HINCRBY', KEYS[2], '#sum', tonumber(ARGV[2]) - before)
        redis.call('PEXPIRE', KEYS[2], 3600000)
    end
elseif ARGV[4] ~= 'looked' and redis.call('EXISTS', KEYS[1]) == 1 then
    -- who looked has brought what there is to know
    redis.call('HSET', KEYS[1], 'due', '1')
end
