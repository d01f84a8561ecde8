#include "jose/reused_hash.hpp"

#include "support/check.hpp"

using namespace ciam;
using jose::ReusedHash;
using jose::sha256;

namespace {

void it_hashes_as_sha256_does_every_time(void**)
{
    const ReusedHash hash;
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string bytes(size, 'x');
        assert_true(hash(bytes) == sha256(bytes));
    }
}

void it_can_be_moved(void**)
{
    ReusedHash hash;
    ReusedHash moved{std::move(hash)};
    assert_true(moved("text") == sha256("text"));
    ReusedHash assigned;
    assigned = std::move(moved);
    assert_true(assigned("text") == sha256("text"));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(it_hashes_as_sha256_does_every_time),
        cmocka_unit_test(it_can_be_moved),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
