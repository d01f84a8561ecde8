#include "module/hidden_cookies.hpp"

#include "module/cookies.hpp"
#include "module/request_context.hpp"

namespace ciam::module {
namespace {

template <class T> T* pool_array(ngx_http_request_t* r, std::size_t count)
{
    constexpr std::size_t each = sizeof(T); // NOLINT(bugprone-sizeof-expression): of pointers, too
    auto* array = static_cast<T*>(ngx_pcalloc(r->pool, std::max<std::size_t>(count, 1) * each));
    if (array == nullptr) {
        throw std::bad_alloc{};
    }
    return array;
}

} // namespace

HiddenCookies::HiddenCookies(ngx_http_request_t* r)
{
    const auto& ours = main_conf(r).own_cookies;
    any_cookie_field(r, [&](const auto&) {
        ++sent_count_;
        return false;
    });
    if (ours.empty() || sent_count_ == 0) {
        return;
    }
    fields_ = pool_array<ngx_table_elt_t>(r, sent_count_);
    sent_ = pool_array<ngx_str_t>(r, sent_count_);
    std::size_t index = 0;
    any_cookie_field(r, [&](const ngx_table_elt_t& field) {
        sent_[index++] = field.value;
        const auto rest = base::without_cookies(to_view(field.value), ours);
        any_ = any_ || rest.has_value();
        if (!rest || !rest->empty()) {
            fields_[count_] = field;
            fields_[count_++].value = rest ? pool_copy(r->pool, *rest) : field.value;
        }
        return false;
    });
    count_ = any_ ? count_ : 0;
}

bool HiddenCookies::replace(const ngx_table_elt_t& field) const
{
    constexpr std::string_view name = "cookie";
    return any_ && field.key.len == name.size() && field.lowcase_key != nullptr &&
           to_view({name.size(), field.lowcase_key}) == name;
}

void HiddenCookies::install(ngx_http_request_t* r) const
{
    if (!any_) {
        return;
    }
    auto& ctx = context(r);
    if (ctx.sent_cookies.empty()) {
        ctx.sent_cookies = {sent_, sent_count_};
    }
#if (nginx_version >= 1023000)
    for (ngx_uint_t i = 0; i < count_; ++i) {
        fields_[i].next = i + 1 < count_ ? &fields_[i + 1] : nullptr;
    }
    r->headers_in.cookie = count_ > 0 ? fields_ : nullptr;
#else
    auto** fields = pool_array<ngx_table_elt_t*>(r, count_);
    for (ngx_uint_t i = 0; i < count_; ++i) {
        fields[i] = &fields_[i];
    }
    r->headers_in.cookies.elts = fields;
    r->headers_in.cookies.nelts = count_;
    r->headers_in.cookies.nalloc = count_; // full: a later push takes new room
#endif
}

} // namespace ciam::module
