#include "base/parameters.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace ciam::base {

namespace {

std::string decode(std::string_view text)
{
    std::optional<std::string> bytes = percent_decode(text, true);
    if (!bytes) {
        throw Error{Fault::client, "a parameter has a broken percent-encoding"};
    }
    if (bytes->find('\0') != std::string::npos) {
        throw Error{Fault::client, "a parameter has a NUL byte"};
    }
    return *std::move(bytes);
}

} // namespace

Parameters Parameters::parse(std::string_view query, std::size_t max_count)
{
    Parameters parameters;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view item = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (item.empty()) {
            continue;
        }
        if (parameters.items_.size() == max_count) {
            throw Error{Fault::client, "more than " + std::to_string(max_count) + " parameters"};
        }
        const std::size_t equals = std::min(item.find('='), item.size());
        parameters.items_.emplace_back(decode(item.substr(0, equals)),
                                       decode(item.substr(std::min(equals + 1, item.size()))));
    }
    return parameters;
}

void Parameters::add(std::string_view name, std::string_view value)
{
    items_.emplace_back(name, value);
}

bool Parameters::has(std::string_view name) const
{
    return std::any_of(items_.begin(), items_.end(),
                       [name](const auto& item) { return item.first == name; });
}

std::optional<std::string> Parameters::get(std::string_view name) const
{
    const auto named = [name](const auto& item) { return item.first == name; };
    const auto first = std::find_if(items_.begin(), items_.end(), named);
    if (first == items_.end()) {
        return std::nullopt;
    }
    if (std::find_if(first + 1, items_.end(), named) != items_.end()) {
        // The name is one that the caller asked for, so it may be in a message.
        throw Error{Fault::client, "the parameter \"" + std::string{name} + "\" comes twice"};
    }
    return first->second;
}

std::string Parameters::encode() const
{
    std::string query;
    for (const auto& [name, value] : items_) {
        query += query.empty() ? "" : "&";
        query += percent_encode(name) + "=" + percent_encode(value);
    }
    return query;
}

} // namespace ciam::base
