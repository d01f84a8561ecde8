#include "flow/discovery.hpp"

#include "flow/world.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using flow::Discovery;

namespace {

constexpr const char* metadata_path = "/.well-known/openid-configuration";

void provider_answers(test::World& world, const base::HttpResponse& metadata,
                      const base::HttpResponse& keys)
{
    world.answers[metadata_path] = metadata;
    world.answers["/keys"] = keys;
}

void provider_answers_well(test::World& world)
{
    provider_answers(world, test::json_answer(test::metadata_text()),
                     test::json_answer(test::key_set(test::provider_key())));
}

std::optional<Fault> fault_of_discovery(test::World& world)
{
    Discovery flow{world.client};
    return test::fault_of([&] { world.run(flow); });
}

void fetches_metadata_and_then_keys(void**)
{
    test::World world;
    provider_answers_well(world);
    Discovery flow{world.client};
    const auto documents = world.run(flow);
    assert_int_equal(world.requests.size(), 2);
    test::assert_text(world.requests[0].url, world.client.metadata_url);
    test::assert_text(world.requests[1].url, std::string{test::issuer} + "/keys");
    test::assert_text(documents->metadata, test::metadata_text());
    test::assert_text(documents->keys, test::key_set(test::provider_key()));
}

void what_it_fetched_can_be_parsed_by_every_worker(void**)
{
    test::World world;
    provider_answers_well(world);
    Discovery flow{world.client};
    const auto documents = flow::parse_documents(world.client, *world.run(flow), 7);
    assert_int_equal(documents->generation, 7);
    assert_int_equal(documents->keys.size(), 1);
    test::assert_text(documents->metadata.issuer, test::issuer);
}

void does_not_ask_for_keys_after_bad_metadata(void**)
{
    for (const char* text : {"", "[]", "{}", R"({"issuer":"https://id.example.com/"})"}) {
        test::World world;
        provider_answers_well(world);
        world.answers[metadata_path].body = text;
        assert_true(fault_of_discovery(world) == Fault::provider);
        assert_int_equal(world.requests.size(), 1);
    }
}

void metadata_of_another_issuer_is_refused(void**)
{
    test::World world;
    provider_answers_well(world);
    world.client.issuer = "https://other.example.com";
    assert_true(fault_of_discovery(world) == Fault::provider);
}

void a_key_set_without_a_usable_key_is_refused(void**)
{
    for (const char* text :
         {R"({"keys":[]})", R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})", "{}", "junk"}) {
        test::World world;
        provider_answers_well(world);
        world.answers["/keys"].body = text;
        assert_true(fault_of_discovery(world) == Fault::provider);
        assert_true(test::fault_of([&] {
                        flow::parse_documents(world.client, {test::metadata_text(), text}, 1);
                    }) == Fault::provider);
    }
}

void says_which_of_the_two_failed_and_how(void**)
{
    for (const char* path : {metadata_path, "/keys"}) {
        test::World world;
        provider_answers_well(world);
        world.answers[path] = test::timeout_answer();
        assert_true(fault_of_discovery(world) == Fault::provider_timeout);
        world.answers[path] = test::json_answer("{}", 503);
        assert_true(fault_of_discovery(world) == Fault::provider_busy);
        world.answers[path] = test::json_answer("{}", 500);
        Discovery flow{world.client};
        const std::string message = test::message_of([&] { world.run(flow); });
        assert_true(test::contains(message, path == std::string{"/keys"} ? "key set" : "metadata"));
    }
}

void it_may_be_destroyed_at_every_step(void**)
{
    for (std::size_t steps = 0; steps < 4; steps++) {
        test::World world;
        provider_answers_well(world);
        Discovery answered{world.client};
        world.run(answered, steps);
        Discovery waiting{world.client};
        world.run(waiting, steps);
        waiting.next();
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(fetches_metadata_and_then_keys),
        cmocka_unit_test(what_it_fetched_can_be_parsed_by_every_worker),
        cmocka_unit_test(does_not_ask_for_keys_after_bad_metadata),
        cmocka_unit_test(metadata_of_another_issuer_is_refused),
        cmocka_unit_test(a_key_set_without_a_usable_key_is_refused),
        cmocka_unit_test(says_which_of_the_two_failed_and_how),
        cmocka_unit_test(it_may_be_destroyed_at_every_step),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
