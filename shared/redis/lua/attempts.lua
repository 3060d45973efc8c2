-- Takes a place among the failed log-ins of an account and of an address, before the password is looked at. On the
-- server's clock, over a sliding window; who logs in gives the place back.
-- KEYS[1]  zset  failures of one account: member = attempt, score = milliseconds since the epoch
-- KEYS[2]  zset  the same of one address
-- ARGV[1]  "now" in milliseconds, or "" for the server's clock     ARGV[2]  window, milliseconds
-- ARGV[3]  most failures of an account   ARGV[4]  most failures of an address   ARGV[5]  member to add
-- Reply: milliseconds to wait, 0 when the place is taken
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call("TIME")
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local window, wait = tonumber(ARGV[2]), 0
for i = 1, 2 do
  local most = tonumber(ARGV[2 + i])
  redis.call("ZREMRANGEBYSCORE", KEYS[i], "-inf", now - window)
  local count = redis.call("ZCARD", KEYS[i])
  if count >= most then
    local oldest = redis.call("ZRANGE", KEYS[i], count - most, count - most, "WITHSCORES")
    wait = math.max(wait, tonumber(oldest[2]) + window - now)
  end
end
if wait > 0 then return wait end
for i = 1, 2 do
  redis.call("ZADD", KEYS[i], string.format("%.0f", now), ARGV[5])
  redis.call("PEXPIRE", KEYS[i], window)
end
return 0
