#include "module/early_values.hpp"

#include "module/request_context.hpp"

#include <algorithm>
#include <vector>

namespace ciam::module {
namespace {

/// What nginx keeps of one variable.
struct Kept {
    ngx_uint_t index;
    ngx_http_variable_value_t value;
    bool is_of_ours = false;
};

/// A map with regular expressions that is asked again must not replace what $1 is in the location.
#if (NGX_PCRE)
class CapturesKept {
public:
    explicit CapturesKept(ngx_http_request_t* r)
        : r_(r), at_(r->captures), count_(r->ncaptures), data_(r->captures_data)
    {
        if (at_ != nullptr) { // it is null after an expression without captures, however many
            captures_.assign(at_, at_ + count_);
        }
    }
    CapturesKept(const CapturesKept&) = delete;
    CapturesKept& operator=(const CapturesKept&) = delete;
    ~CapturesKept()
    {
        r_->captures = at_;
        r_->ncaptures = count_;
        r_->captures_data = data_;
        std::copy(captures_.begin(), captures_.end(), at_);
    }

private:
    ngx_http_request_t* r_;
    int* at_;
    ngx_uint_t count_;
    u_char* data_;
    std::vector<int> captures_;
};
#else
struct CapturesKept {
    explicit CapturesKept(ngx_http_request_t*) {}
};
#endif

/// That of `set` only complains that nothing was set; its data is the variable's own index.
bool is_computed(const ngx_http_variable_t& variable, ngx_uint_t index)
{
    return (variable.flags & NGX_HTTP_VAR_NOCACHEABLE) == 0 && variable.get_handler != nullptr &&
           variable.data != index;
}

std::vector<Kept> kept_values(const ngx_http_request_t* r)
{
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const auto* variables = static_cast<ngx_http_variable_t*>(core->variables.elts);
    std::vector<Kept> kept;
    for (ngx_uint_t i = 0; i < core->variables.nelts; ++i) {
        const auto& value = r->variables[i];
        if (is_computed(variables[i], i) && (value.valid || value.not_found)) {
            kept.push_back({i, value});
        }
    }
    return kept;
}

void drop(ngx_http_request_t* r, const Kept& kept)
{
    r->variables[kept.index].valid = 0;
    r->variables[kept.index].not_found = 0;
}

void drop_ours(ngx_http_request_t* r, const std::vector<Kept>& all)
{
    for (const auto& each : all) {
        if (each.is_of_ours) {
            drop(r, each);
        }
    }
}

bool reads_ours(ngx_http_request_t* r, const Kept& kept)
{
    auto& is_read = context(r).is_read;
    is_read = false;
    drop(r, kept);
    ngx_http_get_indexed_variable(r, kept.index);
    r->variables[kept.index] = kept.value;
    return is_read;
}

/// True when there are more than before. What is known to be of ours is not at hand, so that it is
/// noticed when another is made of it; all else is, such as named captures, which no handler can
/// tell again.
bool find_ours(ngx_http_request_t* r, std::vector<Kept>& all)
{
    bool has_found = false;
    for (auto& each : all) {
        if (each.is_of_ours) {
            continue;
        }
        drop_ours(r, all);
        each.is_of_ours = reads_ours(r, each);
        has_found = has_found || each.is_of_ours;
    }
    return has_found;
}

} // namespace

void forget_early_values(ngx_http_request_t* r)
{
    auto* ctx = find_context(r);
    if (ctx == nullptr || !ctx->is_read) {
        return;
    }
    const CapturesKept captures{r};
    auto all = kept_values(r);
    while (find_ours(r, all)) {
    }
    drop_ours(r, all);
    ctx->is_read = false;
}

} // namespace ciam::module
