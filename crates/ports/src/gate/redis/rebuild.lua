-- What a look read, unless the subject was opened meanwhile.
-- KEYS: rows, users. ARGV: fence, age of the look, opens, closes, total, taken, per user, what came back or -1,
-- whether the limit comes last.
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local began = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[2])
local looked = tonumber(redis.call('HGET', KEYS[1], 'looked') or '0')
if looked > began then return 0 end
redis.call('HSET', KEYS[1], 'looked', began, 'opens', ARGV[3], 'closes', ARGV[4], 'total', ARGV[5], 'taken', ARGV[6],
    'per_user', ARGV[7], 'returned', ARGV[8], 'limit_last', ARGV[9])
redis.call('PEXPIRE', KEYS[1], 3600000)
if ARGV[6] == '0' then
    if ARGV[8] ~= '-1' then redis.call('UNLINK', KEYS[2]) end
    redis.call('HSET', KEYS[2], '#returned', math.max(tonumber(ARGV[8]), 0))
    if ARGV[8] ~= '-1' then redis.call('HSET', KEYS[2], '#sum', 0, '#loaded', began) end
end
redis.call('PEXPIRE', KEYS[2], 3600000)
return 1
