#include "io/redis_reply.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using base::RedisValue;
using Kind = RedisValue::Kind;

namespace {

std::optional<RedisValue> read(const std::string& bytes)
{
    io::RedisReplyReader reader;
    reader.feed(bytes.data(), bytes.size());
    return reader.next();
}

void reads_every_kind_of_reply(void**)
{
    assert_text(read("+OK\r\n")->text, "OK");
    assert_true(read("-OOM no\r\n")->is(Kind::error));
    assert_int_equal(read(":-7\r\n")->integer, -7);
    assert_text(read("$4\r\na\r\nb\r\n")->text, "a\r\nb");
    assert_true(read("$-1\r\n")->is(Kind::nil));
    const auto array = read("*2\r\n$1\r\na\r\n*1\r\n:3\r\n");
    assert_int_equal(array->items.size(), 2);
    assert_int_equal(array->items[1].items[0].integer, 3);
}

void reads_replies_that_come_in_pieces(void**)
{
    io::RedisReplyReader reader;
    const std::string bytes = "$3\r\nabc\r\n+OK\r\n";
    int replies = 0;
    for (const char byte : bytes) {
        reader.feed(&byte, 1);
        replies += reader.next() ? 1 : 0;
    }
    assert_int_equal(replies, 2);
}

void refuses_what_is_no_reply(void**)
{
    for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n\r\n", "hello", "*99999\r\n",
                              "*2147483647\r\n", "*-5\r\n", "\x16\x03\x01\r\n"}) {
        assert_true(fault_of([&] { read(bytes); }) == base::Fault::internal);
    }
}

void refuses_nesting_without_end(void**)
{
    std::string bytes;
    for (int i = 0; i < 100; ++i) {
        bytes += "*1\r\n";
    }
    assert_true(fault_of([&] { read(bytes); }) == base::Fault::internal);
}

void refuses_a_reply_without_end(void**)
{
    io::RedisReplyReader reader;
    const std::string piece(1024 * 1024, 'x');
    const std::string begin = "$900000000\r\n";
    reader.feed(begin.data(), begin.size());
    const auto act = [&] {
        for (int i = 0; i < 9; ++i) {
            reader.feed(piece.data(), piece.size());
            assert_false(reader.next().has_value());
        }
    };
    assert_true(fault_of(act) == base::Fault::internal);
}

void writes_any_bytes(void**)
{
    assert_text(io::redis_text({"SET", std::string("a\0\r\n", 4), ""}),
                std::string("*3\r\n$3\r\nSET\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n", 29));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_reply),
        cmocka_unit_test(reads_replies_that_come_in_pieces),
        cmocka_unit_test(refuses_what_is_no_reply),
        cmocka_unit_test(refuses_nesting_without_end),
        cmocka_unit_test(refuses_a_reply_without_end),
        cmocka_unit_test(writes_any_bytes),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
