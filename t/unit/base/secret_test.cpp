#include "base/secret.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

#include "support/check.hpp"

using namespace ciam::base;

namespace {

constexpr std::string_view long_secret = "a long secret that lives on the heap, not in the object";
constexpr std::string_view short_secret = "short secret";

/// How often memory was given back with the long secret still in it.
std::size_t leaks = 0;

/// True where the end of the secret is: a string that is only cleared loses its first byte alone.
bool holds(const void* memory, std::size_t size, std::string_view secret)
{
    const std::string_view end = secret.substr(secret.size() - 8);
    return memmem(memory, size, end.data(), end.size()) != nullptr;
}

} // namespace

// Every piece of memory that is given back in this program is looked at first.
void* operator new(std::size_t size)
{
    if (void* memory = std::malloc(size)) {
        return memory;
    }
    throw std::bad_alloc{};
}

void operator delete(void* memory, std::size_t size) noexcept
{
    leaks += memory != nullptr && holds(memory, size, long_secret) ? 1 : 0;
    std::free(memory);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

namespace {

int reset_leaks(void**)
{
    leaks = 0;
    return 0;
}

void the_counter_sees_a_string_that_is_not_wiped(void**)
{
    {
        const std::string text{long_secret};
        assert_int_equal(text.size(), long_secret.size());
    }
    assert_int_equal(leaks, 1);
}

void a_secret_is_wiped_at_its_end(void**)
{
    {
        const Secret secret{long_secret};
        assert_true(secret.view() == long_secret);
    }
    assert_int_equal(leaks, 0);
}

void a_string_that_was_longer_once_is_wiped_to_its_former_end(void**)
{
    {
        std::string text{long_secret};
        text.resize(5);
        const Secret secret{std::move(text)};
        assert_true(secret.view() == long_secret.substr(0, 5));
    }
    assert_int_equal(leaks, 0);
}

void a_short_secret_is_wiped_inside_the_object(void**)
{
    alignas(Secret) std::array<unsigned char, sizeof(Secret)> memory{};
    auto* secret = new (memory.data()) Secret{short_secret};
    assert_true(secret->view() == short_secret);
    assert_true(holds(memory.data(), memory.size(), short_secret));
    secret->~Secret();
    assert_false(holds(memory.data(), memory.size(), short_secret));
}

void a_string_that_becomes_a_secret_keeps_nothing(void**)
{
    alignas(std::string) std::array<unsigned char, sizeof(std::string)> memory{};
    auto* text = new (memory.data()) std::string{short_secret};
    const Secret secret{std::move(*text)};
    assert_true(secret.view() == short_secret);
    assert_false(holds(memory.data(), memory.size(), short_secret));
    text->~basic_string();
}

void a_move_leaves_nothing_behind(void**)
{
    alignas(Secret) std::array<unsigned char, sizeof(Secret)> memory{};
    auto* from = new (memory.data()) Secret{short_secret};
    const Secret to{std::move(*from)};
    assert_true(to.view() == short_secret);
    assert_true(from->empty());
    assert_false(holds(memory.data(), memory.size(), short_secret));
    from->~Secret();
}

void an_assignment_wipes_what_was_there(void**)
{
    {
        Secret secret{long_secret};
        secret = Secret{std::string_view{"another secret, a longer one than the first, so that it "
                                         "takes new memory for itself"}};
        assert_int_equal(leaks, 0);
        secret = Secret{long_secret};
        assert_true(secret.view() == long_secret);
        Secret& same = secret;
        secret = std::move(same);
        assert_true(secret.view() == long_secret);
    }
    assert_int_equal(leaks, 0);
}

void secrets_cannot_be_copied(void**)
{
    assert_false(std::is_copy_constructible_v<Secret>);
    assert_false(std::is_copy_assignable_v<Secret>);
    assert_true(std::is_nothrow_move_constructible_v<Secret>);
}

void equal_secrets_are_equal(void**)
{
    assert_true(equal_secret("", ""));
    assert_true(equal_secret("abc", std::string{"abc"}));
    assert_true(equal_secret({"a\0b", 3}, {"a\0b", 3}));
}

void different_secrets_are_different(void**)
{
    assert_false(equal_secret("abc", "abd"));
    assert_false(equal_secret("abc", "bbc"));
    assert_false(equal_secret("abc", "ab"));
    assert_false(equal_secret("", "a"));
    assert_false(equal_secret("abc", "abcd"));
    assert_false(equal_secret({"a\0b", 3}, {"a\0c", 3}));
}

/// Seconds of the fastest of many comparisons.
double fastest_comparison(std::string_view a, std::string_view b)
{
    auto fastest = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 50; i++) {
        const auto began = std::chrono::steady_clock::now();
        assert_false(equal_secret(a, b));
        fastest = std::min(fastest, std::chrono::steady_clock::now() - began);
    }
    return std::chrono::duration<double>(fastest).count();
}

// A comparison that stops at the first difference, as memcmp does, is some thousand times as fast
// here.
void a_difference_takes_as_long_to_find_wherever_it_is(void**)
{
    const std::string secret(4 << 20, 's');
    auto first = secret;
    auto last = secret;
    first.front() = last.back() = 'x';
    assert_true(fastest_comparison(secret, first) > fastest_comparison(secret, last) / 10);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_counter_sees_a_string_that_is_not_wiped, reset_leaks),
        cmocka_unit_test_setup(a_secret_is_wiped_at_its_end, reset_leaks),
        cmocka_unit_test_setup(a_string_that_was_longer_once_is_wiped_to_its_former_end,
                               reset_leaks),
        cmocka_unit_test(a_short_secret_is_wiped_inside_the_object),
        cmocka_unit_test(a_string_that_becomes_a_secret_keeps_nothing),
        cmocka_unit_test(a_move_leaves_nothing_behind),
        cmocka_unit_test_setup(an_assignment_wipes_what_was_there, reset_leaks),
        cmocka_unit_test(secrets_cannot_be_copied),
        cmocka_unit_test(equal_secrets_are_equal),
        cmocka_unit_test(different_secrets_are_different),
        cmocka_unit_test(a_difference_takes_as_long_to_find_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
