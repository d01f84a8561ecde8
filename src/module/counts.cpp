#include "module/counts.hpp"

#include "base/random.hpp"
#include "jose/seal.hpp"
#include "module/worker.hpp"

#include <cstring>
#include <ctime>

namespace ciam::module {
namespace {

constexpr std::size_t keys = 4096;
constexpr std::size_t turns = 4096;
constexpr std::size_t secret_bytes = 32;

// What a failure's notice for other workers holds of a reason, at the least.
constexpr std::size_t telling_bytes = 150;

/// So that what follows them is aligned as they are.
std::size_t aligned_tallies()
{
    constexpr std::size_t line = 64;
    return (store::Tallies::bytes_for(keys) + line - 1) / line * line;
}

void* turns_memory(void* memory)
{
    return static_cast<char*>(memory) + sizeof(store::Counters) + aligned_tallies();
}

void* secret_memory(void* memory)
{
    return static_cast<char*>(turns_memory(memory)) + store::Turns::bytes_for(turns);
}

std::string without_digits(std::string_view text)
{
    std::string result;
    for (const char c : text.substr(0, telling_bytes)) {
        if (c < '0' || c > '9') {
            result += c;
        }
    }
    return result;
}

std::string without_quoted(std::string_view text)
{
    std::string result;
    bool is_quoted = false;
    for (const char c : text) {
        is_quoted = is_quoted != (c == '"');
        if (!is_quoted) {
            result += c;
        }
    }
    return result;
}

std::uint64_t key_of(const SparseLine& line)
{
    const auto text =
        without_digits(line.may_quote_strangers ? without_quoted(line.text) : line.text);
    return tally_key("line", std::string{line.provider} + '\n' + text);
}

void write(const SparseLine& line, std::uint32_t more)
{
    std::string text =
        line.provider.empty() ? "" : "provider \"" + std::string{line.provider} + "\": ";
    text.append(line.text).append(line.ending);
    if (more > 1) {
        text += " (" + std::to_string(more) + " times in the last minute that had any)";
    }
    ngx_log_error(line.level, line.log, 0, "ciam: %s", text.c_str());
}

} // namespace

std::size_t counts_bytes()
{
    return sizeof(store::Counters) + aligned_tallies() + store::Turns::bytes_for(turns) +
           secret_bytes;
}

void format_counts(void* memory)
{
    auto* counters = new (memory) store::Counters{};
    store::Tallies::format(counters + 1, keys);
    store::Turns::format(turns_memory(memory), turns);
    std::memcpy(secret_memory(memory), base::random_bytes(secret_bytes).data(), secret_bytes);
}

store::Counters& counters_in(void* memory)
{
    return *static_cast<store::Counters*>(memory);
}

store::Tallies tallies_in(void* memory)
{
    return store::Tallies{static_cast<store::Counters*>(memory) + 1};
}

store::Turns turns_in(void* memory)
{
    return store::Turns{turns_memory(memory)};
}

std::string_view tally_secret_in(void* memory)
{
    return {static_cast<const char*>(secret_memory(memory)), secret_bytes};
}

std::uint64_t tally_key(std::string_view kind, std::string_view what)
{
    std::string text{worker() != nullptr ? worker()->tally_secret() : std::string_view{}};
    text.append(kind).append("\n").append(what);
    const auto digest = jose::sha256(text);
    std::uint64_t key = 0;
    std::memcpy(&key, digest.data(), sizeof(key));
    return key;
}

store::Milliseconds monotonic() noexcept
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<store::Milliseconds>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

void count(store::Counter counter)
{
    if (worker() != nullptr) {
        worker()->counters().add(counter);
    }
}

void log_sparsely(const SparseLine& line)
{
    bool first = true;
    std::uint32_t before = 0;
    if (worker() != nullptr) {
        worker()->tallies().with(key_of(line), ngx_time(), [&](store::Tally& tally) {
            first = tally.events++ == 0;
            before = tally.before;
        });
    }
    if (first) {
        write(line, before);
    }
}

} // namespace ciam::module
