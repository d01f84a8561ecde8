#include "flow/token_cache.hpp"

#include "support/check.hpp"

using namespace ciam;
using flow::TokenCache;

namespace {

constexpr base::Seconds now = 1'700'000'000;

jose::Digest key(int number)
{
    return jose::sha256(std::to_string(number));
}

std::shared_ptr<const flow::Bearer> bearer(base::Seconds expires = 0, std::size_t bytes = 10)
{
    auto made = std::make_shared<flow::Bearer>();
    made->session = base::Secret{std::string(bytes, 'x')};
    made->facts.expires = expires;
    return made;
}

void gives_what_was_kept(void**)
{
    TokenCache cache;
    const auto kept = bearer();
    cache.keep(key(1), kept);
    assert_true(cache.good(key(1), now) == kept);
    assert_null(cache.good(key(2), now).get());
}

void keeps_nothing_past_its_end(void**)
{
    TokenCache cache;
    cache.keep(key(1), bearer(now + 1));
    assert_non_null(cache.good(key(1), now).get());
    assert_null(cache.good(key(1), now + 1).get());
    assert_int_equal(cache.size(), 0);
    assert_int_equal(cache.bytes(), 0);
}

void forgets_the_longest_unused_for_one_too_many(void**)
{
    TokenCache cache{{.good = 3}};
    for (int i = 0; i < 3; i++) {
        cache.keep(key(i), bearer());
    }
    cache.good(key(0), now);
    cache.keep(key(3), bearer());
    assert_int_equal(cache.size(), 3);
    assert_non_null(cache.good(key(0), now).get());
    assert_null(cache.good(key(1), now).get());
}

void is_bounded_in_bytes(void**)
{
    TokenCache cache{{.good_bytes = 100'000}};
    for (int i = 0; i < 100; i++) {
        cache.keep(key(i), bearer(0, 10'000));
        assert_true(cache.bytes() <= 100'000);
    }
    assert_true(cache.size() > 5 && cache.size() < 10);
    cache.keep(key(200), bearer(0, 200'000));
    assert_null(cache.good(key(200), now).get());
    assert_int_equal(cache.bytes(), 0);
}

void keeps_one_of_a_key_and_counts_it_once(void**)
{
    TokenCache cache;
    cache.keep(key(1), bearer());
    const auto bytes = cache.bytes();
    const auto second = bearer();
    cache.keep(key(1), second);
    assert_int_equal(cache.size(), 1);
    assert_int_equal(cache.bytes(), bytes);
    assert_true(cache.good(key(1), now) == second);
}

void remembers_why_a_token_was_refused_for_a_while(void**)
{
    TokenCache cache;
    cache.keep_refused(key(1), "revoked", now + 10);
    test::assert_text(cache.refused(key(1), now + 9), "revoked");
    test::assert_text(cache.refused(key(1), now + 10), "");
    test::assert_text(cache.refused(key(2), now), "");
}

void a_token_that_is_refused_is_good_no_more(void**)
{
    TokenCache cache;
    cache.keep(key(1), bearer());
    cache.keep_refused(key(1), "revoked", now + 10);
    assert_null(cache.good(key(1), now).get());
    assert_int_equal(cache.bytes(), 0);
}

void junk_drives_out_no_good_token(void**)
{
    TokenCache cache{{.good = 2, .refused = 4}};
    cache.keep(key(1), bearer());
    for (int i = 10; i < 1000; i++) {
        cache.keep_refused(key(i), "junk", now + 10);
    }
    assert_non_null(cache.good(key(1), now).get());
    test::assert_text(cache.refused(key(995), now), "");
    test::assert_text(cache.refused(key(999), now), "junk");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_was_kept),
        cmocka_unit_test(keeps_nothing_past_its_end),
        cmocka_unit_test(forgets_the_longest_unused_for_one_too_many),
        cmocka_unit_test(is_bounded_in_bytes),
        cmocka_unit_test(keeps_one_of_a_key_and_counts_it_once),
        cmocka_unit_test(remembers_why_a_token_was_refused_for_a_while),
        cmocka_unit_test(a_token_that_is_refused_is_good_no_more),
        cmocka_unit_test(junk_drives_out_no_good_token),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
