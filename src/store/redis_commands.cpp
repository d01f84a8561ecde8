#include "store/redis_commands.hpp"

#include "store/redis_scripts.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

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
    for (std::string word :
         {version_text(version), std::to_string(record.idle_timeout), std::to_string(record.limit),
          record.hot, record.cold, seconds_to_live(record, now)}) {
        command.push_back(std::move(word));
    }
}

std::string entry_text(const GroupEntry& entry)
{
    return std::string{bytes_of(entry.id)} + std::to_string(entry.limit);
}

/// nullopt for what is no time of ours.
std::optional<base::Seconds> read_time(std::string_view text)
{
    const auto time = read_number<base::Seconds>(text, 10);
    return time && *time >= 0 && *time <= longest_time ? time : std::nullopt;
}

std::optional<std::vector<RecordId>> read_tags(std::string_view text)
{
    if (text.size() % sizeof(RecordId) != 0 || text.size() / sizeof(RecordId) > most_tags) {
        return std::nullopt;
    }
    std::vector<RecordId> tags;
    for (std::size_t at = 0; at < text.size(); at += sizeof(RecordId)) {
        tags.push_back(*id_of(text.substr(at, sizeof(RecordId))));
    }
    return tags;
}

bool is_text(const RedisValue& value)
{
    return value.is(Kind::text);
}

std::optional<std::vector<GroupEntry>> read_entries(std::span<const RedisValue> items)
{
    std::vector<GroupEntry> entries;
    for (const RedisValue& item : items) {
        const std::string_view text = item.text;
        if (!is_text(item) || text.size() <= sizeof(RecordId)) {
            return std::nullopt;
        }
        const auto limit = read_time(text.substr(sizeof(RecordId)));
        if (!limit) {
            return std::nullopt;
        }
        entries.push_back({*id_of(text.substr(0, sizeof(RecordId))), *limit});
    }
    return entries;
}

/// False when it is no record of ours.
bool read_record(const std::vector<RedisValue>& items, TierReply& reply)
{
    const auto version = read_version(items[0].text);
    const auto idle = read_time(items[1].text);
    const auto limit = read_time(items[2].text);
    auto tags = read_tags(items[5].text);
    const auto issued_at = read_time(items[6].text);
    if (!version || !idle || !limit || !tags || !issued_at) {
        return false;
    }
    reply.issued_at = *issued_at;
    auto& record = reply.record;
    record.version = *version;
    record.idle_timeout = *idle;
    record.limit = *limit;
    record.hot = items[3].text;
    record.cold = items[4].text;
    record.tags = *std::move(tags);
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

RedisCommand RedisCommands::insert(const base::InsertRecord& request) const
{
    auto command = script(redis_scripts::insert, record_key(request.id));
    add_record(command, request.record, request.record.version, request.now);
    std::string tags;
    for (const RecordId& tag : request.record.tags) {
        tags += bytes_of(tag);
    }
    command.push_back(std::move(tags));
    command.push_back(std::to_string(request.issued_at));
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

RedisCommand RedisCommands::is_there(const RecordId& id) const
{
    return {"HGET", record_key(id), "v"};
}

RedisCommand RedisCommands::add_to_tag(const base::InsertRecord& request, std::size_t number) const
{
    const base::Record& record = request.record;
    auto command = script(redis_scripts::add_to_tag, tag_key(record.tags[number]));
    command.push_back(entry_text({request.id, record.limit}));
    const auto left = std::max<base::Seconds>(record.limit - request.now, 1);
    const std::int64_t most = number == 0 ? request.most_in_group : 0;
    for (const std::int64_t value : {request.issued_at, request.now, left, most}) {
        command.push_back(std::to_string(value));
    }
    return command;
}

RedisCommand RedisCommands::bury(const base::RemoveTagged& request) const
{
    auto command = script(redis_scripts::bury, tag_key(request.tag));
    const auto not_after = request.not_after != 0 ? request.not_after : request.now;
    const auto left = std::max<base::Seconds>(request.keep_until - request.now, 1);
    for (const base::Seconds value : {-not_after, -request.keep_until, left}) {
        command.push_back(std::to_string(value));
    }
    return command;
}

RedisCommand RedisCommands::tagged(const RecordId& tag, base::Seconds not_after) const
{
    return {"ZRANGEBYSCORE",
            tag_key(tag),
            "0",
            not_after != 0 ? std::to_string(not_after) : "+inf",
            "LIMIT",
            "0",
            std::to_string(tagged_at_once)};
}

RedisCommand RedisCommands::forget_tagged(const RecordId& tag,
                                          const std::vector<GroupEntry>& entries) const
{
    RedisCommand command{"ZREM", tag_key(tag)};
    for (const GroupEntry& entry : entries) {
        command.push_back(entry_text(entry));
    }
    return command;
}

RedisCommand RedisCommands::take_turn(const RecordId& id, const std::string& machine,
                                      base::Seconds most) const
{
    auto command = script(redis_scripts::take_turn, turn_key(id));
    command.push_back(machine);
    command.push_back(std::to_string(most));
    return command;
}

RedisCommand RedisCommands::end_turn(const RecordId& id, const std::string& machine) const
{
    auto command = script(redis_scripts::end_turn, turn_key(id));
    command.push_back(machine);
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

std::string RedisCommands::turn_key(const RecordId& id) const
{
    return prefix_ + "r:" + hex(id);
}

TierReply read_found(const RedisValue& value)
{
    constexpr std::size_t all = 7;
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
        reply.status = read_record(value.items, reply) ? Status::done : Status::absent;
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

std::optional<std::vector<GroupEntry>> read_tagged(const RedisValue& value)
{
    return value.is(Kind::array) ? read_entries(value.items) : std::nullopt;
}

TierReply read_there(const RedisValue& value)
{
    return {is_text(value) ? Status::done : Status::absent, {}};
}

AddedToTag read_added(const RedisValue& value)
{
    if (value.is(Kind::integer)) {
        return {value.integer == -2 ? Status::ended : Status::refused, 0, {}};
    }
    if (!value.is(Kind::array) || value.items.empty()) {
        return {value.is(Kind::array) ? Status::done : Status::refused, 0, {}};
    }
    const RedisValue& excess = value.items.front();
    auto oldest = read_entries(std::span{value.items}.subspan(1));
    if (!excess.is(Kind::integer) || excess.integer < 0 || !oldest) {
        return {};
    }
    return {Status::done, static_cast<std::size_t>(excess.integer), *std::move(oldest)};
}

Removed read_removed(const RedisValue& value)
{
    if (!value.is(Kind::array) || value.items.size() != 2 ||
        !std::all_of(value.items.begin(), value.items.end(), is_text)) {
        return {};
    }
    // Where nothing was, or what somebody has spoilt, no group is known.
    auto tags = read_tags(value.items[0].text);
    const auto limit = read_time(value.items[1].text);
    return tags && limit ? Removed{Status::done, *std::move(tags), *limit}
                         : Removed{Status::done, {}, 0};
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
