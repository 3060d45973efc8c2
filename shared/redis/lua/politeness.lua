-- Does several steps, each for one host: gives slots of it back, then takes one, so that it is known who may ask this
-- host next, and when. In their order, on the server's clock.
-- ARGV[1]  "now" in milliseconds, or "" for the server's clock
-- and for each step a key and nine arguments or more:
-- KEYS  string  the host, packed by cmsgpack: slots {{token, begin, end, lease's end}…}, rules {owner =
--               {expires, concurrency, delay, crawl delay}}, next (earliest start by Crawl-delay), back (end of the
--               back-off), strikes, mean (of durations); times in milliseconds since the epoch
-- ARGV  token to take a slot with, or "" for none
-- ARGV  owner of the rules; without a token, one whose rules no longer hold, or ""
-- ARGV  concurrency   ARGV  delay, ms   ARGV  crawl delay, ms   ARGV  lease, ms
-- ARGV  the longest wait, ms, that a slot is reserved for      ARGV  how long the rules hold, ms
-- ARGV  number of slots given back, and for each five: token, ms since its end, duration in ms (-1: none), 1 if the host
--       asked for less (429, 503), and the back-off in ms that it asked for (-1: none)
-- Reply: two figures a step, all in one text (a reply of numbers costs the client more): 1 if a slot is taken, ms to wait
--        before the request or, if none is taken, before asking again
-- The same in Python, and the reasons: workers/fetch/pace.py. One packed key: a hash costs six times as much.
local SLOW, FACTOR, STRIKE, MOST, KEEP = 1000, 10, 100, 300000, 600000
local TOKEN, BEGUN, ENDED, LEASE = 1, 2, 3, 4
local max, min, form = math.max, math.min, string.format

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call("TIME")
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Five arguments a slot, from `from` on.
local function give(host, from, count)
  for i = from, from + 5 * count - 1, 5 do
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
end

-- The strictest of all rules that still hold, after this scan's own are noted.
local function strictest(host, owner, concurrency, delay, crawl, hold)
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

local function take(host, token, lease, patience, concurrency, delay, crawl)
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

local hosts, keeps, replies, at = {}, {}, {}, 2
for i, key in ipairs(KEYS) do
  local host = hosts[key]
  if not host then
    local packed = redis.call("GET", key)
    host = packed and cmsgpack.unpack(packed) or {slots = {}, rules = {}, next = 0, back = 0, strikes = 0}
    hosts[key], keeps[key] = host, KEEP
  end
  local token, owner, given = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 8])
  give(host, at + 9, given)
  local taken, wait = 0, 0
  if token ~= "" then
    local lease, hold = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 7])
    local concurrency, delay, crawl =
      strictest(host, owner, tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), hold)
    taken, wait = take(host, token, lease, tonumber(ARGV[at + 6]), concurrency, delay, crawl)
    keeps[key] = max(keeps[key], KEEP + max(lease, hold, crawl))
  elseif owner ~= "" then
    host.rules[owner] = nil
  end
  replies[i] = form("%d %.0f", taken, wait)
  at = at + 9 + 5 * given
end
for key, host in pairs(hosts) do
  redis.call("SET", key, cmsgpack.pack(host), "PX", keeps[key])
end
return table.concat(replies, " ")
