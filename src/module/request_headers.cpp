#include "module/request_headers.hpp"

#include "base/encoding.hpp"
#include "module/alias_list.hpp"
#include "module/counts.hpp"
#include "module/hidden_cookies.hpp"
#include "module/request_context.hpp"
#include "module/session_refresh.hpp"

#include <algorithm>
#include <vector>

namespace ciam::module {
namespace {

bool folds_to(const ngx_str_t& name, std::string_view folded)
{
    if (name.len != folded.size()) {
        return false;
    }
    for (std::size_t i = 0; i < folded.size(); ++i) {
        const auto c = static_cast<char>(ngx_tolower(name.data[i]));
        const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if ((alphanumeric ? c : '-') != folded[i]) {
            return false;
        }
    }
    return true;
}

/// What a location of this configuration has set: known by where its lower-case name is kept.
bool is_set_by(const ngx_table_elt_t& field, const std::vector<SetHeader>& headers)
{
    return std::any_of(headers.begin(), headers.end(), [&](const SetHeader& header) {
        return field.lowcase_key == header.lowcase.data;
    });
}

/// An Authorization field of the client stays, except where the location passes one of ours; one of
/// ours that an earlier location has set goes in any case.
bool authorization_must_go(const ngx_table_elt_t& field, const MainConf& main,
                           const LocationConf& location)
{
    const auto& marks = main.authorization_marks;
    return location.sets_authorization ||
           std::find(marks.begin(), marks.end(), field.lowcase_key) != marks.end();
}

bool must_go(const ngx_table_elt_t& field, const MainConf& main, const LocationConf& location)
{
    const auto& names = main.identity_headers;
    if (std::any_of(names.begin(), names.end(),
                    [&](const auto& name) { return folds_to(field.key, name); })) {
        return true;
    }
    return !main.authorization_marks.empty() && folds_to(field.key, "authorization") &&
           authorization_must_go(field, main, location);
}

bool is_safe_value(std::string_view value)
{
    // One look at nearly all characters: this is on the way of every request.
    return std::none_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) <= '\r' && (c == '\r' || c == '\n' || c == '\0');
    });
}

ngx_str_t encoded(ngx_http_request_t* r, const SetHeader& header, const ngx_str_t& value)
{
    switch (header.encode) {
    case Encode::urlencode:
        return pool_copy(r->pool, base::percent_encode(to_view(value)));
    case Encode::base64url:
        return pool_copy(r->pool, base::base64url_encode(to_view(value)));
    case Encode::raw:
        break;
    }
    return value;
}

ngx_str_t evaluate(ngx_http_request_t* r, const SetHeader& header)
{
    if (header.only_variable != NGX_ERROR) {
        const auto* value =
            ngx_http_get_flushed_variable(r, static_cast<ngx_uint_t>(header.only_variable));
        return value == nullptr || value->not_found ? ngx_str_t{}
                                                    : ngx_str_t{value->len, value->data};
    }
    ngx_str_t value;
    if (ngx_http_complex_value(r, const_cast<ngx_http_complex_value_t*>(&header.value), &value) !=
        NGX_OK) {
        throw std::bad_alloc{};
    }
    return value;
}

/// Empty: the header is absent.
ngx_str_t value_of(ngx_http_request_t* r, const SetHeader& header)
{
    // "Bearer" alone would be nonsense.
    if (header.reads_access_token && lacks_token(r)) {
        return ngx_null_string;
    }
    const auto value = encoded(r, header, evaluate(r, header));
    if (!is_safe_value(to_view(value))) {
        log_sparsely({.log = r->connection->log,
                      .level = NGX_LOG_WARN,
                      .provider = {},
                      .text = "the value for header \"" + to_string(header.name) +
                              "\" holds a line break or NUL and is not passed on; write "
                              "encode=urlencode"});
        return ngx_null_string;
    }
    return value;
}

ngx_uint_t fill_fields(ngx_http_request_t* r, const LocationConf& conf, ngx_table_elt_t* fields)
{
    ngx_uint_t count = 0;
    for (const auto& header : conf.headers) {
        const auto value = value_of(r, header);
        if (value.len == 0) {
            continue;
        }
        auto& field = fields[count++];
        field.hash = header.hash;
        field.key = header.name;
        field.value = value;
        field.lowcase_key = header.lowcase.data;
    }
    return count;
}

} // namespace

void remove_identity_headers(ngx_http_request_t* r)
{
    const auto& main = main_conf(r);
    const auto& location = location_conf(r);
    if (main.identity_headers.empty() && main.authorization_marks.empty()) {
        return;
    }
    auto goes = [&](const ngx_table_elt_t& field) { return must_go(field, main, location); };
    if (!any_field(r->headers_in.headers, goes)) {
        return;
    }
    AliasList kept{r};
    keep_others(kept, r->headers_in.headers, goes);
    kept.install(r);
}

std::vector<HeaderValue> identity_headers(ngx_http_request_t* r)
{
    std::vector<HeaderValue> headers;
    for (const auto& header : location_conf(r).headers) {
        const auto value = value_of(r, header);
        if (value.len > 0) {
            headers.push_back({to_view(header.name), to_view(value)});
        }
    }
    return headers;
}

void set_identity_headers(ngx_http_request_t* r)
{
    const auto& conf = location_conf(r);
    // A location of another provider must not hear of the main request's customer.
    const bool foreign = r != r->main && conf.auth != LocationConf::Auth::off &&
                         choose_provider(r) != choose_provider(r->main);
    const std::size_t most = foreign ? 0 : conf.headers.size();
    const HiddenCookies cookies{r};
    if (most == 0 && !cookies.any()) {
        return;
    }
    AliasList list{r};
    auto* fields = list.fields(most + 1);
    const auto count = most > 0 ? fill_fields(r, conf, fields) : 0;
    if (count == 0 && !cookies.any()) {
        return;
    }
    // Entered twice without a rewrite phase in between, what was set before must not stay beside
    // it.
    keep_others(list, r->headers_in.headers, [&](const auto& field) {
        return is_set_by(field, conf.headers) || cookies.replace(field);
    });
    list.add_run(fields, count);
    list.add_run(cookies.fields(), cookies.count());
    list.install(r);
    cookies.install(r);
}

} // namespace ciam::module
