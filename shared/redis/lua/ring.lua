-- Puts a message on a queue of dramatiq's unless too many wait there already.
-- KEYS[1]  list  ids of the messages that wait
-- KEYS[2]  hash  messages by id
-- ARGV[1]  how many may wait    ARGV[2]  id    ARGV[3]  message
-- Reply: 1 if it was put there
if redis.call("LLEN", KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
redis.call("HSET", KEYS[2], ARGV[2], ARGV[3])
redis.call("RPUSH", KEYS[1], ARGV[2])
return 1
