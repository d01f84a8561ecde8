// What the session store takes: bytes for a session, time for a check. Prints `name value` lines.
// An argument N measures with N sessions instead of a million.
#include "bench/session_maker.hpp"
#include "store/memory_store.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace ciam;
using bench::SessionMaker;
using bench::start;
using Clock = std::chrono::steady_clock;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

class Memory {
public:
    explicit Memory(std::size_t bytes)
        : bytes_(bytes),
          memory_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {
        if (memory_ == MAP_FAILED) {
            throw std::runtime_error{"no memory"};
        }
        store::MemoryStore::format(memory_, bytes);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { munmap(memory_, bytes_); }
    void* get() const { return memory_; }

private:
    std::size_t bytes_;
    void* memory_;
};

/// What is kept of a login besides six claims.
enum class Kept { nothing, tokens, id_token_too };

/// What a worker has.
struct Site {
    // Before the sealer, which takes its dictionary from them.
    static oidc::Client registered()
    {
        oidc::Client client;
        client.provider = "shop";
        client.issuer = bench::issuer;
        client.client_id = bench::client_id;
        return client;
    }
    oidc::Client client = registered();
    jose::Keyring keyring{"a secret of at least 32 characters"};
    flow::SessionSealer sealer{keyring, client};
};

double seconds_since(Clock::time_point time)
{
    return std::chrono::duration<double>(Clock::now() - time).count();
}

class Bench {
public:
    explicit Bench(void* memory) : store_(memory) {}

    /// Seals and inserts new sessions.
    void log_in(std::size_t count, Kept kept)
    {
        for (std::size_t i = 0; i < count; ++i) {
            auto cookie = std::string{flow::SessionSealer::new_cookie().view()};
            const auto keys = site_.sealer.keys(cookie, site_.keyring.first());
            insert(keys.id, seal(keys, kept));
            cookies_.push_back(std::move(cookie));
        }
    }

    /// Inserts such sessions, of whose contents only every hundredth is new.
    void fill(std::size_t count, Kept kept)
    {
        std::vector<base::Record> records;
        for (std::size_t i = 0; i < count / 100 + 1; ++i) {
            records.push_back(seal({random_id(), random_id()}, kept));
        }
        for (std::size_t i = 0; i < count; ++i) {
            auto record = records[i % records.size()];
            record.tags = {random_id(), random_id()};
            insert(random_id(), record);
        }
    }

    /// What every request does; nanoseconds.
    std::uint32_t check(const std::string& cookie, base::Seconds now)
    {
        const auto before = Clock::now();
        const auto keys = site_.sealer.keys(cookie, site_.keyring.first());
        store_.ask(base::FindRecord{keys.id, now, false}, reply_, {});
        bool good = site_.sealer.open_hot(keys, reply_.record, now, text_);
        const auto view = flow::SessionView::parse(text_);
        good = good && view && view->claim("email");
        const auto after = Clock::now();
        if (!good) {
            throw std::runtime_error{"a session was not found"};
        }
        return static_cast<std::uint32_t>((after - before).count());
    }

    /// Sorted times of so many checks of any session, less what looking at the clock takes.
    std::vector<std::uint32_t> checks(std::size_t count)
    {
        std::vector<std::uint32_t> times(count);
        for (auto& time : times) {
            time = check(cookies_[maker_.below(cookies_.size())], start + 60);
        }
        std::sort(times.begin(), times.end());
        return times;
    }

    double bytes_per_session() const
    {
        const auto status = store_.status();
        if (status.evicted_live != 0 || status.expired != 0) {
            throw std::runtime_error{"the memory is too small to measure"};
        }
        return static_cast<double>(status.bytes_used) / static_cast<double>(status.records);
    }

    /// What one of many workers does for some time.
    void work(double seconds, std::uint64_t seed)
    {
        maker_ = SessionMaker{seed};
        const auto begin = Clock::now();
        for (std::size_t i = 0; seconds_since(begin) < seconds; ++i) {
            check(cookies_[maker_.below(cookies_.size())],
                  start + static_cast<base::Seconds>(i / 1000));
            if (i % 100 == 0) {
                log_in(1, Kept::tokens);
            }
        }
    }

    store::MemoryStore& store() { return store_; }

private:
    static base::RecordId random_id()
    {
        base::RecordId id;
        const auto bytes = base::random_bytes(id.size());
        std::copy(bytes.begin(), bytes.end(), id.begin());
        return id;
    }

