#include "flow/transaction.hpp"

#include "flow/fields.hpp"
#include "flow/world.hpp"
#include "support/check.hpp"

using namespace ciam;
using flow::Transaction;

namespace {

constexpr std::size_t max_state = 1000;

Transaction some_transaction(const std::string& return_path = "/cart?item=1")
{
    return {"main", return_path, test::now, false};
}

struct Sealed {
    jose::Keyring keyring = test::keyring_of({test::first_key});
    std::string binding = flow::new_binding();
    flow::SealedTransaction transaction;

    explicit Sealed(const Transaction& begun = some_transaction())
        : transaction(flow::seal_transaction(keyring, begun, binding))
    {
    }

    std::optional<flow::OpenedTransaction> open(const std::vector<std::string>& bindings) const
    {
        return flow::open_transaction(keyring, transaction.state, bindings);
    }
};

std::string path_after(const std::string& return_path)
{
    const Sealed sealed{some_transaction(return_path)};
    assert_in_range(sealed.transaction.state.size(), 1, max_state);
    return sealed.open({sealed.binding})->transaction.return_path;
}

void everything_comes_back_to_the_same_browser(void**)
{
    const Sealed sealed{{"main", "/cart?item=1&size=%20", test::now, true}};
    const auto opened = sealed.open({sealed.binding});
    assert_true(opened.has_value());
    test::assert_text(opened->transaction.provider, "main");
    test::assert_text(opened->transaction.return_path, "/cart?item=1&size=%20");
    assert_int_equal(opened->transaction.started, test::now);
    assert_true(opened->transaction.second_try);
    assert_true(opened->secrets.has_value());
    test::assert_text(opened->secrets->nonce, sealed.transaction.secrets.nonce);
    test::assert_text(opened->secrets->code_verifier, sealed.transaction.secrets.code_verifier);
}

void what_was_asked_of_the_login_comes_back(void**)
{
    for (const bool is_essential : {true, false}) {
        for (const auto max_age :
             {std::optional<base::Seconds>{}, std::optional<base::Seconds>{0}}) {
            Transaction begun = some_transaction();
            begun.asked = {max_age, "gold", is_essential};
            const Sealed sealed{begun};
            const auto asked = sealed.open({sealed.binding})->transaction.asked;
            assert_true(asked.max_age == max_age);
            test::assert_text(asked.acr_values, "gold");
            assert_true(asked.acr_is_essential == is_essential);
        }
    }
}

void a_first_try_stays_one(void**)
{
    const Sealed sealed;
    assert_false(sealed.open({sealed.binding})->transaction.second_try);
}

void the_right_cookie_is_found_among_several(void**)
{
    const Sealed sealed;
    const auto opened = sealed.open({flow::new_binding(), "junk", sealed.binding});
    assert_true(opened->secrets.has_value());
    test::assert_text(opened->secrets->nonce, sealed.transaction.secrets.nonce);
}

void another_binding_gets_no_secrets(void**)
{
    const Sealed sealed;
    const auto opened = sealed.open({flow::new_binding()});
    assert_true(opened.has_value());
    assert_false(opened->secrets.has_value());
    test::assert_text(opened->transaction.return_path, "/cart?item=1");
}

void no_binding_gets_no_secrets(void**)
{
    const Sealed sealed;
    assert_false(sealed.open({})->secrets.has_value());
    assert_false(sealed.open({""})->secrets.has_value());
}

void a_state_altered_in_any_character_is_refused(void**)
{
    const Sealed sealed;
    for (std::size_t at = 0; at < sealed.transaction.state.size(); at++) {
        std::string state = sealed.transaction.state;
        state[at] = state[at] == 'A' ? 'B' : 'A';
        assert_false(
            flow::open_transaction(sealed.keyring, state, std::vector{sealed.binding}).has_value());
    }
}

void a_state_altered_in_any_bit_is_refused(void**)
{
    const Sealed sealed;
    const std::string bytes = *base::base64url_decode(sealed.transaction.state);
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit++) {
        std::string altered = bytes;
        altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
        assert_false(flow::open_transaction(sealed.keyring, base::base64url_encode(altered),
                                            std::vector{sealed.binding})
                         .has_value());
    }
}

void a_state_cut_anywhere_is_refused(void**)
{
    const Sealed sealed;
    for (std::size_t size = 0; size < sealed.transaction.state.size(); size++) {
        assert_false(flow::open_transaction(sealed.keyring,
                                            sealed.transaction.state.substr(0, size),
                                            std::vector{sealed.binding})
                         .has_value());
    }
}

