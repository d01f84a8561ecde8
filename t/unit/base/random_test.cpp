#include "base/random.hpp"

#include <openssl/rand.h>
#include <set>

#include "support/check.hpp"

using namespace ciam::base;

namespace {

bool generator_fails = false;

} // namespace

// Stands before OpenSSL's own in this program.
extern "C" int RAND_bytes(unsigned char* bytes, int count)
{
    return generator_fails ? 0 : RAND_priv_bytes(bytes, count);
}

namespace {

void as_many_bytes_come_as_asked_for(void**)
{
    for (const std::size_t count : {0U, 1U, 12U, 32U, 1000U}) {
        assert_int_equal(random_bytes(count).size(), count);
    }
}

void bytes_never_repeat(void**)
{
    std::set<std::string> seen;
    for (int i = 0; i < 1000; i++) {
        seen.insert(random_bytes(16));
    }
    assert_int_equal(seen.size(), 1000);
}

void every_byte_value_comes(void**)
{
    const std::string bytes = random_bytes(10000);
    assert_int_equal(std::set<char>(bytes.begin(), bytes.end()).size(), 256);
}

void a_generator_that_fails_is_an_error(void**)
{
    generator_fails = true;
    const auto fault = ciam::test::fault_of([] { random_bytes(16); });
    generator_fails = false;
    assert_true(fault == Fault::internal);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(as_many_bytes_come_as_asked_for),
        cmocka_unit_test(bytes_never_repeat),
        cmocka_unit_test(every_byte_value_comes),
        cmocka_unit_test(a_generator_that_fails_is_an_error),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
