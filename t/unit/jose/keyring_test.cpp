#include "jose/seal.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using test::contains;

namespace {

const std::string hex_key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const std::string base64url_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const std::string raw_key = "correct-horse-battery-staple-0123";

Digest mac_of(const Mac& mac)
{
    return mac("test", {"x"});
}

bool is_refused(std::string_view file)
{
    return test::fault_of([&] { Keyring::from_file_text(file); }) == base::Fault::configuration;
}

void a_file_with_one_key_is_read(void**)
{
    for (const std::string& key : {hex_key, base64url_key, raw_key}) {
        const Keyring keyring = Keyring::from_file_text(key + "\n");
        assert_int_equal(keyring.all().size(), 1);
        assert_true(mac_of(keyring.first()) == mac_of(Mac{key}));
    }
}

void the_first_of_several_keys_seals_and_all_open(void**)
{
    const Keyring keyring =
        Keyring::from_file_text(hex_key + "\n" + base64url_key + "\n" + raw_key + "\n");
    assert_int_equal(keyring.all().size(), 3);
    assert_true(mac_of(keyring.first()) == mac_of(Mac{hex_key}));
    assert_true(mac_of(keyring.all()[1]) == mac_of(Mac{base64url_key}));
    assert_true(mac_of(keyring.all()[2]) == mac_of(Mac{raw_key}));
}

void comments_and_empty_lines_are_skipped(void**)
{
    const Keyring keyring = Keyring::from_file_text("# since 2026\n\n   \n\t\n" + hex_key +
                                                    "\n# older\n#" + raw_key + "\n\n" + raw_key);
    assert_int_equal(keyring.all().size(), 2);
    assert_true(mac_of(keyring.all()[1]) == mac_of(Mac{raw_key}));
}

void white_space_around_a_key_does_not_count(void**)
{
    for (const std::string& file : {hex_key, hex_key + "\n", hex_key + "\r\n",
                                    "  " + hex_key + " \t", "\r\n\t" + hex_key + "\r\n"}) {
        assert_true(mac_of(Keyring::from_file_text(file).first()) == mac_of(Mac{hex_key}));
    }
}

void a_file_without_a_key_is_refused(void**)
{
    for (const char* file : {"", "\n", "\n\n  \n", "# comment", "#\n#\n"}) {
        assert_true(is_refused(file));
    }
}

void a_short_key_is_refused_wherever_it_stands(void**)
{
    const std::string shortest = raw_key.substr(0, 32);
    const std::string too_short = raw_key.substr(0, 31);
    assert_false(is_refused(shortest));
    assert_true(is_refused(too_short));
    assert_true(is_refused(hex_key + "\n" + too_short));
    assert_true(is_refused(too_short + "\n" + hex_key));
    assert_true(is_refused(too_short + "        "));
}

void a_binary_file_is_refused(void**)
{
    assert_true(is_refused(hex_key + '\0'));
    assert_true(is_refused(hex_key + "\x01"));
    assert_true(is_refused(hex_key + "\x7F"));
    assert_true(is_refused(std::string(48, '\xA5')));
    assert_true(is_refused("\xEF\xBB\xBF" + hex_key));
}

void a_line_with_spaces_inside_is_refused(void**)
{
    assert_true(is_refused(hex_key + " " + hex_key));
    assert_true(is_refused("secret_key = " + hex_key));
}

void errors_name_the_line_and_the_remedy_but_no_content(void**)
{
    const std::string message =
        test::message_of([] { Keyring::from_file_text("# comment\n" + hex_key + "\nhunter2\n"); });
    assert_true(contains(message, "line 3"));
    assert_true(contains(message, "openssl rand"));
    assert_false(contains(message, "hunter2"));
    assert_false(contains(message, hex_key.substr(0, 8)));
}

void a_keyring_of_one_key_needs_no_text(void**)
{
    const std::string bytes(32, '\xA5');
    const Keyring keyring{bytes};
    assert_int_equal(keyring.all().size(), 1);
    assert_true(mac_of(keyring.first()) == mac_of(Mac{bytes}));
    assert_true(test::fault_of([] { Keyring{std::string_view{"short"}}; }) ==
                base::Fault::configuration);
}

void a_keyring_can_be_moved_and_seals(void**)
{
    Keyring keyring = Keyring::from_file_text(hex_key);
    const Keyring moved = std::move(keyring);
    const Digest key = mac_of(moved.first());
    std::string opened;
    assert_true(moved.sealer().open(key, moved.sealer().seal(key, "text", ""), "", opened));
    assert_true(opened == "text");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_file_with_one_key_is_read),
        cmocka_unit_test(the_first_of_several_keys_seals_and_all_open),
        cmocka_unit_test(comments_and_empty_lines_are_skipped),
        cmocka_unit_test(white_space_around_a_key_does_not_count),
        cmocka_unit_test(a_file_without_a_key_is_refused),
        cmocka_unit_test(a_short_key_is_refused_wherever_it_stands),
        cmocka_unit_test(a_binary_file_is_refused),
        cmocka_unit_test(a_line_with_spaces_inside_is_refused),
        cmocka_unit_test(errors_name_the_line_and_the_remedy_but_no_content),
        cmocka_unit_test(a_keyring_of_one_key_needs_no_text),
        cmocka_unit_test(a_keyring_can_be_moved_and_seals),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
