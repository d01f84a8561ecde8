#include "jose/seal.hpp"

#include "base/encoding.hpp"

#include <openssl/err.h>
#include <set>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using test::assert_text;

namespace {

constexpr std::string_view key_text = "0123456789abcdef0123456789abcdef";
constexpr std::string_view text = "what is sealed";

Digest key(unsigned char first = 1)
{
    Digest digest{};
    digest[0] = first;
    return digest;
}

bool opens(std::string_view sealed, std::string_view associated = "ad", const Digest& k = key())
{
    std::string opened = "left over";
    const bool done = Sealer{}.open(k, sealed, associated, opened);
    assert_text(opened, done ? std::string{text} : std::string{});
    return done;
}

std::string hex(const Digest& digest)
{
    std::string digits;
    for (const unsigned char octet : digest) {
        digits += "0123456789abcdef"[octet >> 4U];
        digits += "0123456789abcdef"[octet & 15U];
    }
    return digits;
}

// FIPS 180-4's example, and the empty text.
void sha256_is_that_of_its_standard(void**)
{
    assert_text(hex(sha256("abc")),
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_text(hex(sha256("")),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// RFC 7636 appendix B
void the_code_challenge_of_rfc_7636_comes_out(void**)
{
    assert_text(base::base64url_encode(view(sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))),
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

// Computed with another implementation of HMAC: each part has its length before it, 8 bytes, least
// significant first. Cookies and stores of running sites depend on it.
void a_mac_is_hmac_sha256_over_parts_with_their_lengths(void**)
{
    assert_text(hex(Mac{key_text}("label", {"a", ""})),
                "e1fcf690bd4d989625693edd776b5c104d52418cedfa0dbcedfeeba28542b997");
}

void a_mac_takes_parts_of_any_length(void**)
{
    const std::string long_part(300, 'x');
    assert_text(
        hex(Mac{key_text}("label", {long_part, std::string(127, 'y'), std::string(128, 'z')})),
        "69cdead52c47535264c2ec2fabd5855af0cffbeba09365600d2064d49b38d7a2");
}

void a_mac_is_the_same_every_time(void**)
{
    const Mac mac{key_text};
    const Digest first = mac("label", {"a", "b"});
    mac("other", {"c"});
    assert_true(mac("label", {"a", "b"}) == first);
    assert_true(Mac{key_text}("label", {"a", "b"}) == first);
}

void no_two_lists_of_parts_give_the_same_mac(void**)
{
    const Mac mac{key_text};
    const std::set<Digest> macs = {
        mac("l", {}),     mac("", {"l"}),       mac("l", {""}),         mac("l", {"", ""}),
        mac("l", {"ab"}), mac("l", {"a", "b"}), mac("l", {"", "ab"}),   mac("l", {"ab", ""}),
        mac("la", {"b"}), mac("l", {"b", "a"}), mac("l", {{"a\0b", 3}})};
    assert_int_equal(macs.size(), 11);
}

void another_key_gives_another_mac(void**)
{
    const Digest first = Mac{key_text}("l", {"a"});
    assert_true(Mac{"0123456789abcdef0123456789abcdeF"}("l", {"a"}) != first);
    assert_true(Mac{std::string{key_text} + "0"}("l", {"a"}) != first);
}

void a_mac_can_be_moved(void**)
{
    Mac mac{key_text};
    const Digest first = mac("l", {"a"});
    Mac moved{std::move(mac)};
    assert_true(moved("l", {"a"}) == first);
    Mac assigned{"another key, at least 32 characters"};
    assigned = std::move(moved);
    assert_true(assigned("l", {"a"}) == first);
}

void a_mac_key_under_32_bytes_is_refused(void**)
{
    for (const std::size_t size : {0U, 1U, 31U}) {
        assert_true(test::fault_of([&] { Mac{key_text.substr(0, size)}; }) ==
                    base::Fault::configuration);
    }
}

void what_was_sealed_opens(void**)
{
    const Sealer sealer;
    const std::string sealed = sealer.seal(key(), text, "ad");
    assert_int_equal(sealed.size(), text.size() + Sealer::overhead);
    assert_true(sealed.find(text) == std::string::npos);
    assert_true(opens(sealed));
}

void texts_of_any_length_open(void**)
{
    const Sealer sealer;
    std::string opened;
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 250U, 4096U, 100000U}) {
        const std::string plain(size, 'x');
        for (const char* associated : {"", "ad"}) {
            assert_true(
                sealer.open(key(), sealer.seal(key(), plain, associated), associated, opened));
            assert_text(opened, plain);
        }
    }
}

void every_seal_has_a_nonce_of_its_own(void**)
{
    const Sealer sealer;
    std::set<std::string> nonces;
    for (int i = 0; i < 1000; i++) {
        nonces.insert(sealer.seal(key(), text, "").substr(0, 12));
    }
    assert_int_equal(nonces.size(), 1000);
}

void an_alteration_anywhere_does_not_open(void**)
{
    // Nonce, ciphertext and tag alike.
    const std::string sealed = Sealer{}.seal(key(), text, "ad");
    for (std::size_t i = 0; i < sealed.size(); i++) {
        for (const int bit : {1, 128}) {
            std::string altered = sealed;
            altered[i] = static_cast<char>(altered[i] ^ bit);
            assert_false(opens(altered));
        }
    }
    assert_true(opens(sealed));
}

void a_truncation_or_extension_does_not_open(void**)
{
    const std::string sealed = Sealer{}.seal(key(), text, "ad");
    for (std::size_t size = 0; size < sealed.size(); size++) {
        assert_false(opens(sealed.substr(0, size)));
        assert_false(opens(sealed.substr(sealed.size() - size)));
    }
    assert_false(opens(sealed + '\0'));
    assert_false(opens('\0' + sealed));
    assert_false(opens(std::string(Sealer::overhead, '\0')));
}

void other_associated_data_does_not_open(void**)
{
    const std::string sealed = Sealer{}.seal(key(), text, "ad");
    for (const char* associated : {"", "a", "ad ", "da", "Ad"}) {
        assert_false(opens(sealed, associated));
    }
    assert_false(opens(Sealer{}.seal(key(), text, ""), "ad"));
}

void another_key_does_not_open(void**)
{
    const std::string sealed = Sealer{}.seal(key(), text, "ad");
    assert_false(opens(sealed, "ad", key(2)));
    Digest last_bit = key();
    last_bit[31] = 1;
    assert_false(opens(sealed, "ad", last_bit));
}

void a_sealer_goes_on_after_a_failure(void**)
{
    const Sealer sealer;
    const std::string sealed = sealer.seal(key(), text, "ad");
    std::string opened;
    assert_false(sealer.open(key(2), sealed, "ad", opened));
    assert_false(sealer.open(key(), sealed.substr(1), "ad", opened));
    assert_true(sealer.open(key(), sealed, "ad", opened));
    assert_text(opened, std::string{text});
    assert_true(opens(sealer.seal(key(), text, "ad")));
}

void opening_uses_the_memory_that_is_there(void**)
{
    const Sealer sealer;
    const std::string sealed = sealer.seal(key(), text, "ad");
    std::string opened;
    opened.reserve(1000);
    const char* memory = opened.data();
    assert_true(sealer.open(key(), sealed, "ad", opened));
    assert_ptr_equal(opened.data(), memory);
}

void what_does_not_open_leaves_nothing_in_memory(void**)
{
    const Sealer sealer;
    std::string sealed = sealer.seal(key(), text, "ad");
    sealed.back() = static_cast<char>(sealed.back() ^ 1);
    std::string opened(100, 'x');
    opened.clear();
    assert_false(sealer.open(key(), sealed, "ad", opened));
    assert_memory_equal(opened.data(), std::string(text.size(), '\0').data(), text.size());
}

bool opens_beside(std::string_view first, std::string_view second, const Digest& k = key(),
                  std::string_view associated = "ad")
{
    const auto opened = Sealer{}.open_beside(first, k, second, associated);
    assert_text(opened.value_or(std::string{text}), std::string{text});
    return opened.has_value();
}

void a_second_text_opens_beside_its_first_alone(void**)
{
    const Sealer sealer;
    const auto first = sealer.seal(key(), "first", "ad");
    const auto second = sealer.seal_beside(first, key(), text, "ad");
    assert_int_equal(second.size(), text.size() + 16);
    assert_true(opens_beside(first, second));
    assert_false(opens_beside(sealer.seal(key(), "first", "ad"), second));
    assert_false(opens_beside(first, second, key(2)));
    assert_false(opens_beside(first, second, key(), "other"));
    assert_false(opens_beside("", second));
    assert_false(opens_beside(first, ""));
    for (std::size_t at = 0; at < second.size(); ++at) {
        auto altered = second;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        assert_false(opens_beside(first, altered));
        assert_false(opens_beside(first, second.substr(0, at)));
    }
}

void first_and_second_text_are_sealed_with_different_nonces(void**)
{
    const Sealer sealer;
    const auto first = sealer.seal(key(), text, "ad");
    const auto second = sealer.seal_beside(first, key(), text, "ad");
    // With one nonce the ciphertexts of one text would be the same.
    assert_true(first.substr(12, text.size()) != second.substr(0, text.size()));
    assert_true(test::fault_of([&] { sealer.seal_beside("short", key(), text, "ad"); }) ==
                base::Fault::internal);
}

void a_sealer_can_be_moved(void**)
{
    Sealer sealer;
    const std::string sealed = sealer.seal(key(), text, "ad");
    Sealer moved{std::move(sealer)};
    std::string opened;
    assert_true(moved.open(key(), sealed, "ad", opened));
    Sealer assigned;
    assigned = std::move(moved);
    assert_true(assigned.open(key(), sealed, "ad", opened));
}

void openssl_keeps_no_error_of_ours(void**)
{
    ERR_clear_error();
    assert_false(opens(std::string(100, 'x')));
    assert_int_equal(ERR_peek_error(), 0);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_that_of_its_standard),
        cmocka_unit_test(the_code_challenge_of_rfc_7636_comes_out),
        cmocka_unit_test(a_mac_is_hmac_sha256_over_parts_with_their_lengths),
        cmocka_unit_test(a_mac_takes_parts_of_any_length),
        cmocka_unit_test(a_mac_is_the_same_every_time),
        cmocka_unit_test(no_two_lists_of_parts_give_the_same_mac),
        cmocka_unit_test(another_key_gives_another_mac),
        cmocka_unit_test(a_mac_can_be_moved),
        cmocka_unit_test(a_mac_key_under_32_bytes_is_refused),
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(texts_of_any_length_open),
        cmocka_unit_test(every_seal_has_a_nonce_of_its_own),
        cmocka_unit_test(an_alteration_anywhere_does_not_open),
        cmocka_unit_test(a_truncation_or_extension_does_not_open),
        cmocka_unit_test(other_associated_data_does_not_open),
        cmocka_unit_test(another_key_does_not_open),
        cmocka_unit_test(a_sealer_goes_on_after_a_failure),
        cmocka_unit_test(opening_uses_the_memory_that_is_there),
        cmocka_unit_test(what_does_not_open_leaves_nothing_in_memory),
        cmocka_unit_test(a_second_text_opens_beside_its_first_alone),
        cmocka_unit_test(first_and_second_text_are_sealed_with_different_nonces),
        cmocka_unit_test(a_sealer_can_be_moved),
        cmocka_unit_test(openssl_keeps_no_error_of_ours),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
