#include "store/redis_commands.hpp"

#include "support/stored.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using base::RedisValue;
using Kind = RedisValue::Kind;
using Status = store::TierReply::Status;

namespace {

const store::RedisCommands commands{"ciam:", 3};
const std::string id_digits(64, '0');

RedisValue text(const std::string& value)
{
    return {Kind::text, 0, value, {}};
}

RedisValue array(std::vector<RedisValue> items)
{
    return {Kind::array, 0, {}, std::move(items)};
}

/// What a find() of this record answers.
RedisValue found(const std::string& version = "00000000000000ff", const std::string& idle = "60",
                 const std::string& tags = std::string(32, 't'), const std::string& issued = "1000")
{
    return array({text(version), text(idle), text("2000"), text("hot"), text("cold"), text(tags),
                  text(issued)});
}

Status found_status(const RedisValue& value)
{
    return store::read_found(value).status;
}

void every_command_has_one_key(void**)
{
    auto record = record_of(1, 8);
    record.version = 255;
    record.tags = {base::RecordId{}};
    for (const auto& command :
         {commands.find(base::RecordId{}, 1, start), commands.insert({{}, start, record}),
          commands.replace({{}, start, record}, 1), commands.remove({})}) {
        assert_text(command[0], "EVAL");
        assert_text(command[2], "1");
        assert_text(command[3], "ciam:s:" + id_digits);
    }
    assert_text(commands.add_to_tag({id_of(1), start, record}, 0)[3], "ciam:t:" + id_digits);
    assert_text(commands.bury({{}, start, start, start + 5})[3], "ciam:t:" + id_digits);
    assert_text(commands.is_there({})[1], "ciam:s:" + id_digits);
    assert_text(commands.tagged({}, 0)[1], "ciam:t:" + id_digits);
    assert_text(commands.forget_tagged({}, {{id_of(1), 5}})[1], "ciam:t:" + id_digits);
    assert_text(commands.take_turn({}, "machine", 30)[3], "ciam:r:" + id_digits);
    assert_text(commands.end_turn({}, "machine")[3], "ciam:r:" + id_digits);
    assert_text(commands.channel(), "ciam:changed:3");
}

void a_turn_is_taken_by_a_machine_for_some_seconds(void**)
{
    const auto command = commands.take_turn({}, "machine", 30);
    assert_int_equal(command.size(), 6);
    assert_text(command[4], "machine");
    assert_text(command[5], "30");
    assert_text(commands.end_turn({}, "machine")[4], "machine");
}

void a_record_lives_for_its_idle_timeout_up_to_its_limit(void**)
{
    auto record = record_of(1, 8);
    record.idle_timeout = 100;
    record.limit = start + 500;
    constexpr std::size_t seconds_to_live = 9;
    assert_text(commands.insert({{}, start, record})[seconds_to_live], "100");
    assert_text(commands.insert({{}, start + 450, record})[seconds_to_live], "50");
    assert_text(commands.insert({{}, start + 600, record})[seconds_to_live], "1");
}

void a_change_is_told_with_the_new_version(void**)
{
    auto record = record_of(1, 8);
    record.version = 1;
    const auto change =
        store::read_change(commands.replace({id_of(9), start, record}, 0xabcdef).back());
    assert_true(change && change->id == id_of(9) && change->version == 0xabcdef);
    const auto removal = store::read_change(commands.remove(id_of(8)).back());
    assert_true(removal && removal->id == id_of(8) && removal->version == 0);
}

void messages_of_others_are_no_changes(void**)
{
    for (const std::string& message :
         {std::string{}, std::string(79, '0'), std::string(81, '0'), std::string(80, 'g'),
          std::string(64, '0') + "000000000000000-",
          std::string(62, '0') + "+1" + std::string(16, '0')}) {
        assert_false(store::read_change(message).has_value());
    }
}

void a_record_is_read(void**)
{
    const auto reply = store::read_found(found());
    assert_true(reply.status == Status::done);
    assert_int_equal(reply.record.version, 255);
    assert_int_equal(reply.record.idle_timeout, 60);
    assert_int_equal(reply.record.limit, 2000);
    assert_int_equal(reply.issued_at, 1000);
    assert_text(reply.record.hot, "hot");
    assert_text(reply.record.cold, "cold");
    assert_int_equal(reply.record.tags.size(), 1);
}

void absence_and_the_known_version_are_read(void**)
{
    assert_true(found_status(array({})) == Status::absent);
    assert_true(found_status(array({text("00000000000000ff")})) == Status::unchanged);
}

void what_is_no_answer_is_refused(void**)
{
    for (const auto& value :
         {RedisValue{}, text("OK"), array({text("a"), text("b")}), array({RedisValue{}})}) {
        assert_true(found_status(value) == Status::refused);
    }
}

void what_is_no_record_is_absent(void**)
{
    const std::string version = "00000000000000ff";
    assert_true(found_status(found()) == Status::done);
    for (const auto& value : {found("ff"), found("00000000000000fg"), found(version, "6O"),
                              found(version, ""), found(version, "99999999999999999999"),
                              found(version, "9223372036854775807"), found(version, "-1"),
                              found(version, "60", "t"), found(version, "60", std::string(96, 't')),
                              found(version, "60", std::string(32, 't'), "soon")}) {
        assert_true(found_status(value) == Status::absent);
    }
}

void outcomes_of_changes_are_read(void**)
{
    const auto status = [](std::int64_t number) {
        return store::read_changed({Kind::integer, number, {}, {}}).status;
    };
    assert_true(status(1) == Status::done);
    assert_true(status(0) == Status::conflict);
    assert_true(status(-1) == Status::absent);
    assert_true(store::read_changed(text("OK")).status == Status::refused);
    assert_true(store::read_changed({}).status == Status::refused);
}

void tagged_ids_are_read(void**)
{
    const auto entries = store::read_tagged(array({text(std::string(32, 'a') + "2000")}));
    assert_true(entries && entries->size() == 1 && entries->front().limit == 2000);
    assert_true(store::read_tagged(array({}))->empty());
    assert_false(store::read_tagged(array({text("short")})).has_value());
    assert_false(store::read_tagged(array({text(std::string(32, 'a'))})).has_value());
    assert_false(store::read_tagged(array({text(std::string(32, 'a') + "x")})).has_value());
    assert_false(store::read_tagged(array({RedisValue{}})).has_value());
    assert_false(store::read_tagged(text("x")).has_value());
}

void an_entry_of_a_group_is_forgotten_as_it_was_added(void**)
{
    auto record = record_of(1, 8);
    record.tags = {id_of(2)};
    const auto added = commands.add_to_tag({id_of(1), start, record, start}, 0)[4];
    assert_text(commands.forget_tagged(id_of(2), {{id_of(1), record.limit}}).back(), added);
    const auto entries = store::read_tagged(array({text(added)}));
    assert_true(entries && entries->front().id == id_of(1));
}

void only_the_first_group_is_limited(void**)
{
    auto record = record_of(1, 8);
    record.tags = {id_of(2), id_of(3)};
    const base::InsertRecord request{id_of(1), start, record, start - 5, 7};
    assert_text(commands.add_to_tag(request, 0).back(), "7");
    assert_text(commands.add_to_tag(request, 1).back(), "0");
    assert_text(commands.add_to_tag(request, 1)[5], std::to_string(start - 5));
}

void what_is_issued_later_is_not_looked_for(void**)
{
    assert_text(commands.tagged({}, start)[3], std::to_string(start));
    assert_text(commands.tagged({}, 0)[3], "+inf");
}

void what_is_too_much_in_a_group_is_read(void**)
{
    const auto entry = text(std::string(32, 'a') + "2000");
    const auto added = store::read_added(array({{Kind::integer, 1, {}, {}}, entry}));
    assert_true(added.status == Status::done && added.excess == 1 && added.oldest.size() == 1);
    assert_true(store::read_added(array({entry})).status == Status::refused);
    assert_true(store::read_added(array({})).status == Status::done);
    assert_true(store::read_added({Kind::integer, -2, {}, {}}).status == Status::ended);
    assert_true(store::read_added({Kind::integer, 1, {}, {}}).status == Status::refused);
    assert_true(store::read_added(text("OK")).status == Status::refused);
}

void groups_of_a_removed_record_are_read(void**)
{
    const auto removed = store::read_removed(array({text(std::string(64, 't')), text("2000")}));
    assert_true(removed.status == Status::done && removed.limit == 2000);
    assert_int_equal(removed.tags.size(), 2);
    for (const auto& nothing : {array({text(""), text("")}), array({text("x"), text("2000")})}) {
        assert_true(store::read_removed(nothing).status == Status::done);
        assert_true(store::read_removed(nothing).tags.empty());
    }
    assert_true(store::read_removed(array({text("")})).status == Status::refused);
    assert_true(store::read_removed(text("OK")).status == Status::refused);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_one_key),
        cmocka_unit_test(a_turn_is_taken_by_a_machine_for_some_seconds),
        cmocka_unit_test(a_record_lives_for_its_idle_timeout_up_to_its_limit),
        cmocka_unit_test(a_change_is_told_with_the_new_version),
        cmocka_unit_test(messages_of_others_are_no_changes),
        cmocka_unit_test(a_record_is_read),
        cmocka_unit_test(absence_and_the_known_version_are_read),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(what_is_no_record_is_absent),
        cmocka_unit_test(outcomes_of_changes_are_read),
        cmocka_unit_test(tagged_ids_are_read),
        cmocka_unit_test(an_entry_of_a_group_is_forgotten_as_it_was_added),
        cmocka_unit_test(only_the_first_group_is_limited),
        cmocka_unit_test(what_is_issued_later_is_not_looked_for),
        cmocka_unit_test(what_is_too_much_in_a_group_is_read),
        cmocka_unit_test(groups_of_a_removed_record_are_read),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
