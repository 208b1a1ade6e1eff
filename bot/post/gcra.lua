-- The buckets that processes share: the rules of buckets.py, in one step of Redis, by its clock.
--
-- KEYS[1] is what every key here begins with; ARGV[1] is what is asked, as JSON (shared.py). Gives
-- {whether it is known who was written to, a wait for each demand, and the thousandths of its rate that
-- each sender uses}. Times are microseconds. A memory that began anew, because Redis was flushed or
-- restarted, has nothing to give at first.

local SECOND, DAY = 1000000, 86400000000
local BULK, REST, SMOOTH = 0.2, 0.88, 0.1
local GRACE, RECOVERY, LOWEST, AGAIN = 50000, 60000000, 0.125, 1000000
local max, min, ceil, floor = math.max, math.min, math.ceil, math.floor

local base, asked = KEYS[1], cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * SECOND + tonumber(time[2])

local function whole(number) return string.format('%.0f', number) end

local memory = redis.call('HMGET', base, 'born', 'seen', 'held', 'people')
local born, seen = tonumber(memory[1]), tonumber(memory[2])
if not born or now < seen - SECOND then -- nothing is known, or the clock was set back
  redis.call('DEL', base)
  born, seen, memory = now, now, {}
end
now = max(now, seen)
-- What a process sent alone is in no log: the windows count as full until it has left them.
local held = asked.back and now or tonumber(memory[3]) or now
redis.call('HSET', base, 'born', whole(born), 'seen', whole(now), 'held', whole(held))
local knows_people = memory[4] == '1'

-- ---- what is remembered ------------------------------------------------------------------------

local function factor(lane) return min(1, lane.factor + 0.5 * (now - lane.factor_at) / RECOVERY) end

local function life(sender, cost, used)
  return ceil(sender.window * max(1, cost / sender.count) / used)
end

local lanes, order = {}, {}
local function lane_of(via)
  local lane = lanes[via]
  if lane then return lane end
  local sender, kept = asked.senders[via], redis.call('GET', base .. ':' .. via)
  lane = kept and cmsgpack.unpack(kept)
  if not lane or lane.born ~= born then
    lane = {born = born, log = {}, bulk = 0, rest = 0, others_wait = 0, bulk_waits = 0, factor = 1,
            factor_at = 0, till = 0}
  end
  local told = asked.rests[via] -- {how much longer nothing may go, whether that is news}
  if told then
    if told[2] and lane.till <= now then
      lane.factor, lane.factor_at = max(LOWEST, factor(lane) / 2), now
    end
    lane.till = max(lane.till, now + told[1])
  end
  local log, used, rate = {}, 0, factor(lane)
  for i = 1, #lane.log, 2 do
    if lane.log[i] + life(sender, lane.log[i + 1], rate) >= now then
      log[#log + 1], log[#log + 2] = lane.log[i], lane.log[i + 1]
      used = used + min(lane.log[i + 1], sender.count)
    end
  end
  lane.log, lane.used = log, used
  lanes[via], order[#order + 1] = lane, via
  return lane
end

local function each_key(via, who, group) return base .. ':each:' .. via .. ':' .. group .. ':' .. who end

local function each_set(key, due)
  if due > now then redis.call('SET', key, whole(due), 'PX', ceil((due - now) / 1000)) end
end

local function people_key(via) return base .. ':people:' .. via end

local function meet(via, who, at)
  redis.call('ZADD', people_key(via), 'GT', whole(at), who)
  redis.call('PEXPIRE', people_key(via), DAY / 1000)
end

-- ---- what processes tell -----------------------------------------------------------------------

for via in pairs(asked.rests) do lane_of(via) end
for _, one in ipairs(asked.people) do meet(one[1], one[2], now - one[3]) end -- {channel, who, age}
for _, one in ipairs(asked.each) do -- {channel, who, group, how far ahead of now}
  local key = each_key(one[1], one[2], one[3])
  each_set(key, max(tonumber(redis.call('GET', key)) or 0, now + one[4]))
end
if asked.knows_people then
  knows_people = true
  redis.call('HSET', base, 'people', '1')
end

-- ---- what is asked -----------------------------------------------------------------------------

local function each_due(sender, via, who, group)
  local rate = group == 1 and sender.group or sender.each
  if #rate == 0 then return nil end
  local unknown = born + rate[2] * rate[1] -- an empty bucket
  local due = tonumber(redis.call('GET', each_key(via, who, group))) or unknown
  return max(min(due, now + rate[2] * rate[1]), now) + rate[1], rate[2] * rate[1]
end

local function first_wait(sender, via, who)
  if sender.tier == 0 then return 0 end
  if not knows_people then return AGAIN end
  local key = people_key(via)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now - DAY))
  if redis.call('ZSCORE', key, who) or redis.call('ZCARD', key) < sender.tier then return 0 end
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]) + DAY - now
end

