// What stands in redis=, what a channel says, and what Redis answers to a read.
#include "base/error.hpp"
#include "base/redis_url.hpp"
#include "store/cache_note.hpp"
#include "store/redis_commands.hpp"

#include <algorithm>
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

/// An array of texts that a zero byte ends.
base::RedisValue array_of(std::string_view text)
{
    base::RedisValue array;
    array.kind = base::RedisValue::Kind::array;
    while (!text.empty()) {
        const auto end = std::min(text.find('\0'), text.size());
        array.items.push_back(
            {base::RedisValue::Kind::text, 0, std::string{text.substr(0, end)}, {}});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return array;
}

void check_answer(std::string_view text)
{
    const auto value = array_of(text);
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
