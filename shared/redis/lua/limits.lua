-- Both limits in one round trip, on the server's clock.
-- KEYS[1]  string  the request limit's theoretical arrival time, microseconds since the epoch
-- KEYS[2]  zset    (optional) the daily quota's exact log: member = scan id, score = milliseconds since the epoch
-- ARGV[1]  microseconds a request costs (60e6 / requests a minute)
-- ARGV[2]  burst: requests that may come at once
-- ARGV[3]  "now" in microseconds, or "" for the server's clock
-- ARGV[4]  quota: most entries in the window    ARGV[5]  window, milliseconds    ARGV[6]  member to add
-- Reply: {1 if the request may pass, tokens left, microseconds until nothing is used up, microseconds to wait,
--         1 if the quota has room (-1: not asked), entries used, milliseconds since the epoch when one is free}
local now
if ARGV[3] == "" then
  local time = redis.call("TIME")
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
else
  now = tonumber(ARGV[3])
end
local cost, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = tonumber(redis.call("GET", KEYS[1]) or 0)
if tat < now then tat = now end
local most = cost * burst
if tat - now + cost > most then
  return {0, 0, tat - now, tat - now + cost - most, -1, 0, 0}
end
tat = tat + cost
redis.call("SET", KEYS[1], string.format("%.0f", tat), "PX", math.ceil((tat - now) / 1000) + 1)
local left = math.floor((most - (tat - now)) / cost)
if not KEYS[2] then
  return {1, left, tat - now, 0, -1, 0, 0}
end
local quota, window = tonumber(ARGV[4]), tonumber(ARGV[5])
local milliseconds = math.floor(now / 1000)
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", milliseconds - window)
local used = redis.call("ZCARD", KEYS[2])
if used >= quota then
  local oldest = redis.call("ZRANGE", KEYS[2], used - quota, used - quota, "WITHSCORES")
  return {1, left, tat - now, 0, 0, used, tonumber(oldest[2] or milliseconds) + window}
end
redis.call("ZADD", KEYS[2], string.format("%.0f", milliseconds), ARGV[6])
redis.call("PEXPIRE", KEYS[2], window)
return {1, left, tat - now, 0, 1, used + 1, 0}
