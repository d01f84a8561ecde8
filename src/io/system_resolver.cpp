#include "io/resolve.hpp"

#include <ctime>
#include <set>
#include <utility>

namespace ciam::io {

namespace {

constexpr std::time_t kept_seconds = 60;
constexpr long give_up_ms = 30'000; // then another question may be asked; the thread ends by itself

} // namespace

/// A transfer that ends before its first connect: libcurl's resolver is to be had no other way.
class SystemResolver::Question final : public Transfer {
public:
    Question(SystemResolver& resolver, Name& name, const std::string& host);
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    ~Question() override { leave(); }

private:
    static curl_socket_t on_address(void* self, curlsocktype, curl_sockaddr* address) noexcept;

    void finished(CURLcode result) noexcept override;

    SystemResolver& resolver_;
    Name& name_;
    Resolved resolved_;
    const std::string host_;
};

class SystemResolver::Waiter final : public Lookup {
public:
    Waiter(Name& name, OnResolved on_resolved);
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() override;

    void answer(const Resolved& resolved) const { on_resolved_(resolved); }

private:
    Name& name_;
    OnResolved on_resolved_;
};

struct SystemResolver::Name {
    std::set<Waiter*> waiters;
    std::unique_ptr<Question> question; // null: nobody asked, or there is an answer
    Resolved resolved;
    std::time_t valid_until = 0;
};

SystemResolver::Question::Question(SystemResolver& resolver, Name& name, const std::string& host)
    : resolver_(resolver), name_(name), host_(host)
{
    make_easy();
    set_option(easy(), CURLOPT_URL, ("http://" + host + "/").c_str());
    set_option(easy(), CURLOPT_PROXY, "");
    set_option(easy(), CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    set_option(easy(), CURLOPT_TIMEOUT_MS, give_up_ms);
    set_option(easy(), CURLOPT_OPENSOCKETFUNCTION, &Question::on_address);
    set_option(easy(), CURLOPT_OPENSOCKETDATA, this);
    resolver_.multi_.add(*this);
}

curl_socket_t SystemResolver::Question::on_address(void* self, curlsocktype,
                                                   curl_sockaddr* address) noexcept
{
    std::string text = address_text(&address->addr);
    if (!text.empty()) {
        static_cast<Question*>(self)->resolved_.addresses.push_back(std::move(text));
    }
    return CURL_SOCKET_BAD; // libcurl tries the next one, and so we see them all
}

void SystemResolver::Question::finished(CURLcode result) noexcept
{
    if (resolved_.addresses.empty()) {
        resolved_.reason = "the name \"" + host_ + "\" can't be resolved by this system" +
                           (result == CURLE_OPERATION_TIMEDOUT ? ": no answer" : "") +
                           "; check its DNS, or set \"resolver\"";
    }
    resolver_.answered(name_, std::move(resolved_)); // destroys this
}

SystemResolver::Waiter::Waiter(Name& name, OnResolved on_resolved)
    : name_(name), on_resolved_(std::move(on_resolved))
{
    name_.waiters.insert(this);
}

SystemResolver::Waiter::~Waiter()
{
    name_.waiters.erase(this);
}

SystemResolver::SystemResolver(ngx_cycle_t* cycle) : multi_(cycle) {}

SystemResolver::~SystemResolver() = default;

std::unique_ptr<Lookup> SystemResolver::ask(const std::string& host, OnResolved on_resolved)
{
    std::unique_ptr<Name>& known = names_[host];
    if (!known) {
        known = std::make_unique<Name>();
    }
    Name& name = *known;
    if (name.valid_until > ngx_time()) {
        on_resolved(name.resolved);
        return nullptr;
    }
    if (!name.question) {
        name.question = std::make_unique<Question>(*this, name, host);
    }
    return std::make_unique<Waiter>(name, std::move(on_resolved));
}

void SystemResolver::forget(const std::string& host) noexcept
{
    const auto known = names_.find(host);
    if (known != names_.end()) {
        known->second->valid_until = 0;
    }
}

void SystemResolver::answered(Name& name, Resolved resolved) noexcept
{
    name.valid_until = resolved.addresses.empty() ? 0 : ngx_time() + kept_seconds;
    name.resolved = std::move(resolved);
    name.question.reset();
    const std::set<Waiter*> waiters = std::exchange(name.waiters, {});
    for (const Waiter* waiter : waiters) {
        waiter->answer(name.resolved);
    }
}

} // namespace ciam::io