void a_state_of_another_server_key_is_refused(void**)
{
    const Sealed sealed;
    const jose::Keyring other = test::keyring_of({test::second_key});
    assert_false(flow::open_transaction(other, sealed.transaction.state, {}).has_value());
}

/// A state made by hand, so that a test knows its transaction id and chooses its layout.
struct HandMade {
    jose::Keyring keyring = test::keyring_of({test::first_key});
    std::string id = "0123456789abcdef";
    std::vector<std::string> bindings{flow::new_binding(), flow::new_binding()};

    jose::Digest mac(std::string_view label, std::initializer_list<std::string_view> parts) const
    {
        return keyring.first()(label, parts);
    }

    std::string text(std::uint64_t version, std::size_t bound_to = 0) const
    {
        const auto bound = mac("ciam binding", {bindings[bound_to]});
        return flow::FieldWriter{}
            .number(version)
            .bytes(id)
            .bytes(jose::view(bound).substr(0, 16))
            .number(test::now)
            .number(0)
            .number(0)
            .field("")
            .field("main")
            .field("/cart")
            .take();
    }

    std::optional<flow::OpenedTransaction> open(std::string_view content) const
    {
        const std::string sealed =
            keyring.sealer().seal(mac("ciam state key", {}), content, "ciam state 1");
        return flow::open_transaction(keyring, base::base64url_encode(sealed), bindings);
    }
};

void something_else_sealed_with_the_same_key_is_refused(void**)
{
    const HandMade state;
    assert_true(state.open(state.text(2)).has_value()); // else the rest would prove nothing
    assert_false(state.open(state.text(1)).has_value());
    assert_false(state.open(state.text(2) + "x").has_value());
    const std::string whole = state.text(2);
    for (std::size_t size = 0; size < whole.size(); size++) {
        assert_false(state.open(whole.substr(0, size)).has_value());
    }
}

void secrets_come_from_binding_and_transaction(void**)
{
    const HandMade state;
    for (const std::size_t bound_to : {0, 1}) {
        const auto opened = state.open(state.text(2, bound_to));
        const std::string& binding = state.bindings[bound_to];
        const auto nonce = state.mac("ciam nonce", {binding, state.id});
        const auto verifier = state.mac("ciam verifier", {binding, state.id});
        test::assert_text(opened->secrets->nonce, base::base64url_encode(jose::view(nonce)));
        test::assert_text(opened->secrets->code_verifier,
                          base::base64url_encode(jose::view(verifier)));
    }
}

void a_rotated_key_still_opens(void**)
{
    const Sealed sealed;
    const jose::Keyring rotated = test::keyring_of({test::second_key, test::first_key});
    const auto opened =
        flow::open_transaction(rotated, sealed.transaction.state, std::vector{sealed.binding});
    assert_true(opened.has_value());
    assert_true(opened->secrets.has_value());
    test::assert_text(opened->secrets->code_verifier, sealed.transaction.secrets.code_verifier);
}

void the_first_key_seals(void**)
{
    const jose::Keyring rotated = test::keyring_of({test::second_key, test::first_key});
    const auto sealed = flow::seal_transaction(rotated, some_transaction(), flow::new_binding());
    assert_true(
        flow::open_transaction(test::keyring_of({test::second_key}), sealed.state, {}).has_value());
    assert_false(
        flow::open_transaction(test::keyring_of({test::first_key}), sealed.state, {}).has_value());
}

void two_logins_of_one_browser_share_no_secret(void**)
{
    const Sealed sealed;
    const auto other = flow::seal_transaction(sealed.keyring, some_transaction(), sealed.binding);
    assert_true(other.state != sealed.transaction.state);
    assert_true(other.secrets.nonce != sealed.transaction.secrets.nonce);
    assert_true(other.secrets.code_verifier != sealed.transaction.secrets.code_verifier);
}

void nonce_and_verifier_differ_and_have_43_characters(void**)
{
    const Sealed sealed;
    const flow::TransactionSecrets& secrets = sealed.transaction.secrets;
    assert_true(secrets.nonce != secrets.code_verifier);
    assert_int_equal(secrets.nonce.size(), 43);
    assert_int_equal(secrets.code_verifier.size(), 43);
}

void the_longest_path_that_fits_is_kept_whole(void**)
{
    // 750 bytes are 1000 characters; all but the path takes 28 + 1 + 16 + 16 + 5 + 3 + 5 + 2.
    const std::string longest = "/p?" + std::string(674 - 3, 'q');
    test::assert_text(path_after(longest), longest);
    test::assert_text(path_after(longest + "q"), "/p");
}

