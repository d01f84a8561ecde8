// The layout of a session's hot part: what is read of a text, whatever its bytes.

#include "flow/session.hpp"

#include <algorithm>
#include <random>

#include "flow/fields.hpp"
#include "flow/session_layout.hpp"
#include "support/check.hpp"

using namespace ciam;
using flow::SessionView;

namespace {

constexpr base::Seconds now = 1'700'000'000;

std::string plain_text()
{
    return flow::FieldWriter{}
        .number(flow::view_layout)
        .number(1)
        .number(now)
        .number(now + 1000)
        .number(now + 500)
        .field("customer-1")
        .field("sid")
        .field("email")
        .field("ann@example.com")
        .field("name")
        .field("Ann")
        .take();
}

bool is_within(std::string_view part, std::string_view whole)
{
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

/// Reads all that a view gives; on the heap with nothing behind it, so that a sanitizer sees every
/// byte too many.
void read_everything(const std::string& text)
{
    const std::vector<char> exact(text.begin(), text.end());
    const std::string_view whole{exact.data(), exact.size()};
    if (const auto view = SessionView::parse(whole)) {
        assert_true(is_within(view->subject(), whole));
        assert_true(is_within(view->sid(), whole));
        for (const char* key : {"email", "name", "", "absent"}) {
            assert_true(is_within(view->claim(key).value_or(std::string_view{}), whole));
        }
    }
}

void a_text_cut_anywhere_inside_a_field_is_no_session(void**)
{
    const std::string text = plain_text();
    const std::string without_claims = text.substr(0, text.find("email") - 1);
    std::size_t parsed = 0;
    for (std::size_t size = 0; size < text.size(); size++) {
        read_everything(text.substr(0, size));
        parsed += SessionView::parse(text.substr(0, size)) ? 1 : 0;
    }
    assert_true(SessionView::parse(without_claims).has_value());
    assert_true(SessionView::parse(text).has_value());
    assert_int_equal(parsed, 2); // without claims, and with the first alone
}

void mutated_texts_are_never_read_past_their_end(void**)
{
    std::mt19937 random{20240229}; // NOLINT(cert-msc32-c,cert-msc51-cpp): always the same texts
    const std::string text = plain_text();
    for (int round = 0; round < 20000; round++) {
        std::string mutated = text;
        const std::size_t changes = 1 + random() % 4;
        for (std::size_t i = 0; i < changes; i++) {
            mutated[random() % mutated.size()] = static_cast<char>(random() % 256);
        }
        read_everything(mutated.substr(0, random() % (mutated.size() + 1)));
        read_everything(mutated);
    }
}

void random_texts_are_never_read_past_their_end(void**)
{
    std::mt19937 random{42}; // NOLINT(cert-msc32-c,cert-msc51-cpp): always the same texts
    for (int round = 0; round < 20000; round++) {
        std::string text(random() % 40, '\0');
        std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random() % 256); });
        read_everything("\x01" + text);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_text_cut_anywhere_inside_a_field_is_no_session),
        cmocka_unit_test(mutated_texts_are_never_read_past_their_end),
        cmocka_unit_test(random_texts_are_never_read_past_their_end),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
