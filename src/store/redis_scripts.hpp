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
local parts = redis.call('HMGET', KEYS[1], 'h', 'c', 't')
return {f[1], f[2], f[3], parts[1], parts[2], parts[3]})";

// ARGV: version, idle timeout, limit, hot, cold, tags, seconds to live.
constexpr const char* insert = R"(
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'i', ARGV[2], 'l', ARGV[3],
           'h', ARGV[4], 'c', ARGV[5], 't', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[7])
return 1)";

// ARGV: version, idle timeout, limit, hot, cold, tags, seconds to live, expected version, channel,
// message.
constexpr const char* replace = R"(
local v = redis.call('HGET', KEYS[1], 'v')
if not v then return -1 end
if v ~= ARGV[8] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'i', ARGV[2], 'l', ARGV[3],
           'h', ARGV[4], 'c', ARGV[5], 't', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('PUBLISH', ARGV[9], ARGV[10])
return 1)";

// ARGV: seconds that the mark stays, channel, message. A Redis that is out of memory refuses the
// mark: the record goes all the same.
constexpr const char* remove = R"(
redis.call('DEL', KEYS[1])
redis.pcall('HSET', KEYS[1], 'x', '1')
redis.pcall('EXPIRE', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1)";

// ARGV: id, its limit, now. The set lives as long as the last of its records may.
constexpr const char* add_to_tag = R"(
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local left = tonumber(ARGV[2]) - tonumber(ARGV[3])
if redis.call('TTL', KEYS[1]) < left then redis.call('EXPIRE', KEYS[1], left) end
return 1)";

} // namespace ciam::store::redis_scripts