void a_long_return_path_loses_its_query(void**)
{
    test::assert_text(path_after("/cart?" + std::string(2000, 'q')), "/cart");
    test::assert_text(path_after("/cart?" + std::string(20000, 'q')), "/cart");
}

void a_return_path_that_is_long_without_query_becomes_the_root(void**)
{
    test::assert_text(path_after("/" + std::string(2000, 'p')), "/");
    test::assert_text(path_after("/" + std::string(2000, 'p') + "?q"), "/");
}

void a_return_path_that_leaves_the_site_becomes_the_root(void**)
{
    for (const char* path :
         {"", "cart", "https://evil.example/", "/\\evil.example", "/a\r\nSet-Cookie:x", "\t/a"}) {
        test::assert_text(path_after(path), "/");
    }
}

void a_return_path_comes_back_byte_for_byte(void**)
{
    for (const char* path : {"/", "//a", "/?", "/a?b?c", "/a%2Fb%0D?x=%00", "/\xC3\xA4"}) {
        test::assert_text(path_after(path), path);
    }
}

void a_time_before_the_epoch_survives(void**)
{
    const Sealed sealed{{"main", "/", -5, false}};
    assert_int_equal(sealed.open({})->transaction.started, -5);
}

void a_new_binding_has_the_shape_of_one(void**)
{
    assert_true(flow::is_binding(flow::new_binding()));
    assert_false(flow::is_binding(""));
    assert_false(flow::is_binding(flow::new_binding() + "A"));
    assert_true(flow::new_binding() != flow::new_binding());
}

void what_was_asked_comes_back(void**)
{
    for (const std::optional<base::Seconds> max_age :
         {std::optional<base::Seconds>{}, {0}, {300}}) {
        auto begun = some_transaction();
        begun.asked = {max_age, "gold urn:silver"};
        const Sealed sealed{begun};
        const auto opened = sealed.open({sealed.binding});
        assert_true(opened->transaction.asked.max_age == max_age);
        test::assert_text(opened->transaction.asked.acr_values, "gold urn:silver");
        assert_false(opened->transaction.second_try);
    }
}

void the_longest_acr_values_leave_the_state_short_enough(void**)
{
    auto begun = some_transaction("/" + std::string(800, 'p'));
    begun.asked.acr_values = std::string(256, 'a');
    const Sealed sealed{begun};
    assert_in_range(sealed.transaction.state.size(), 1, max_state);
    test::assert_text(sealed.open({sealed.binding})->transaction.asked.acr_values,
                      std::string(256, 'a'));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back_to_the_same_browser),
        cmocka_unit_test(what_was_asked_of_the_login_comes_back),
        cmocka_unit_test(a_first_try_stays_one),
        cmocka_unit_test(the_right_cookie_is_found_among_several),
        cmocka_unit_test(another_binding_gets_no_secrets),
        cmocka_unit_test(no_binding_gets_no_secrets),
        cmocka_unit_test(a_state_altered_in_any_character_is_refused),
        cmocka_unit_test(a_state_altered_in_any_bit_is_refused),
        cmocka_unit_test(a_state_cut_anywhere_is_refused),
        cmocka_unit_test(a_state_of_another_server_key_is_refused),
        cmocka_unit_test(something_else_sealed_with_the_same_key_is_refused),
        cmocka_unit_test(secrets_come_from_binding_and_transaction),
        cmocka_unit_test(a_rotated_key_still_opens),
        cmocka_unit_test(the_first_key_seals),
        cmocka_unit_test(two_logins_of_one_browser_share_no_secret),
        cmocka_unit_test(nonce_and_verifier_differ_and_have_43_characters),
        cmocka_unit_test(the_longest_path_that_fits_is_kept_whole),
        cmocka_unit_test(a_long_return_path_loses_its_query),
        cmocka_unit_test(a_return_path_that_is_long_without_query_becomes_the_root),
        cmocka_unit_test(a_return_path_that_leaves_the_site_becomes_the_root),
        cmocka_unit_test(a_return_path_comes_back_byte_for_byte),
        cmocka_unit_test(a_time_before_the_epoch_survives),
        cmocka_unit_test(a_new_binding_has_the_shape_of_one),
        cmocka_unit_test(what_was_asked_comes_back),
        cmocka_unit_test(the_longest_acr_values_leave_the_state_short_enough),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
