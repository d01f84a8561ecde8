// The Lua that Redis runs, one key each. Numbers come and go as text.
#pragma once

namespace ciam::store::redis_scripts {

// ARGV: known version, now.
// Reading marks as used: the record lives for another idle timeout, up to its limit.
constexpr const char* find = R"(
local f = redis.call('HMGET', KEYS[1], 'v', 'i', 'l')
if not f[1] then return {} end
local left = math.min(tonumber(f[2]), tonumber(f[3]) - tonumber(ARGV[2]))
if left <= 0 then return {} end
redis.call('EXPIRE', KEYS[1], left)
if f[1] == ARGV[1] then return {f[1]} end
local parts = redis.call('HMGET', KEYS[1], 'h', 'c', 't', 'a')
return {f[1], f[2], f[3], parts[1], parts[2], parts[3], parts[4]})";

// ARGV: version, idle timeout, limit, hot, cold, seconds to live, tags, issued at.
constexpr const char* insert = R"(
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'i', ARGV[2], 'l', ARGV[3],
           'h', ARGV[4], 'c', ARGV[5], 't', ARGV[7], 'a', ARGV[8])
redis.call('EXPIRE', KEYS[1], ARGV[6])
return 1)";

// ARGV: version, idle timeout, limit, hot, cold, seconds to live, expected version, channel,
// message. Its groups and when it was issued stay.
constexpr const char* replace = R"(
local v = redis.call('HGET', KEYS[1], 'v')
if not v then return -1 end
if v ~= ARGV[7] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'i', ARGV[2], 'l', ARGV[3],
           'h', ARGV[4], 'c', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('PUBLISH', ARGV[8], ARGV[9])
return 1)";

// ARGV: seconds that the mark stays, channel, message. A Redis that is out of memory refuses the
// mark: the record goes all the same. Says which groups it was in, and its limit.
constexpr const char* remove = R"(
local was = redis.pcall('HMGET', KEYS[1], 't', 'l')
redis.call('DEL', KEYS[1])
redis.pcall('HSET', KEYS[1], 'x', '1')
redis.pcall('EXPIRE', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return {was[1] or '', was[2] or ''})";

// ARGV: entry, when it was issued, now, seconds to its limit, the most in this group or 0.
// -2: the group was buried since. Else, when there are too many, how many, and then the oldest
// entries without the new one: some of them may not have been used for long and have ended.
// Those past their limit are looked for among the oldest alone, so that this takes no longer the
// more there are. The set lives as long as the last of its entries may.
constexpr const char* add_to_tag = R"(
local until_issued = redis.call('ZSCORE', KEYS[1], 'n')
if until_issued and tonumber(ARGV[2]) <= -tonumber(until_issued)
   and tonumber(ARGV[3]) < -tonumber(redis.call('ZSCORE', KEYS[1], 'k')) then return -2 end
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], 0, '+inf', 'LIMIT', 0, 20)) do
  local limit = tonumber(string.sub(entry, 33)) or 0
  if limit <= tonumber(ARGV[3]) then redis.call('ZREM', KEYS[1], entry) end
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
local most = tonumber(ARGV[5])
local excess = redis.call('ZCOUNT', KEYS[1], 0, '+inf') - most
if most == 0 or excess <= 0 then return {} end
local answer = {excess}
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], 0, '+inf', 'LIMIT', 0, 500)) do
  if entry ~= ARGV[1] then answer[#answer + 1] = entry end
end
return answer)";

// ARGV: until when issued, until when it is kept, both below zero; seconds until then.
// Of several the longest of each holds.
constexpr const char* bury = R"(
for i, name in ipairs({'n', 'k'}) do
  local was = redis.call('ZSCORE', KEYS[1], name)
  local is_longer = not was or tonumber(ARGV[i]) < tonumber(was)
  if is_longer then redis.call('ZADD', KEYS[1], ARGV[i], name) end
end
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return 1)";

// ARGV: who asks, seconds until it ends by itself. 1: the turn is his, also where it was before.
constexpr const char* take_turn = R"(
local owner = redis.call('HGET', KEYS[1], 'o')
if owner and owner ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'o', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1)";

// ARGV: who had it.
constexpr const char* end_turn = R"(
if redis.call('HGET', KEYS[1], 'o') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1)";

} // namespace ciam::store::redis_scripts
