// Fills the file of a session zone with sessions that an nginx finds there: six claims each, a
// refresh token and an access token. The key is that of its secret_key_file, the client that of its
// oidc_provider. Prints the session cookie of one of them.
//
//     fill_zone FILE MEGABYTES SESSIONS KEY_FILE PROVIDER ISSUER CLIENT_ID
#include "bench/session_maker.hpp"
#include "store/region.hpp"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

using namespace ciam;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;
constexpr base::Seconds session_time = 30 * 86400;

std::string text_of(const char* path)
{
    std::ifstream file{path};
    if (!file) {
        throw std::runtime_error{std::string{"cannot read "} + path};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

class Filler {
public:
    Filler(store::MemoryStore store, const jose::Keyring& keyring, const oidc::Client& client)
        : store_(store), keyring_(keyring), sealer_(keyring, client)
    {
    }

    /// The cookie of a new session.
    std::string log_in(base::Seconds now)
    {
        auto cookie = std::string{flow::SessionSealer::new_cookie().view()};
        const auto keys = sealer_.keys(cookie, keyring_.first());
        auto session = maker_.session();
        session.created = now;
        session.limit = now + session_time;
        auto record = sealer_.seal(keys, session, maker_.tokens());
        store_.ask(base::InsertRecord{keys.id, now, std::move(record)}, reply_, {});
        if (reply_.status != base::StoreReply::Status::done) {
            throw std::runtime_error{"a session was not inserted"};
        }
        return cookie;
    }

private:
    store::MemoryStore store_;
    const jose::Keyring& keyring_;
    flow::SessionSealer sealer_;
    bench::SessionMaker maker_{1};
    base::StoreReply reply_;
};

std::string fill(void* memory, std::size_t sessions, std::string_view key_file_text,
                 const oidc::Client& client)
{
    const auto keyring = jose::Keyring::from_file_text(key_file_text);
    const store::MemoryStore store{memory};
    Filler filler{store, keyring, client};
    std::string cookie;
    for (std::size_t i = 0; i < sessions; ++i) {
        cookie = filler.log_in(std::time(nullptr));
    }
    if (store.status().records != sessions) {
        throw std::runtime_error{"the file is too small for so many sessions"};
    }
    return cookie;
}

} // namespace

int main(int count, char** arguments)
try {
    if (count != 8) {
        throw std::runtime_error{
            "FILE MEGABYTES SESSIONS KEY_FILE PROVIDER ISSUER CLIENT_ID are wanted"};
    }
    oidc::Client client;
    client.provider = arguments[5];
    client.issuer = arguments[6];
    client.client_id = arguments[7];
    const auto region =
        store::Region::open({"customers", arguments[1], std::stoull(arguments[2]) * megabyte});
    const auto cookie =
        fill(region.memory(), std::stoull(arguments[3]), text_of(arguments[4]), client);
    std::printf("%s\n", cookie.c_str());
    return 0;
} catch (const std::exception& problem) {
    std::fprintf(stderr, "fill_zone: %s\n", problem.what());
    return 1;
}
