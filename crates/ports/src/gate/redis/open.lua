-- Units came back or the rules changed: no user is refused before the next look. KEYS: rows.
if redis.call('EXISTS', KEYS[1]) == 1 then
    local time = redis.call('TIME')
    redis.call('HSET', KEYS[1], 'fence', time[1] .. string.format('%06d', time[2]))
    redis.call('HDEL', KEYS[1], 'looked', 'elected')
end
