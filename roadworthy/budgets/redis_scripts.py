"""What Redis does in one step: a purse is one hash, with its `total` and a field for each open reservation.

Redis counts in 64-bit integers, Lua in doubles: HINCRBY makes the sums, strings are compared, so nothing is rounded.
"""

from __future__ import annotations

RESERVE = """
local purse, worst, back, most, id, since, oldest, linger = KEYS[1], unpack(ARGV)
if redis.call('HEXISTS', purse, id) == 1 then return {1} end
redis.call('HINCRBY', purse, 'total', worst)
redis.call('EXPIRE', purse, linger)
local total = redis.call('HGET', purse, 'total')
if #total < #most or (#total == #most and total <= most) then
  redis.call('HSET', purse, id, worst .. ' ' .. since)
  return {1}
end
redis.call('HINCRBY', purse, 'total', back)
local held = 0
for _, hold in ipairs(redis.call('HVALS', purse)) do
  local nanos, at = string.match(hold, '^(%d+) (%d+)$')
  if nanos and tonumber(at) > tonumber(oldest) then held = held + tonumber(nanos) end
end
return {0, redis.call('HGET', purse, 'total'), string.format('%.0f', held)}
"""
"""`back` is −worst. The same id twice reserves once. What is held is rounded: a hint when to try again."""

SETTLE = """
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'total', ARGV[2]) end
"""
"""Idempotent: only the one who takes the reservation away changes the total."""
