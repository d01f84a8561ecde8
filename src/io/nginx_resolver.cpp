#include "io/resolve.hpp"

#include "base/url.hpp"

#include <arpa/inet.h>

namespace ciam::io {

namespace {

class NginxLookup final : public Lookup {
public:
    NginxLookup(std::string host, OnResolved on_resolved)
        : host_(std::move(host)), on_resolved_(std::move(on_resolved))
    {
    }
    NginxLookup(const NginxLookup&) = delete;
    NginxLookup& operator=(const NginxLookup&) = delete;
    ~NginxLookup() override
    {
        if (context_ != nullptr) {
            ngx_resolve_name_done(context_);
        }
    }

    void ask(ngx_resolver_t* resolver);

private:
    static void on_answer(ngx_resolver_ctx_t* context) noexcept;
    Resolved read_answer() const;

    std::string host_; // nginx writes into it
    OnResolved on_resolved_;
    ngx_resolver_ctx_t* context_ = nullptr; // null: not waiting
};

void NginxLookup::ask(ngx_resolver_t* resolver)
{
    ngx_resolver_ctx_t* context = ngx_resolve_start(resolver, nullptr);
    if (context == nullptr) {
        throw base::Error{base::Fault::internal, "out of memory for a DNS question"};
    }
    if (context == NGX_NO_RESOLVER) {
        throw base::Error{base::Fault::configuration, "\"resolver\" names no server"};
    }
    context->name.data = static_cast<u_char*>(static_cast<void*>(host_.data()));
    context->name.len = host_.size();
    context->handler = on_answer;
    context->data = this;
    context_ = context;
    // No timeout in the context: the call has a timer that ends the waiting.
    if (ngx_resolve_name(context) != NGX_OK) {
        context_ = nullptr; // nginx has freed it
        throw base::Error{base::Fault::internal, "out of memory for a DNS question"};
    }
}

void NginxLookup::on_answer(ngx_resolver_ctx_t* context) noexcept
{
    auto* self = static_cast<NginxLookup*>(context->data);
    const Resolved resolved = self->read_answer();
    self->context_ = nullptr;
    ngx_resolve_name_done(context);
    self->on_resolved_(resolved);
}

Resolved NginxLookup::read_answer() const
{
    Resolved resolved;
    if (context_->state != NGX_OK) {
        resolved.reason = "the name \"" + host_ + "\" can't be resolved by \"resolver\": " +
                          ngx_resolver_strerror(context_->state) +
                          "; check the name and that name server";
        return resolved;
    }
    for (ngx_uint_t i = 0; i < context_->naddrs; ++i) {
        std::string text = address_text(context_->addrs[i].sockaddr);
        if (!text.empty()) {
            resolved.addresses.push_back(std::move(text));
        }
    }
    return resolved;
}

} // namespace

bool needs_lookup(std::string_view host)
{
    const std::string text{host};
    in_addr address{};
    return text.substr(0, 1) != "[" && inet_pton(AF_INET, text.c_str(), &address) != 1 &&
           !base::is_loopback_host(host);
}

std::string address_text(const sockaddr* address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET) {
        const void* in =
            &static_cast<const sockaddr_in*>(static_cast<const void*>(address))->sin_addr;
        return inet_ntop(AF_INET, in, text, sizeof(text)) != nullptr ? text : "";
    }
    if (address->sa_family == AF_INET6) {
        const void* in =
            &static_cast<const sockaddr_in6*>(static_cast<const void*>(address))->sin6_addr;
        return inet_ntop(AF_INET6, in, text, sizeof(text)) != nullptr
                   ? "[" + std::string{text} + "]"
                   : "";
    }
    return "";
}

std::unique_ptr<Lookup> ask_nginx(ngx_resolver_t* resolver, const std::string& host,
                                  OnResolved on_resolved)
{
    auto lookup = std::make_unique<NginxLookup>(host, std::move(on_resolved));
    lookup->ask(resolver);
    return lookup;
}

} // namespace ciam::io
