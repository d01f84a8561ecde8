// The answer to a call as it comes in, and what is refused of it before it fills the memory.
#pragma once

#include <string>
#include <string_view>

namespace ciam::io {

class Answer {
public:
    explicit Answer(std::size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

    /// One header line. False: the answer is refused.
    bool add_header(std::string_view line);

    /// False: the answer is refused.
    bool add_body(std::string_view bytes);

    void refuse_as_too_long();

    /// Why it is refused, for the log; else empty.
    const std::string& refusal() const noexcept { return refusal_; }

    std::string take_body() noexcept { return std::move(body_); }

private:
    std::size_t max_body_bytes_;
    std::size_t header_bytes_ = 0;
    std::string body_;
    std::string refusal_;
};

/// "Application/JSON; charset=utf-8" -> "application/json".
std::string media_type(std::string_view content_type);

} // namespace ciam::io
