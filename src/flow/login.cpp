#include "flow/login.hpp"

#include "flow/token_expiry.hpp"
#include "oidc/received_token.hpp"

#include <algorithm>
#include <utility>

namespace ciam::flow {

namespace {

using base::Error;
using base::Fault;
using Status = base::StoreReply::Status;

void require_inserted(Status status)
{
    require_available(status);
    if (status == Status::too_large) {
        throw Error{Fault::configuration,
                    "the session does not fit into the session store; use fewer or smaller claims "
                    "and tokens"};
    }
    if (status == Status::ended) {
        throw Error{Fault::client, "the provider has logged the customer out while he logged in"};
    }
    if (status != Status::done) {
        throw Error{Fault::internal, "the session store refused a new session"};
    }
}

/// As one line: the provider may have sent it in many, and a header takes only one.
std::string compact_json(const base::Json& json)
{
    std::string text(json_dumpb(json.get(), nullptr, 0, JSON_COMPACT), '\0');
    json_dumpb(json.get(), text.data(), text.size(), JSON_COMPACT);
    return text;
}

/// OIDC Core 3.1.2.6: what comes where prompt=none forbids the provider to show a page.
bool needs_customer(std::string_view error)
{
    return error == "login_required" || error == "interaction_required" ||
           error == "consent_required" || error == "account_selection_required";
}

} // namespace

Callback read_callback(const jose::Keyring& keyring, std::string_view query,
                       std::span<const std::string> bindings)
{
    oidc::AuthorizationResponse response = oidc::parse_authorization_response(query);
    auto opened = open_transaction(keyring, response.state, bindings);
    if (!opened) {
        throw Error{Fault::client, "the state of the authorization response was not made here; it "
                                   "was altered, or the secret key has changed since"};
    }
    return {std::move(response), *std::move(opened)};
}

Login::Login(const oidc::Client& client, const SessionSealer& sealer, LoginRequest request,
             base::Seconds now)
    : client_(client), sealer_(sealer), request_(std::move(request)), now_(now),
      old_sessions_(sealer.candidates(request_.session_cookies))
{
}

Login::Next Login::next()
{
    oidc::check_response_mode(response(), client_, request_.arrived_by);
    if (!is_ours_to_finish()) {
        return look_for_session();
    }
    if (!provider_) {
        return ask_for_provider(0);
    }
    const ProviderDocuments& provider = require_documents(*provider_);
    // RFC 9207 section 2.4: before anything else of the response is used, its code above all.
    oidc::check_response_issuer(response(), client_, provider.metadata);
    if (response().error) {
        return refused();
    }
    if (!token_answer_) {
        if (request_.before_code) {
            request_.before_code();
        }
        return ask(spend_code(provider.metadata),
                   [this](base::HttpResponse answer) { token_answer_ = std::move(answer); });
    }
    read_tokens();
    if (lacks_key(provider.keys)) {
        asked_for_newer_keys_ = true;
        return ask_for_provider(provider.generation);
    }
    verify_id_token(provider.keys);
    if (needs_userinfo(provider.metadata)) {
        return ask(oidc::userinfo_request(client_, provider.metadata, tokens_->access_token.view()),
                   [this](base::HttpResponse answer) { userinfo_answer_ = std::move(answer); });
    }
    read_userinfo();
    if (lacks_key(provider.keys)) {
        asked_for_newer_keys_ = true;
        return ask_for_provider(provider.generation);
    }
    verify_userinfo(provider.keys);
    return store_session();
}

/// Begun by this browser, at this provider, not too long ago.
bool Login::is_ours_to_finish() const
{
    if (transaction().provider != client_.provider) {
        throw Error{Fault::client, "the login was begun at another provider"};
    }
    const base::Seconds age = now_ - transaction().started;
    return request_.callback.opened.secrets && age <= client_.login_timeout &&
           age >= -client_.clock_skew;
}

Login::Next Login::look_for_session()
{
    if (has_session_) {
        return AlreadyLoggedIn{transaction().return_path};
    }
    if (looked_at_ < old_sessions_.size()) {
        return ask(base::FindRecord{old_sessions_[looked_at_].id, now_},
                   [this](const base::StoreReply& reply) { look_at(reply); });
    }
    return without_session();
}

void Login::look_at(const base::StoreReply& reply)
{
    const SessionKeys& keys = old_sessions_[looked_at_++];
    std::string text;
    store_status_ = reply.status;
    has_session_ = reply.status == Status::done && sealer_.open_hot(keys, reply.record, now_, text);
}

LoginOutcome Login::without_session() const
{
    if (store_status_) {
        require_available(*store_status_); // a session may be there: it just cannot be seen
    }
    const std::string& path = transaction().return_path;
    if (request_.callback.opened.secrets) {
        return LoginAgain{path, transaction().second_try}; // too late
    }
    if (!request_.has_binding_cookie) {
        return CookiesBlocked{path};
    }
    if (transaction().second_try) {
        throw Error{Fault::client, "the login was begun in another browser, or its cookies were "
                                   "lost on the way"};
    }
    return LoginAgain{path, true};
}

// RFC 6749 section 4.1.2.1, OIDC Core 3.1.2.6
LoginOutcome Login::refused() const
{
    const std::string& error = *response().error;
    if (error == "access_denied") {
        return LoginCancelled{transaction().return_path};
    }
    if (error == "temporarily_unavailable") {
        throw Error{Fault::provider_busy, "the provider says that it is temporarily unavailable"};
    }
    if (needs_customer(error)) {
        throw Error{Fault::provider, "the provider has to ask the customer and may not (" + error +
                                         "); take prompt=none out of auth_oidc_args and "
                                         "extra_auth_args"};
    }
    throw Error{Fault::provider,
                "the provider refused the authorization request with the error \"" + error +
                    "\"; its log says why, often the scope or the registration of "
                    "this client"};
}

Login::Next Login::ask_for_provider(std::uint64_t newer_than)
{
    return ask(NeedProvider{newer_than},
               [this](ProviderReply reply) { provider_ = std::move(reply); });
}

base::HttpRequest Login::spend_code(const oidc::Metadata& metadata) const
{
    std::string_view verifier;
    if (oidc::uses_pkce(client_, metadata)) {
        verifier = request_.callback.opened.secrets->code_verifier;
    }
    return oidc::token_request(client_, metadata,
                               {.code = *response().code,
                                .redirect_uri = request_.redirect_uri,
                                .code_verifier = verifier},
                               now_);
}

void Login::read_tokens()
{
    if (!tokens_) {
        tokens_ = oidc::parse_token_response(*token_answer_);
        tokens_->id_token = oidc::signed_id_token(tokens_->id_token.view(), client_);
        jws_ = jose::parse_jws(tokens_->id_token.view());
    }
}

/// OIDC Core 10.1.1: a provider that changed its keys signs with one that we have not seen yet.
bool Login::lacks_key(const jose::Keys& keys) const
{
    const jose::UnverifiedJws* jws = id_token_ ? nullptr : &*jws_;
    if (read_userinfo_ && !userinfo_) {
        jws = std::get_if<jose::UnverifiedJws>(&*read_userinfo_);
    }
    return jws != nullptr && !asked_for_newer_keys_ && oidc::needs_newer_keys(*jws, keys);
}

void Login::verify_id_token(const jose::Keys& keys)
{
    if (!id_token_) {
        id_token_ = oidc::verify_id_token(*jws_, keys, client_,
                                          {.nonce = request_.callback.opened.secrets->nonce,
                                           .access_token = tokens_->access_token.view(),
                                           // The provider may have taken its time: by then a fresh
                                           // token is newer than the callback.
                                           .now = std::max(now_, token_answer_->received_at),
                                           .asked_at = transaction().started,
                                           .asked = transaction().asked});
        claims_ = oidc::collect_claims(client_.wanted_claims, id_token_->claims, nullptr);
    }
}

bool Login::needs_userinfo(const oidc::Metadata& metadata) const
{
    if (userinfo_answer_ || client_.userinfo == oidc::UserinfoMode::off) {
        return false;
    }
    const bool is_missed = !claims_.missing.empty() || client_.keep_userinfo;
    return client_.userinfo == oidc::UserinfoMode::on ||
           (is_missed && metadata.userinfo_endpoint.has_value());
}

// A userinfo call that fails ends the login even in mode when_missing. The site uses those claims
// to decide what the customer may do; without them he would be let in as somebody else, and the
// session would stay so for its whole life.
void Login::read_userinfo()
{
    if (userinfo_answer_ && !read_userinfo_) {
        read_userinfo_ = oidc::read_userinfo(*userinfo_answer_, client_);
    }
}

void Login::verify_userinfo(const jose::Keys& keys)
{
    if (read_userinfo_ && !userinfo_) {
        userinfo_ = oidc::verify_userinfo(*read_userinfo_, keys, client_, id_token_->subject);
        claims_ = oidc::collect_claims(client_.wanted_claims, id_token_->claims, &*userinfo_);
    }
}

/// Every check has passed.
Login::Next Login::store_session()
{
    if (!new_cookie_) {
        new_cookie_ = SessionSealer::new_cookie();
    }
    if (!inserted_) {
        return ask(new_record(),
                   [this](const base::StoreReply& reply) { inserted_ = reply.status; });
    }
    require_inserted(*inserted_);
    if (store_status_) {
        require_available(*store_status_);
    }
    // The session that the browser had ends, whoever's it was: its cookie may be known to others.
    if (!old_sessions_.empty()) {
        return ask(base::RemoveRecord{old_sessions_.back().id},
                   [this](const base::StoreReply& reply) {
                       store_status_ = reply.status;
                       old_sessions_.pop_back();
                   });
    }
    return LoggedIn{transaction().return_path,
                    *std::exchange(new_cookie_, std::nullopt),
                    new_binding(),
                    jws_->algorithm,
                    claims_.refused,
                    claims_.elsewhere};
}

base::InsertRecord Login::new_record() const
{
    const SessionKeys keys = sealer_.keys(new_cookie_->view(), sealer_.keyring().first());
    Session session;
    session.subject = id_token_->subject;
    session.sid = id_token_->sid.value_or("");
    session.created = now_;
    session.limit = now_ + client_.session_max_lifetime;
    session.claims = claims_.found;
    session.token_expiry = token_expiry(*tokens_, &id_token_->claims, now_);
    return {keys.id, now_, sealer_.seal(keys, session, kept_tokens()),
            id_token_->claims.integer("iat").value_or(now_), client_.sessions_per_subject};
}

SessionTokens Login::kept_tokens() const
{
    SessionTokens kept;
    if (client_.keep_id_token || client_.logout_token_hint) {
        kept.id_token = tokens_->id_token.view();
    }
    if (client_.keep_access_token) {
        kept.access_token = tokens_->access_token.view();
    }
    if (client_.keep_userinfo && userinfo_) {
        kept.userinfo = compact_json(*userinfo_);
    }
    if (client_.keep_refresh_token && !tokens_->refresh_token.empty()) {
        kept.refresh_token = tokens_->refresh_token.view();
        kept.auth_time = id_token_->claims.integer("auth_time").value_or(0);
        kept.nonce_mark = oidc::nonce_mark(request_.callback.opened.secrets->nonce);
    }
    return kept;
}

} // namespace ciam::flow
