-- Gives back slots of one host, then takes one: who may ask this host next, and when. On the server's clock.
-- KEYS[1]  string  the host, packed by cmsgpack: slots {{token, begin, end, lease's end}…}, rules {owner =
--                  {expires, concurrency, delay, crawl delay}}, next (earliest start by Crawl-delay), back (end of the
--                  back-off), strikes, mean (of durations); times in milliseconds since the epoch
-- ARGV[1]  "now" in milliseconds, or "" for the server's clock
-- ARGV[2]  token to take a slot with, or "" for none
-- ARGV[3]  owner of the rules; without a token, one whose rules no longer hold, or ""
-- ARGV[4]  concurrency   ARGV[5]  delay, ms   ARGV[6]  crawl delay, ms   ARGV[7]  lease, ms
-- ARGV[8]  the longest wait, ms, that a slot is reserved for      ARGV[9]  how long the rules hold, ms
-- ARGV[10..]  slots given back, five each: token, ms since its end, duration in ms (-1: none), 1 if the host asked for
--             less (429, 503), and the back-off in ms that it asked for (-1: none)
-- Reply: {1 if a slot is taken, ms to wait before the request or, if none is taken, before asking again}
-- The same in Python, and the reasons: workers/fetch/pace.py. One packed key: a hash costs six times as much.
local SLOW, FACTOR, STRIKE, MOST, KEEP = 1000, 10, 100, 300000, 600000
local TOKEN, BEGUN, ENDED, LEASE = 1, 2, 3, 4
local max, min = math.max, math.min

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call("TIME")
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local packed = redis.call("GET", KEYS[1])
local host = packed and cmsgpack.unpack(packed) or {slots = {}, rules = {}, next = 0, back = 0, strikes = 0}

for i = 10, #ARGV, 5 do
  local ended, spent = now - tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  for _, slot in ipairs(host.slots) do
    if slot[TOKEN] == ARGV[i] then
      slot[TOKEN], slot[LEASE], slot[ENDED] = "", 0, max(ended, slot[ENDED])
    end
  end
  if spent >= 0 then
    host.mean = host.mean and math.floor((host.mean * 4 + spent) / 5) or spent
  end
  if ARGV[i + 3] == "1" then
    host.strikes = min(host.strikes + 1, 20)
    local off = tonumber(ARGV[i + 4])
    if off < 0 then off = STRIKE * 2 ^ (host.strikes - 1) end
    host.back = max(host.back, ended + min(off, MOST))
  elseif spent >= 0 then
    host.strikes = 0
  end
end

-- The strictest of all rules that still hold, after this scan's own are noted.
local function strictest(owner, concurrency, delay, crawl, hold)
  host.rules[owner] = {now + hold, concurrency, delay, crawl}
  for name, rule in pairs(host.rules) do
    if rule[1] <= now then
      host.rules[name] = nil
    else
      concurrency, delay, crawl = min(concurrency, rule[2]), max(delay, rule[3]), max(crawl, rule[4])
    end
  end
  return concurrency, delay, crawl
end

local function take(token, lease, patience, concurrency, delay, crawl)
  local mean = host.mean or 0
  local pause = mean > SLOW and max(delay, min(mean, delay * FACTOR)) or delay
  local held, first, ends, oldest = 0, nil, {}, nil
  for _, slot in ipairs(host.slots) do
    if slot[LEASE] > now then
      held = held + 1
      first = min(first or slot[BEGUN], slot[BEGUN])
    else
      slot[ENDED] = max(slot[ENDED], slot[LEASE])
      ends[#ends + 1] = slot[ENDED]
      if not oldest or slot[ENDED] < oldest[ENDED] then oldest = slot end
    end
  end
  local free = concurrency - held
  if free <= 0 then
    return 0, min(max(first + mean - now, 10), 1000)
  end
  table.sort(ends, function(a, b) return a > b end)
  local start = max(now, host.back, host.next, ends[free] and ends[free] + pause or 0)
  if start - now > patience then
    return 0, start - now
  end
  if #host.slots < concurrency then
    oldest = {"", 0, 0, 0}
    host.slots[#host.slots + 1] = oldest
  end
  oldest[TOKEN], oldest[BEGUN], oldest[LEASE] = token, start, start + lease
  if crawl > 0 then host.next = start + crawl end
  return 1, start - now
end

local taken, wait, keep = 0, 0, KEEP
if ARGV[2] ~= "" then
  local lease, patience, hold = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
  local concurrency, delay, crawl =
    strictest(ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), hold)
  taken, wait = take(ARGV[2], lease, patience, concurrency, delay, crawl)
  keep = KEEP + max(lease, hold, crawl)
elseif ARGV[3] ~= "" then
  host.rules[ARGV[3]] = nil
end
redis.call("SET", KEYS[1], cmsgpack.pack(host), "PX", keep)
return {taken, wait}
