#include "base/deflate.hpp"

#include <random>

#include "support/check.hpp"

using namespace ciam;
using test::assert_text;

namespace {

constexpr std::size_t most = 100000;
const std::string dictionary = R"({"given_name":"","family_name":"","email":""})";

void texts_of_any_length_come_back(void**)
{
    std::mt19937 random{7}; // NOLINT(cert-msc32-c,cert-msc51-cpp): always the same texts
    for (std::size_t size = 0; size < 70000; size = size * 2 + 1) {
        std::string text;
        while (text.size() < size) {
            text += static_cast<char>(random() % (size % 3 == 0 ? 256 : 8));
        }
        const auto again = base::inflate(base::deflate(text, dictionary), dictionary, most);
        assert_true(again.has_value());
        assert_text(*again, text);
    }
}

void what_the_dictionary_has_takes_hardly_any_room(void**)
{
    assert_in_range(base::deflate(dictionary, dictionary).size(), 1, 8);
    assert_true(base::deflate(dictionary, "").size() > 30);
}

void bytes_that_are_cut_or_followed_by_more_are_refused(void**)
{
    const auto bytes = base::deflate("a text of some length, and more", dictionary);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        assert_false(base::inflate(bytes.substr(0, size), dictionary, most).has_value());
    }
    assert_false(base::inflate(bytes + "x", dictionary, most).has_value());
}

void a_text_longer_than_allowed_is_refused(void**)
{
    const auto bytes = base::deflate(std::string(5000, 'x'), "");
    assert_true(base::inflate(bytes, "", 5000).has_value());
    assert_false(base::inflate(bytes, "", 4999).has_value());
}

void random_bytes_do_no_harm(void**)
{
    std::mt19937 random{8}; // NOLINT(cert-msc32-c,cert-msc51-cpp): always the same bytes
    for (int round = 0; round < 5000; ++round) {
        std::string bytes(random() % 60, '\0');
        for (char& c : bytes) {
            c = static_cast<char>(random());
        }
        const auto text = base::inflate(bytes, dictionary, 1000);
        assert_true(!text || text->size() <= 1000);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_any_length_come_back),
        cmocka_unit_test(what_the_dictionary_has_takes_hardly_any_room),
        cmocka_unit_test(bytes_that_are_cut_or_followed_by_more_are_refused),
        cmocka_unit_test(a_text_longer_than_allowed_is_refused),
        cmocka_unit_test(random_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
