-- Whether this server runs scripts that write: a replica refuses, and a user without the right to. KEYS: one of its own.
return redis.call('SET', KEYS[1], '1', 'PX', '1000')