local function full_wait(sender, lane, cost)
  local over, till, rate = lane.used + min(cost, sender.count) - sender.count, now - 1, factor(lane)
  for i = 1, #lane.log, 2 do
    if over <= 0 then break end
    over = over - min(lane.log[i + 1], sender.count)
    till = lane.log[i] + life(sender, lane.log[i + 1], rate)
  end
  return till + 1 - now
end

local function share_wait(sender, lane, cost, bulk)
  local due, part, burst = lane.rest, REST, REST
  if bulk then
    due, part, burst = lane.bulk, lane.others_wait > now and BULK or 1, SMOOTH
  elseif lane.bulk_waits <= now then
    return 0
  end
  local ahead = max(0, max(2, burst * sender.per_second) - cost) * sender.step / factor(lane) / part
  return ceil(due - ahead) - now
end

local function note(sender, lane, cost)
  lane.used = lane.used + min(cost, sender.count)
  local last = #lane.log
  if last > 0 and lane.log[last - 1] == now and cost < sender.count then
    lane.log[last] = lane.log[last] + cost
  else
    lane.log[last + 1], lane.log[last + 2] = now, cost
  end
end

local stuck = {}
local function take(via, who, cost, bulk, first, group)
  local sender, lane = asked.senders[via], lane_of(via)
  local due, burst = each_due(sender, via, who, group)
  local wait = max(lane.till - now, held + sender.window - now, due and due - burst - now or 0)
  if first then wait = max(wait, first_wait(sender, via, who)) end
  if wait > 0 then return wait end -- not for want of the rate: nobody behind need wait for it

  local kind = via .. (bulk and ':bulk' or ':other')
  wait = stuck[kind] or 0
  if wait == 0 then
    local full = full_wait(sender, lane, cost)
    wait = max(full, share_wait(sender, lane, cost, bulk))
    if full > 0 then stuck[via .. (bulk and ':other' or ':bulk')] = full end
    if wait > 0 then stuck[kind] = wait end
  end
  if wait > 0 then
    local waits = bulk and 'bulk_waits' or 'others_wait'
    lane[waits] = max(lane[waits], now + wait + GRACE)
    return wait
  end

  note(sender, lane, cost)
  local step = sender.step / factor(lane)
  if bulk then
    local part = lane.others_wait > now and BULK or 1
    lane.bulk = max(lane.bulk, now) + floor(cost * step / part)
  elseif lane.bulk_waits > now then
    lane.rest = max(lane.rest, now) + floor(cost * step / REST)
  end
  if due then each_set(each_key(via, who, group), due) end
  if first then meet(via, who, now) end
  return 0
end

local answer = {knows_people and 1 or 0}
for _, one in ipairs(asked.demands) do
  answer[#answer + 1] = ceil(take(one[1], one[2], one[3], one[4], one[5], one[6]))
end
for _, via in ipairs(asked.order) do answer[#answer + 1] = floor(factor(lane_of(via)) * 1000) end
for _, via in ipairs(order) do redis.call('SET', base .. ':' .. via, cmsgpack.pack(lanes[via])) end
return answer
