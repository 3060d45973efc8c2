-- Puts messages on queues of dramatiq's, but on none where many wait already.
-- ARGV[1]  how many may wait; and for each message two keys and two arguments:
-- KEYS  list  ids of the messages that wait    KEYS  hash  messages by id
-- ARGV  id    ARGV  message
-- Reply: how many were put there
local put = 0
for i = 1, #KEYS / 2 do
  if redis.call("LLEN", KEYS[2 * i - 1]) < tonumber(ARGV[1]) then
    redis.call("HSET", KEYS[2 * i], ARGV[2 * i], ARGV[2 * i + 1])
    redis.call("RPUSH", KEYS[2 * i - 1], ARGV[2 * i])
    put = put + 1
  end
end
return put