    base::Record seal(const flow::SessionKeys& keys, Kept kept)
    {
        const auto session = maker_.session();
        flow::SessionTokens tokens;
        if (kept != Kept::nothing) {
            tokens = maker_.tokens();
        }
        if (kept == Kept::id_token_too) {
            tokens.id_token = maker_.id_token(tokens.access_token);
        }
        return site_.sealer.seal(keys, session, tokens);
    }

    void insert(const base::RecordId& id, base::Record record)
    {
        store_.ask(base::InsertRecord{id, start, std::move(record)}, reply_, {});
        if (reply_.status != Status::done) {
            throw std::runtime_error{"a session was not inserted"};
        }
    }

    Site site_;
    store::MemoryStore store_;
    SessionMaker maker_{1};
    std::vector<std::string> cookies_;
    base::StoreReply reply_;
    std::string text_;
};

void print(const char* name, double value)
{
    std::printf("%s %.3f\n", name, value);
    std::fflush(stdout);
}

/// The best of some rounds: what others on this machine do makes times longer, never shorter.
struct Best {
    double median = 1e9;
    double p99 = 1e9;
};

Best best_of(Bench& bench, int rounds)
{
    Best best;
    bench.checks(20000); // to warm up
    for (int i = 0; i < rounds; ++i) {
        const auto times = bench.checks(100000);
        best.median = std::min(best.median, times[times.size() / 2] / 1000.0);
        best.p99 = std::min(best.p99, times[times.size() * 99 / 100] / 1000.0);
    }
    return best;
}

std::size_t memory_for(std::size_t sessions, std::size_t bytes_each)
{
    return std::max(sessions * bytes_each * 5 / 4, 2 * megabyte);
}

void measure_time_and_bytes(std::size_t many)
{
    Best few_sessions;
    for (const std::size_t sessions : {std::size_t{1000}, std::size_t{10000}, many}) {
        const Memory memory{memory_for(sessions, 400)};
        Bench bench{memory.get()};
        bench.log_in(sessions, Kept::tokens);
        const auto best = best_of(bench, 7);
        if (sessions == 1000) {
            few_sessions = best;
        } else if (sessions == 10000) {
            print("session_check_us", best.median);
        }
        if (sessions == many) {
            print("session_check_1m_us", best.median);
            print("lookup_growth", best.p99 / few_sessions.p99);
            print("bytes_per_session", bench.bytes_per_session());
        }
    }
}

double bytes_of(std::size_t many, Kept kept)
{
    const Memory memory{memory_for(many, 800)};
    Bench bench{memory.get()};
    bench.fill(many, kept);
    return bench.bytes_per_session();
}

void measure_logins()
{
    constexpr std::size_t logins = 5000;
    const Memory memory{64 * megabyte};
    Bench bench{memory.get()};
    const auto begin = Clock::now();
    bench.log_in(logins, Kept::id_token_too);
    print("logins_per_second_store", static_cast<double>(logins) / seconds_since(begin));
}

/// Of many processes in one store.
double wait_p999()
{
    constexpr int processes = 8;
    constexpr double seconds = 1;
    const Memory memory{256 * megabyte};
    Bench bench{memory.get()};
    bench.log_in(50000, Kept::tokens);
    std::array<pid_t, processes> children{};
    for (auto& child : children) {
        child = fork();
        if (child == 0) {
            bench.work(seconds, static_cast<std::uint64_t>(getpid()));
            _exit(0);
        }
    }
    for (const auto child : children) {
        int status = 0;
        if (waitpid(child, &status, 0) != child || status != 0) {
            throw std::runtime_error{"a process failed"};
        }
    }
    return static_cast<double>(bench.store().status().lock_wait_p999_us());
}

/// With more processes than processors it is as well a measure of when the system takes a process
/// off that holds a lock: the best of some rounds.
void measure_waits()
{
    print("lock_wait_p999_us", std::min({wait_p999(), wait_p999(), wait_p999()}));
}

} // namespace

int main(int count, char** arguments)
try {
    const auto many = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1'000'000;
    measure_logins();
    measure_waits();
    measure_time_and_bytes(many);
    print("bytes_per_session_claims", bytes_of(many, Kept::nothing));
    print("bytes_per_session_full", bytes_of(many, Kept::id_token_too));
    return 0;
} catch (const std::exception& problem) {
    std::fprintf(stderr, "store_bench: %s\n", problem.what());
    return 1;
}
