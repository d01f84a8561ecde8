// SessionView::parse: whatever the bytes, nothing is read outside of them.
#include "flow/session.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using ciam::flow::SessionView;

void require_within(std::string_view part, std::string_view whole)
{
    const bool is_within =
        part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
    if (!part.empty() && !is_within) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto view = SessionView::parse(text)) {
        require_within(view->subject(), text);
        require_within(view->sid(), text);
        for (const std::string_view key : {std::string_view{}, std::string_view{"email"}, text}) {
            require_within(view->claim(key).value_or(std::string_view{}), text);
        }
    }
    return 0;
}
