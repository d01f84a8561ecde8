#include "base/redis_url.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using base::RedisUrl;

namespace {

std::string refusal(const std::string& text)
{
    assert_true(fault_of([&] { RedisUrl::parse(text); }) == base::Fault::configuration);
    return message_of([&] { RedisUrl::parse(text); });
}

void reads_a_server(void**)
{
    const auto url = RedisUrl::parse("redis://shop@Redis.Example:6380/3");
    assert_int_equal(url.places.size(), 1);
    assert_text(url.places[0].host, "redis.example");
    assert_int_equal(url.places[0].port, 6380);
    assert_text(url.user, "shop");
    assert_int_equal(url.database, 3);
    assert_true(url.master.empty());
}

void port_and_database_have_defaults(void**)
{
    for (const char* text : {"redis://10.0.0.1", "redis://10.0.0.1/", "redis://10.0.0.1:6379/0"}) {
        const auto url = RedisUrl::parse(text);
        assert_text(url.places[0].text(), "10.0.0.1:6379");
        assert_int_equal(url.database, 0);
    }
}

void reads_an_address_of_version_6(void**)
{
    const auto url = RedisUrl::parse("redis://[2001:db8::1]:7000/1");
    assert_text(url.places[0].text(), "[2001:db8::1]:7000");
    assert_text(RedisUrl::parse("redis://[::1]").places[0].text(), "[::1]:6379");
}

void reads_a_unix_socket(void**)
{
    const auto url = RedisUrl::parse("unix:/run/redis/redis.sock");
    assert_text(url.places[0].path, "/run/redis/redis.sock");
    assert_text(url.places[0].text(), "unix:/run/redis/redis.sock");
    assert_int_equal(RedisUrl::parse("unix:/run/redis.sock?db=4").database, 4);
}

void reads_sentinels(void**)
{
    const auto url = RedisUrl::parse("redis+sentinel://shop@s1:5000,s2,[::1]:5002/mymaster/2");
    assert_int_equal(url.places.size(), 3);
    assert_text(url.places[0].text(), "s1:5000");
    assert_text(url.places[1].text(), "s2:26379");
    assert_text(url.places[2].text(), "[::1]:5002");
    assert_text(url.master, "mymaster");
    assert_text(url.user, "shop");
    assert_int_equal(url.database, 2);
    assert_int_equal(RedisUrl::parse("redis+sentinel://s1/mymaster").database, 0);
}

void password_in_the_url_is_refused_without_being_repeated(void**)
{
    const std::string message = refusal("redis://shop:s3cret@host/0");
    assert_true(contains(message, "redis_password_file="));
    assert_false(contains(message, "s3cret"));
}

void a_second_s_means_tls(void**)
{
    for (const char* text :
         {"rediss://shop@host:6380/3", "rediss+sentinel://shop@host:6380/mymaster/3"}) {
        const auto url = RedisUrl::parse(text);
        assert_true(url.tls);
        assert_text(url.places[0].text(), "host:6380");
        assert_text(url.user, "shop");
        assert_int_equal(url.database, 3);
    }
    for (const char* text : {"redis://host", "redis+sentinel://host/mymaster", "unix:/a"}) {
        assert_false(RedisUrl::parse(text).tls);
    }
    assert_true(contains(refusal("valkeys://host"), "rediss://"));
}

void rejects_what_is_no_place(void**)
{
    for (const char* text : {"",
                             "redis:",
                             "redis://",
                             "rediss://",
                             "redisss://host",
                             "rediss+unix:/a",
                             "rediss+sentinel://s1:1",
                             "redis:///0",
                             "http://host",
                             "host:6379",
                             "redis://host:0",
                             "redis://host:65536",
                             "redis://host:x",
                             "redis://ho st",
                             "redis://host/x",
                             "redis://host/-1",
                             "redis://host/70000",
                             "redis://a,b/0",
                             "redis://[::1/0",
                             "unix:redis",
                             "unix:",
                             "unix:/a?x=1",
                             "unix:/a?db=",
                             "redis+sentinel://s1:1",
                             "redis+sentinel://s1:1/",
                             "redis+sentinel:///m",
                             "redis+sentinel://s1,,s2/m",
                             "redis+sentinel://s1/m/x"}) {
        refusal(text);
    }
    refusal("unix:/" + std::string(107, 'a'));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_server),
        cmocka_unit_test(port_and_database_have_defaults),
        cmocka_unit_test(reads_an_address_of_version_6),
        cmocka_unit_test(reads_a_unix_socket),
        cmocka_unit_test(reads_sentinels),
        cmocka_unit_test(password_in_the_url_is_refused_without_being_repeated),
        cmocka_unit_test(a_second_s_means_tls),
        cmocka_unit_test(rejects_what_is_no_place),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
