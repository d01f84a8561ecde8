#include "module/early_values.hpp"

#include "module/request_context.hpp"

#include <vector>

namespace ciam::module {
namespace {

struct Value {
    ngx_uint_t index;
    ngx_http_variable_value_t old;
    ngx_http_variable_value_t now;
};

/// A value that its handler can tell again. That of `set` only finds what is there; its data is the
/// variable's own index.
bool is_computed(const ngx_http_variable_t& variable, ngx_uint_t index)
{
    const bool is_kept = (variable.flags & NGX_HTTP_VAR_NOCACHEABLE) == 0;
    const bool is_of_configuration = (variable.flags & NGX_HTTP_VAR_CHANGEABLE) != 0;
    return is_kept && is_of_configuration && variable.get_handler != nullptr &&
           variable.data != index;
}

std::vector<Value> computed_values(ngx_http_request_t* r)
{
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const auto* variables = static_cast<ngx_http_variable_t*>(core->variables.elts);
    std::vector<Value> values;
    for (ngx_uint_t i = 0; i < core->variables.nelts; ++i) {
        const auto& value = r->variables[i];
        if (value.valid && is_computed(variables[i], i)) {
            values.push_back({i, value, value});
        }
    }
    return values;
}

/// Asked with no other one at hand, so that it is noticed what a map reads by way of another.
void ask_again(ngx_http_request_t* r, const std::vector<Value>& all, Value& value)
{
    for (const auto& each : all) {
        r->variables[each.index].valid = 0;
    }
    auto& reads = context(r).variable_reads;
    const auto before = reads;
    const auto* found = ngx_http_get_indexed_variable(r, value.index);
    if (found != nullptr && !found->not_found && reads != before) {
        value.now = *found;
    }
}

} // namespace

void compute_again(ngx_http_request_t* r)
{
    auto* main = r->main; // whose variables they are
    auto values = computed_values(main);
    for (auto& value : values) {
        ask_again(main, values, value);
    }
    for (const auto& value : values) {
        main->variables[value.index] = value.now;
    }
}

} // namespace ciam::module
