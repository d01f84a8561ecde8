#include "store/redis_commands.hpp"

#include "store/redis_scripts.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace ciam::store {
namespace {

using base::RecordId;
using base::RedisCommand;
using base::RedisValue;
using Kind = RedisValue::Kind;
using Status = TierReply::Status;

constexpr const char* mark_seconds = "60"; // longer than any insert is on its way
constexpr std::size_t most_tags = 2;
constexpr base::Seconds longest_time = 1'000'000'000'000; // far enough from any overflow
constexpr std::size_t version_digits = 16;
constexpr std::size_t id_digits = 2 * sizeof(RecordId);

std::string hex(const RecordId& id)
{
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    text.reserve(id_digits);
    for (const unsigned char byte : id) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

template <class Number> std::optional<Number> read_number(std::string_view text, int base)
{
    Number value{};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value, base);
    return read.ec == std::errc{} && read.ptr == end ? std::optional{value} : std::nullopt;
}

std::string version_text(std::uint64_t version)
{
    std::string digits(version_digits, '0');
    char text[version_digits];
    const auto end = std::to_chars(text, text + version_digits, version, 16).ptr;
    std::copy(text, end, digits.end() - (end - text));
    return digits;
}

std::optional<std::uint64_t> read_version(std::string_view text)
{
    return text.size() == version_digits ? read_number<std::uint64_t>(text, 16) : std::nullopt;
}

std::string_view bytes_of(const RecordId& id)
{
    return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::optional<RecordId> id_of(std::string_view bytes)
{
    RecordId id{};
    if (bytes.size() != id.size()) {
        return std::nullopt;
    }
    std::memcpy(id.data(), bytes.data(), id.size());
    return id;
}

std::optional<RecordId> read_id(std::string_view digits)
{
    RecordId id{};
    for (std::size_t i = 0; i < id.size(); ++i) {
        const auto byte = read_number<unsigned char>(digits.substr(2 * i, 2), 16);
        if (!byte) {
            return std::nullopt;
        }
        id[i] = *byte;
    }
    return id;
}

RedisCommand script(const char* text, std::string key)
{
    return {"EVAL", text, "1", std::move(key)};
}

/// At least a second: 0 would delete at once what was just said to be there.
std::string seconds_to_live(const base::Record& record, base::Seconds now)
{
    const auto left = std::min(record.idle_timeout, record.limit - now);
    return std::to_string(std::max<base::Seconds>(left, 1));
}

void add_record(RedisCommand& command, const base::Record& record, std::uint64_t version,
                base::Seconds now)
{
    std::string tags;
    for (const RecordId& tag : record.tags) {
        tags += bytes_of(tag);
    }
    for (std::string word :
         {version_text(version), std::to_string(record.idle_timeout), std::to_string(record.limit),
          record.hot, record.cold, std::move(tags), seconds_to_live(record, now)}) {
        command.push_back(std::move(word));
    }
}

bool is_text(const RedisValue& value)
{
    return value.is(Kind::text);
}

/// False when it is no record of ours.
bool read_record(const std::vector<RedisValue>& items, base::Record& record)
{
    const auto version = read_version(items[0].text);
    const auto idle = read_number<base::Seconds>(items[1].text, 10);
    const auto limit = read_number<base::Seconds>(items[2].text, 10);
    const std::string_view tags = items[5].text;
    if (!version || !idle || !limit || *idle < 0 || *idle > longest_time || *limit < 0 ||
        *limit > longest_time || tags.size() % sizeof(RecordId) != 0 ||
        tags.size() / sizeof(RecordId) > most_tags) {
        return false;
    }
    record.version = *version;
    record.idle_timeout = *idle;
    record.limit = *limit;
    record.hot = items[3].text;
    record.cold = items[4].text;
    for (std::size_t at = 0; at < tags.size(); at += sizeof(RecordId)) {
        record.tags.push_back(*id_of(tags.substr(at, sizeof(RecordId))));
    }
    return true;
}

} // namespace

RedisCommands::RedisCommands(std::string prefix, unsigned database)
    : prefix_(std::move(prefix)), channel_(prefix_ + "changed:" + std::to_string(database))
{
}

RedisCommand RedisCommands::find(const RecordId& id, std::uint64_t known, base::Seconds now) const
{
    auto command = script(redis_scripts::find, record_key(id));
    command.push_back(version_text(known));
    command.push_back(std::to_string(now));
    return command;
}

RedisCommand RedisCommands::insert(const RecordId& id, const base::Record& record,
                                   base::Seconds now) const
{
    auto command = script(redis_scripts::insert, record_key(id));
    add_record(command, record, record.version, now);
    return command;
}

RedisCommand RedisCommands::replace(const base::ReplaceRecord& request, std::uint64_t version) const
{
    auto command = script(redis_scripts::replace, record_key(request.id));
    add_record(command, request.record, version, request.now);
    command.push_back(version_text(request.record.version));
    command.push_back(channel_);
    command.push_back(hex(request.id) + version_text(version));
    return command;
}

RedisCommand RedisCommands::remove(const RecordId& id) const
{
    auto command = script(redis_scripts::remove, record_key(id));
    command.emplace_back(mark_seconds);
    command.push_back(channel_);
    command.push_back(hex(id) + version_text(0));
    return command;
}

RedisCommand RedisCommands::add_to_tag(const RecordId& tag, const RecordId& id, base::Seconds limit,
                                       base::Seconds now) const
{
    auto command = script(redis_scripts::add_to_tag, tag_key(tag));
    command.emplace_back(bytes_of(id));
    command.push_back(std::to_string(limit));
    command.push_back(std::to_string(now));
    return command;
}

RedisCommand RedisCommands::tagged(const RecordId& tag) const
{
    return {"ZRANGE", tag_key(tag), "0", std::to_string(tagged_at_once - 1)};
}

RedisCommand RedisCommands::forget_tagged(const RecordId& tag,
                                          const std::vector<RecordId>& ids) const
{
    RedisCommand command{"ZREM", tag_key(tag)};
    for (const RecordId& id : ids) {
        command.emplace_back(bytes_of(id));
    }
    return command;
}

std::string RedisCommands::record_key(const RecordId& id) const
{
    return prefix_ + "s:" + hex(id);
}

std::string RedisCommands::tag_key(const RecordId& tag) const
{
    return prefix_ + "t:" + hex(tag);
}

TierReply read_found(const RedisValue& value)
{
    constexpr std::size_t all = 6;
    TierReply reply{Status::refused, {}};
    if (!value.is(Kind::array) || !std::all_of(value.items.begin(), value.items.end(), is_text)) {
        return reply;
    }
    if (value.items.empty()) {
        reply.status = Status::absent;
    } else if (value.items.size() == 1) {
        reply.status = Status::unchanged;
    } else if (value.items.size() == all) {
        // One that somebody has spoilt is none: its customer logs in again.
        reply.status = read_record(value.items, reply.record) ? Status::done : Status::absent;
    }
    return reply;
}

TierReply read_changed(const RedisValue& value)
{
    if (!value.is(Kind::integer)) {
        return {Status::refused, {}};
    }
    if (value.integer == 1) {
        return {Status::done, {}};
    }
    return {value.integer == 0 ? Status::conflict : Status::absent, {}};
}

std::optional<std::vector<RecordId>> read_tagged(const RedisValue& value)
{
    if (!value.is(Kind::array)) {
        return std::nullopt;
    }
    std::vector<RecordId> ids;
    for (const RedisValue& item : value.items) {
        const auto id = item.is(Kind::text) ? id_of(item.text) : std::nullopt;
        if (!id) {
            return std::nullopt;
        }
        ids.push_back(*id);
    }
    return ids;
}

std::optional<RecordChange> read_change(std::string_view message)
{
    if (message.size() != id_digits + version_digits) {
        return std::nullopt;
    }
    const auto id = read_id(message.substr(0, id_digits));
    const auto version = read_version(message.substr(id_digits));
    if (!id || !version) {
        return std::nullopt;
    }
    return RecordChange{*id, *version};
}

} // namespace ciam::store
