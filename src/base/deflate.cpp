#include "base/deflate.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <openssl/crypto.h>
#include <zlib.h>

namespace ciam::base {
namespace {

constexpr int window_bits = -13; // 8 KB; negative: without a header
constexpr int memory_level = 6;
constexpr std::size_t usual_bytes = 2048;

// zlib keeps the text in its memory, so that it has to be wiped: its size stands before it.
constexpr std::size_t before = alignof(std::max_align_t);

void* take_memory(void* /*opaque*/, unsigned items, unsigned size)
{
    const auto bytes = std::size_t{items} * size + before;
    auto* memory = static_cast<unsigned char*>(OPENSSL_zalloc(bytes));
    if (memory == nullptr) {
        return nullptr;
    }
    new (memory) std::size_t{bytes};
    return memory + before;
}

void give_back(void* /*opaque*/, void* address)
{
    auto* memory = static_cast<unsigned char*>(address) - before;
    OPENSSL_clear_free(memory, *reinterpret_cast<const std::size_t*>(memory));
}

void wipe(std::string& text)
{
    OPENSSL_cleanse(text.data(), text.size());
}

template <int (*End)(z_stream*)> class Stream {
public:
    Stream()
    {
        stream_.zalloc = take_memory;
        stream_.zfree = give_back;
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { End(&stream_); }

    z_stream* get() { return &stream_; }
    z_stream* operator->() { return &stream_; }

    void read_from(std::string_view bytes)
    {
        stream_.next_in = const_cast<Bytef*>(octets(bytes));
        stream_.avail_in = static_cast<uInt>(bytes.size());
    }
    /// From so many bytes on, which are there already.
    void write_to(std::string& text, std::size_t from = 0)
    {
        stream_.next_out = reinterpret_cast<Bytef*>(text.data()) + from;
        stream_.avail_out = static_cast<uInt>(text.size() - from);
    }
    static const Bytef* octets(std::string_view bytes)
    {
        return reinterpret_cast<const Bytef*>(bytes.data());
    }

private:
    z_stream stream_{};
};

} // namespace

std::string deflate(std::string_view text, std::string_view dictionary)
{
    Stream<deflateEnd> stream;
    if (deflateInit2(stream.get(), Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK ||
        deflateSetDictionary(stream.get(), stream.octets(dictionary),
                             static_cast<uInt>(dictionary.size())) != Z_OK) {
        throw Error{Fault::internal, "zlib could not be set up"};
    }
    std::string bytes(deflateBound(stream.get(), static_cast<uLong>(text.size())), '\0');
    stream.read_from(text);
    stream.write_to(bytes);
    if (::deflate(stream.get(), Z_FINISH) != Z_STREAM_END) {
        throw Error{Fault::internal, "zlib could not compress"};
    }
    bytes.resize(stream->total_out);
    return bytes;
}

std::optional<std::string> inflate(std::string_view bytes, std::string_view dictionary,
                                   std::size_t most)
{
    Stream<inflateEnd> stream;
    if (inflateInit2(stream.get(), window_bits) != Z_OK ||
        inflateSetDictionary(stream.get(), stream.octets(dictionary),
                             static_cast<uInt>(dictionary.size())) != Z_OK) {
        throw Error{Fault::internal, "zlib could not be set up"};
    }
    std::string text;
    stream.read_from(bytes);
    int result = Z_OK;
    for (auto room = usual_bytes; result == Z_OK && text.size() < most; room *= 4) {
        std::string more(std::min(room, most), '\0');
        text.copy(more.data(), text.size());
        const auto done = text.size();
        wipe(text);
        text.swap(more);
        stream.write_to(text, done);
        result = ::inflate(stream.get(), Z_SYNC_FLUSH);
    }
    if (result != Z_STREAM_END || stream->avail_in != 0) {
        wipe(text);
        return std::nullopt;
    }
    text.resize(stream->total_out);
    return text;
}

} // namespace ciam::base
