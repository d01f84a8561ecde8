#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t many_shards = 8 * 1024 * 1024;

base::Record tagged(std::uint64_t seed, std::vector<base::RecordId> tags)
{
    auto record = record_of(seed, 200, 300);
    record.tags = std::move(tags);
    return record;
}

void all_records_of_a_tag_are_removed_wherever_they_are(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        asker.insert(id_of(i), tagged(i, {id_of(5000 + i % 7), id_of(9000 + i)}));
    }
    assert_int_equal(asker.remove_tagged(id_of(5003)), Status::done);
    for (std::uint64_t i = 0; i < 1000; ++i) {
        assert_true(asker.has(id_of(i)) == (i % 7 != 3));
    }
}

void a_record_is_found_by_each_of_its_tags(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    for (const std::uint64_t tag : {100U, 101U}) {
        asker.insert(id_of(1), tagged(1, {id_of(100), id_of(101)}));
        asker.insert(id_of(2), tagged(2, {id_of(102)}));
        asker.remove_tagged(id_of(tag));
        assert_false(asker.has(id_of(1)));
        assert_true(asker.has(id_of(2)));
    }
}

void the_same_tag_twice_is_no_harm(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 20; ++i) {
        asker.insert(id_of(i), tagged(i, {id_of(100), id_of(100)}));
    }
    asker.remove(id_of(7));
    asker.remove_tagged(id_of(100));
    assert_int_equal(asker.status().records, 0);
}

void tags_that_share_a_bucket_are_told_apart(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    auto tag = id_of(100);
    auto same_bucket = tag;
    same_bucket[15] ^= 1U;
    for (std::uint64_t i = 0; i < 30; ++i) {
        asker.insert(id_of(i), tagged(i, {i % 3 == 0 ? tag : same_bucket, id_of(i + 500)}));
    }
    asker.remove_tagged(same_bucket);
    for (std::uint64_t i = 0; i < 30; ++i) {
        assert_true(asker.has(id_of(i)) == (i % 3 == 0));
    }
    asker.remove_tagged(tag);
    assert_int_equal(asker.status().records, 0);
}

void a_tag_that_nobody_has_removes_nothing(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), tagged(1, {id_of(100)}));
    assert_int_equal(asker.remove_tagged(id_of(101)), Status::done);
    assert_int_equal(asker.remove_tagged(id_of(1)), Status::done);
    assert_true(asker.has(id_of(1)));
}

void a_replacement_has_its_own_tags_alone(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), tagged(1, {id_of(100), id_of(101)}));
    asker.find(id_of(1));
    auto next = tagged(2, {id_of(101), id_of(102)});
    next.version = asker.record().version;
    asker.replace(id_of(1), next);
    asker.remove_tagged(id_of(100));
    assert_true(asker.has(id_of(1)));
    assert_true(asker.record().tags == as_kept(next.tags));
    asker.remove_tagged(id_of(102));
    assert_false(asker.has(id_of(1)));
}

void a_third_tag_is_refused_rather_than_forgotten(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    const auto record = tagged(1, {id_of(100), id_of(101), id_of(102)});
    assert_int_equal(asker.insert(id_of(1), record), Status::too_large);
    assert_false(asker.has(id_of(1)));
}

void records_leave_a_tag_in_any_order(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 60; ++i) {
        asker.insert(id_of(i), tagged(i, {id_of(100), id_of(101)}));
    }
    for (std::uint64_t i = 0; i < 60; i += 1 + i % 4) {
        asker.remove(id_of(59 - i));
        asker.remove(id_of(i / 2));
    }
    asker.remove_tagged(id_of(101));
    assert_int_equal(asker.status().records, 0);
    asker.insert(id_of(1), tagged(1, {id_of(100)}));
    assert_true(asker.has(id_of(1)));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(all_records_of_a_tag_are_removed_wherever_they_are),
        cmocka_unit_test(a_record_is_found_by_each_of_its_tags),
        cmocka_unit_test(the_same_tag_twice_is_no_harm),
        cmocka_unit_test(tags_that_share_a_bucket_are_told_apart),
        cmocka_unit_test(a_tag_that_nobody_has_removes_nothing),
        cmocka_unit_test(a_replacement_has_its_own_tags_alone),
        cmocka_unit_test(a_third_tag_is_refused_rather_than_forgotten),
        cmocka_unit_test(records_leave_a_tag_in_any_order),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
