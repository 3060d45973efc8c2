-- Decides many requests in order, each by both limits, in one round trip and on the server's clock.
-- ARGV[1]  "now" in microseconds, or "" for the server's clock
-- ARGV[2]  one MessagePack array with four figures a request (as arguments of their own they cost the client 5 us):
--          microseconds a request costs (60e6 / requests a minute), burst: requests that may come at once,
--          quota: most entries in the window, window in milliseconds
-- ARGV[3]  the members to add, 16 bytes a request, whether asked for or not
-- and for each request two keys:
-- KEYS  string  the request limit's theoretical arrival time, microseconds since the epoch
-- KEYS  zset    the daily quota's exact log: member = scan id, score = milliseconds since the epoch; "" if not asked
-- Reply: seven figures a request, all in one text (a reply of numbers costs the client five times as much):
--        1 if the request may pass, tokens left, microseconds until nothing is used up, microseconds to wait,
--        1 if the quota has room (-1: not asked), entries used, milliseconds since the epoch when one is free
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call("TIME")
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local form, floor = string.format, math.floor
local figures = cmsgpack.unpack(ARGV[2])

local function log(key, quota, window, member)
  local milliseconds = floor(now / 1000)
  redis.call("ZREMRANGEBYSCORE", key, "-inf", milliseconds - window)
  local used = redis.call("ZCARD", key)
  if used >= quota then
    local oldest = redis.call("ZRANGE", key, used - quota, used - quota, "WITHSCORES")
    return 0, used, tonumber(oldest[2] or milliseconds) + window
  end
  redis.call("ZADD", key, form("%.0f", milliseconds), member)
  redis.call("PEXPIRE", key, window)
  return 1, used + 1, 0
end

local replies = {}
for i = 1, #KEYS / 2 do
  local bucket, quota_key, a = KEYS[2 * i - 1], KEYS[2 * i], 4 * i - 3
  local cost, burst = figures[a], figures[a + 1]
  local tat = tonumber(redis.call("GET", bucket) or 0)
  if tat < now then tat = now end
  local most = cost * burst
  if tat - now + cost > most then
    replies[i] = form("0 0 %.0f %.0f -1 0 0", tat - now, tat - now + cost - most)
  else
    tat = tat + cost
    redis.call("SET", bucket, form("%.0f", tat), "PX", math.ceil((tat - now) / 1000) + 1)
    local room, used, free = -1, 0, 0
    if quota_key ~= "" then
      room, used, free = log(quota_key, figures[a + 2], figures[a + 3], ARGV[3]:sub(16 * i - 15, 16 * i))
    end
    replies[i] = form("1 %.0f %.0f 0 %d %d %.0f", floor((most - (tat - now)) / cost), tat - now, room, used, free)
  end
end
return table.concat(replies, " ")
