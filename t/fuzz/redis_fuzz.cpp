// What stands in redis=, what a channel says, and what Redis answers to each command.
#include "base/error.hpp"
#include "base/redis_url.hpp"
#include "store/cache_note.hpp"
#include "store/redis_commands.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

void check_url(std::string_view text)
{
    try {
        const auto url = base::RedisUrl::parse(text);
        require(!url.places.empty());
        for (const auto& place : url.places) {
            require(place.host.empty() ? place.path.starts_with('/') : place.port != 0);
        }
    } catch (const base::Error& error) {
        require(error.fault() == base::Fault::configuration);
    }
}

/// A text, or an integer where it is a colon and digits.
base::RedisValue value_of(std::string_view text)
{
    base::RedisValue value{base::RedisValue::Kind::text, 0, std::string{text}, {}};
    std::int64_t number = 0;
    const auto digits = text.substr(std::min<std::size_t>(1, text.size()));
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (text.starts_with(':') && end.ec == std::errc{} &&
        end.ptr == digits.data() + digits.size()) {
        value = {base::RedisValue::Kind::integer, number, {}, {}};
    }
    return value;
}

/// An array of what a zero byte ends.
base::RedisValue array_of(std::string_view text)
{
    base::RedisValue array;
    array.kind = base::RedisValue::Kind::array;
    while (!text.empty()) {
        const auto end = std::min(text.find('\0'), text.size());
        array.items.push_back(value_of(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return array;
}

void check_changes(const base::RedisValue& value)
{
    using Status = store::TierReply::Status;
    const auto added = store::read_added(value);
    require(added.status == Status::done || (added.oldest.empty() && added.excess == 0));
    const auto removed = store::read_removed(value);
    require(removed.tags.size() <= 2 && removed.limit >= 0);
    require(removed.status == Status::done || removed.tags.empty());
    const auto there = store::read_there(value).status;
    require(there == Status::done || there == Status::absent);
    const auto changed = store::read_changed(value).status;
    require(changed != Status::done || (value.is(base::RedisValue::Kind::integer)));
}

void check_answer(std::string_view text)
{
    const auto value = array_of(text);
    check_changes(value);
    check_changes(value_of(text));
    auto reply = store::read_found(value);
    require(reply.record.tags.size() <= 2 && reply.record.idle_timeout >= 0);
    store::read_tagged(value);
    if (reply.status == store::TierReply::Status::done) {
        const std::string hot = reply.record.hot;
        store::add_note(reply.record, {7, 8, store::CacheNote::Kind::copy});
        const auto note = store::take_note(reply.record);
        require(note && note->version == 7 && reply.record.hot == hot);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_url(text);
    check_answer(text);
    store::read_change(text);
    return 0;
}
