-- Some of the users that a look read.
-- KEYS: rows, users. ARGV: fence, what came back or -1, whether these are the first, whether the last, then users with their units.
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
local returned = tonumber(ARGV[2])
if ARGV[3] == '1' then
    -- commits that the gate saw meanwhile stay, where units never come back
    if returned < 0 then redis.call('HDEL', KEYS[2], '#returned') else redis.call('UNLINK', KEYS[2]) end
end
local sum = 0
for n = 5, #ARGV, 2 do
    redis.call('HSET', KEYS[2], ARGV[n], ARGV[n + 1])
    sum = sum + tonumber(ARGV[n + 1])
end
sum = redis.call('HINCRBY', KEYS[2], '#read', sum)
redis.call('PEXPIRE', KEYS[2], 3600000)
if ARGV[4] == '1' then
    local time = redis.call('TIME')
    redis.call('HDEL', KEYS[2], '#read', '#sum', '#returned', '#loaded')
    if returned < 0 then sum = redis.call('HLEN', KEYS[2]) end
    redis.call('HSET', KEYS[2], '#sum', sum, '#returned', math.max(returned, 0), '#loaded',
        time[1] * 1000 + math.floor(time[2] / 1000))
end
return 1
