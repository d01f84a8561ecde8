#include "io/redis_reply.hpp"

#include "base/error.hpp"

#include <hiredis/hiredis.h>
#include <type_traits>

namespace ciam::io {
namespace {

using base::RedisValue;

constexpr std::size_t most_items = 4096;
constexpr int most_levels = 7;
constexpr std::size_t most_bytes = 8 * 1024 * 1024;

[[noreturn]] void garbage()
{
    throw base::Error{base::Fault::internal, "what answers there is no Redis"};
}

template <class Function> struct CountOf;
template <class Task, class Count> struct CountOf<void* (*)(Task, Count)> {
    using type = Count; // int or size_t, as this hiredis has it
};
using CreateArray = decltype(redisReplyObjectFunctions::createArray);
using Count = CountOf<CreateArray>::type;

CreateArray& original_create_array()
{
    static CreateArray original = nullptr; // NOLINT: the same for every reader
    return original;
}

/// hiredis 0.14 takes 7 levels, 1.1 any number, and each costs stack.
bool is_too_deep(const redisReadTask& task)
{
    int depth = 1;
    for (const redisReadTask* parent = task.parent; parent != nullptr; parent = parent->parent) {
        ++depth;
    }
    return depth > most_levels;
}

/// hiredis would allocate for as many items as the other end only says that it will send.
void* create_array(const redisReadTask* task, Count items)
{
    if (static_cast<std::size_t>(items) > most_items || is_too_deep(*task)) {
        return nullptr;
    }
    return original_create_array()(task, items);
}

redisReplyObjectFunctions* careful_functions(const redisReplyObjectFunctions& usual)
{
    static redisReplyObjectFunctions functions = [&] { // NOLINT: hiredis wants a pointer to it
        original_create_array() = usual.createArray;
        auto careful = usual;
        careful.createArray = create_array;
        return careful;
    }();
    return &functions;
}

RedisValue value_of(const redisReply& reply)
{
    RedisValue value;
    switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        value.kind = RedisValue::Kind::text;
        value.text.assign(reply.str, reply.len);
        break;
    case REDIS_REPLY_ERROR:
        value.kind = RedisValue::Kind::error;
        value.text.assign(reply.str, reply.len);
        break;
    case REDIS_REPLY_INTEGER:
        value.kind = RedisValue::Kind::integer;
        value.integer = reply.integer;
        break;
    case REDIS_REPLY_ARRAY:
        value.kind = RedisValue::Kind::array;
        for (std::size_t i = 0; i < reply.elements; ++i) {
            value.items.push_back(value_of(*reply.element[i]));
        }
        break;
    case REDIS_REPLY_NIL:
        break;
    default: // we speak RESP2, which has no other
        garbage();
    }
    return value;
}

struct FreeReply {
    void operator()(void* reply) const noexcept { freeReplyObject(reply); }
};

struct FreeCommand {
    void operator()(char* text) const noexcept { redisFreeCommand(text); }
};

} // namespace

void RedisReplyReader::Release::operator()(redisReader* reader) const noexcept
{
    redisReaderFree(reader);
}

RedisReplyReader::RedisReplyReader() : reader_(redisReaderCreate())
{
    if (!reader_) {
        throw base::Error{base::Fault::internal, "out of memory for hiredis"};
    }
    reader_->fn = careful_functions(*reader_->fn);
}

void RedisReplyReader::feed(const char* bytes, std::size_t count)
{
    unread_ += count;
    if (redisReaderFeed(reader_.get(), bytes, count) != REDIS_OK) {
        throw base::Error{base::Fault::internal, "out of memory for hiredis"};
    }
}

std::optional<RedisValue> RedisReplyReader::next()
{
    void* read = nullptr;
    if (redisReaderGetReply(reader_.get(), &read) != REDIS_OK) {
        garbage();
    }
    if (read == nullptr) {
        if (unread_ > most_bytes) {
            garbage();
        }
        return std::nullopt;
    }
    unread_ = 0;
    const std::unique_ptr<void, FreeReply> reply{read};
    return value_of(*static_cast<const redisReply*>(read));
}

std::string redis_text(const base::RedisCommand& command)
{
    std::vector<const char*> words;
    std::vector<std::size_t> sizes;
    for (const std::string& word : command) {
        words.push_back(word.data());
        sizes.push_back(word.size());
    }
    char* formatted = nullptr;
    const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()),
                                             words.data(), sizes.data());
    const std::unique_ptr<char, FreeCommand> text{formatted};
    if (size < 0) {
        throw base::Error{base::Fault::internal, "out of memory for hiredis"};
    }
    return {formatted, static_cast<std::size_t>(size)};
}

} // namespace ciam::io
