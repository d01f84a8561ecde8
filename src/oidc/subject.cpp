#include "oidc/subject.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

constexpr std::size_t max_subject = 255;

} // namespace

std::string subject_of(const base::Json& claims, void (*refuse)(const std::string& reason))
{
    auto subject = claims.string("sub").value_or("");
    if (subject.empty()) {
        refuse("has no sub");
    }
    const bool is_plain =
        std::all_of(subject.begin(), subject.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
    if (subject.size() > max_subject || !is_plain) {
        refuse("has a sub that is longer than 255 characters or not printable ASCII");
    }
    return subject;
}

} // namespace ciam::oidc
