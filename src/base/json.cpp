#include "base/json.hpp"

#include "base/error.hpp"

#include <cmath>

namespace ciam::base {

namespace {

// Deeper than any document of a provider, far below jansson's own 2048.
constexpr std::size_t max_depth = 32;

[[noreturn]] void refuse(std::string_view what, const std::string& reason)
{
    throw Error{Fault::provider, std::string{what} + " " + reason + "; check the provider"};
}

/// jansson's own words quote the text, so they may not be used.
const char* reason_of(const json_error_t& error)
{
    switch (json_error_code(&error)) {
    case json_error_out_of_memory:
        return "out of memory";
    case json_error_invalid_utf8:
        return "invalid UTF-8";
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_end_of_input_expected:
        return "something follows the end";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL character";
    case json_error_duplicate_key:
        return "a member comes twice";
    case json_error_numeric_overflow:
        return "a number is too large";
    case json_error_stack_overflow:
        return "nested too deep";
    default:
        return "invalid syntax";
    }
}

void add_children(json_t* value, std::vector<json_t*>& children)
{
    const auto add = [&children](json_t* child) {
        if (json_is_object(child) || json_is_array(child)) {
            children.push_back(child);
        }
    };
    for (std::size_t i = 0; i < json_array_size(value); i++) {
        add(json_array_get(value, i));
    }
    for (void* member = json_object_iter(value); member != nullptr;
         member = json_object_iter_next(value, member)) {
        add(json_object_iter_value(member));
    }
}

/// Goes down level by level, so that it needs no stack.
bool is_too_deep(json_t* value)
{
    std::vector<json_t*> level{value};
    for (std::size_t depth = 1; !level.empty(); depth++) {
        if (depth > max_depth) {
            return true;
        }
        std::vector<json_t*> next;
        for (json_t* container : level) {
            add_children(container, next);
        }
        level = std::move(next);
    }
    return false;
}

std::string text_of(const json_t* value)
{
    return {json_string_value(value), json_string_length(value)};
}

} // namespace

Json::Json(std::shared_ptr<json_t> value, std::string what)
    : value_(std::move(value)), what_(std::move(what))
{
}

Json Json::parse_object(std::string_view text, std::string_view what, std::size_t max_bytes)
{
    if (text.size() > max_bytes) {
        refuse(what, "is longer than " + std::to_string(max_bytes) + " bytes");
    }
    json_error_t error{};
    std::shared_ptr<json_t> value{
        json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, &error), JsonRelease{}};
    if (!value) {
        refuse(what, "is not valid JSON at byte " + std::to_string(error.position) + ": " +
                         reason_of(error));
    }
    if (!json_is_object(value.get())) {
        refuse(what, "is not a JSON object");
    }
    if (is_too_deep(value.get())) {
        refuse(what, "is nested deeper than " + std::to_string(max_depth) + " levels");
    }
    return Json{std::move(value), std::string{what}};
}

std::optional<std::string> Json::string(const char* name) const
{
    const json_t* value = member(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!json_is_string(value)) {
        wrong_type(name, "a string");
    }
    return text_of(value);
}

std::optional<std::int64_t> Json::integer(const char* name) const
{
    const json_t* value = member(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (json_is_integer(value)) {
        return json_integer_value(value);
    }
    constexpr double bound = 9.2e18; // below 2^63, so that the conversion is defined
    const double real = json_real_value(value);
    if (!json_is_real(value) || !(std::abs(real) < bound)) {
        wrong_type(name, "a number of seconds or an integer");
    }
    return static_cast<std::int64_t>(real);
}

std::optional<bool> Json::boolean(const char* name) const
{
    const json_t* value = member(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!json_is_boolean(value)) {
        wrong_type(name, "true or false");
    }
    return json_is_true(value);
}

std::optional<Json> Json::object(const char* name) const
{
    const json_t* value = member(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!json_is_object(value)) {
        wrong_type(name, "an object");
    }
    // The owner is that of the whole.
    return Json{std::shared_ptr<json_t>{value_, json_object_get(value_.get(), name)}, what_};
}

std::vector<std::string> Json::strings(const char* name) const
{
    const json_t* value = member(name);
    if (value == nullptr) {
        return {};
    }
    if (json_is_string(value)) {
        return {text_of(value)};
    }
    if (!json_is_array(value)) {
        wrong_type(name, "a string or an array of strings");
    }
    std::vector<std::string> list;
    for (std::size_t i = 0; i < json_array_size(value); i++) {
        const json_t* element = json_array_get(value, i);
        if (!json_is_string(element)) {
            wrong_type(name, "a string or an array of strings");
        }
        list.push_back(text_of(element));
    }
    return list;
}

bool Json::has(const char* name) const
{
    return member(name) != nullptr;
}

const json_t* Json::member(const char* name) const
{
    const json_t* value = json_object_get(value_.get(), name);
    return json_is_null(value) ? nullptr : value;
}

void Json::wrong_type(const char* name, const char* wanted) const
{
    refuse(what_, std::string{"has a member \""} + name + "\" that is not " + wanted);
}

} // namespace ciam::base
