// What the module knows about one request: chosen provider, session, the flow that is under way. It
// belongs to the main request and outlives internal redirects, which wipe nginx's own contexts.
#pragma once

#include "flow/session.hpp"
#include "module/bearer_state.hpp"
#include "module/conf.hpp"
#include "module/pages.hpp"
#include "module/worker.hpp"
#include "store/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace ciam::module {

/// A flow that the request waits for; destroying it cancels what is under way.
class RunningFlow {
public:
    virtual ~RunningFlow() = default;
};

struct RequestContext {
    enum class Lookup { not_done, done };

    const ProviderConf* provider = nullptr;       // whose session `session` is
    const ProviderConf* other_provider = nullptr; // whose it was before, in this very request
    Lookup lookup = Lookup::not_done;
    std::size_t candidates_tried = 0;
    std::unique_ptr<store::Pending> pending;
    std::optional<base::StoreReply> late_reply;
    bool is_store_away = false; // there may be a session: it just can't be seen
    bool is_unknown = false;    // a variable was read, and could not wait for the session
    bool is_read = false;       // a variable of ours was, so nginx may keep what a map made of it
    std::optional<flow::SessionView> session; // views into the request's pool
    flow::SessionKeys session_keys{};
    base::Record session_record; // its cold part, where the provider keeps tokens
    std::optional<flow::SessionTokens> tokens;
    BearerState bearer;

    std::unique_ptr<Refresher::Waiter> refresh; // what the request waits for
    bool is_refreshed = false;                  // or was tried: once a request
    std::string_view refresh_error;             // why it failed; empty: it did not

    /// Whose oidc_check a subrequest has asked, where the location itself has no provider.
    const ProviderConf* checked = nullptr;
    const BearerRules* checked_bearer = nullptr; // of that oidc_check

    const Endpoint* endpoint = nullptr; // this request is for the module itself
    std::string query;                  // of an endpoint; removed from what nginx logs
    std::unique_ptr<RunningFlow> flow;
    std::function<ngx_int_t()> resume; // goes on with `flow` when the request is entered again
    const ProviderConf* flow_provider = nullptr; // whose flow it is, for the log
    std::unique_ptr<Page> failed_page;           // our error that the site's error_page may dress

    /// The Cookie fields as the browser sent them, once ours were taken out for the backend.
    std::span<const ngx_str_t> sent_cookies;

    // An auth_oidc variable is read once for a location, since what it reads may change.
    bool is_chosen = false;
    const ProviderConf* chosen = nullptr;
    std::optional<base::Error> choice_error;
};

ngx_int_t resume_flow(RequestContext& ctx);
void end_flow(RequestContext& ctx);

/// Starts a flow; `resume` is called now and each time the request is woken, until it ends the
/// flow.
template <class Running>
ngx_int_t start_flow(RequestContext& ctx, std::unique_ptr<Running> flow,
                     std::function<ngx_int_t(Running&)> resume)
{
    auto* running = flow.get();
    ctx.flow = std::move(flow);
    ctx.resume = [running, resume = std::move(resume)] { return resume(*running); };
    return resume_flow(ctx);
}

/// The main request's context; made on first use.
RequestContext& context(ngx_http_request_t* r);
/// Null when none was made.
RequestContext* find_context(ngx_http_request_t* r);

/// REWRITE phase, on every entry of a location: forgets what a variable of the last one said. Regex
/// captures are read now, before a matching `if` replaces them.
void enter_location(ngx_http_request_t* r);

/// The access phase: what the variable says now holds while the location does.
void keep_choice(ngx_http_request_t* r, const ProviderConf* chosen);

/// The provider whose session the main request's variables read: that of its location, else the one
/// that an oidc_check has asked. nullptr: none. Throws like choose_provider().
const ProviderConf* session_provider(ngx_http_request_t* r);

/// The provider that protects the request's location. nullptr: none. Throws
/// base::Error{Fault::configuration} when a variable names none that exists: never open.
const ProviderConf* choose_provider(ngx_http_request_t* r);

} // namespace ciam::module
