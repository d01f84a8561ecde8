// Where the records of a browser's cookies are, and to which groups they belong.
#include "flow/session.hpp"

#include "flow/sealed_session.hpp"

using namespace ciam;
using flow::SessionSealer;
using test::SealedSession;

namespace {

void id_and_key_of_a_cookie_differ(void**)
{
    const SealedSession sealed;
    assert_true(sealed.keys.id != sealed.keys.key);
}

void id_and_key_are_of_one_cookie_under_one_key_of_the_server(void**)
{
    const SealedSession sealed;
    const std::string cookie{SessionSealer::new_cookie().view()};
    const jose::Keyring other = test::keyring_of({test::second_key});
    const auto again = sealed.sealer.keys(sealed.cookie, sealed.world.keyring.first());
    assert_true(again.id == sealed.keys.id && again.key == sealed.keys.key);
    for (const auto& keys : {sealed.sealer.keys(cookie, sealed.world.keyring.first()),
                             sealed.sealer.keys(sealed.cookie, other.first())}) {
        assert_true(keys.id != sealed.keys.id && keys.key != sealed.keys.key);
    }
}

void candidates_are_well_formed_and_few(void**)
{
    const SealedSession sealed;
    const auto cookie = [] { return std::string{SessionSealer::new_cookie().view()}; };
    assert_true(sealed.sealer.candidates({}).empty());
    assert_true(sealed.sealer.candidates({"", "junk", cookie() + "x"}).empty());
    const std::string twice = cookie();
    assert_int_equal(sealed.sealer.candidates({twice, twice}).size(), 1);
    assert_int_equal(
        sealed.sealer
            .candidates({"junk", cookie(), cookie(), cookie(), cookie(), cookie(), cookie()})
            .size(),
        4);
}

void a_session_is_tagged_by_sid_and_by_subject(void**)
{
    const SealedSession sealed;
    assert_int_equal(sealed.record.tags.size(), 2);
    assert_true(sealed.record.tags[0] != sealed.record.tags[1]);
    const auto tags = sealed.sealer.sid_tags("provider-session-1");
    assert_int_equal(tags.size(), 1);
    assert_true(std::count(sealed.record.tags.begin(), sealed.record.tags.end(), tags[0]) == 1);
}

void a_tag_tells_sids_and_providers_apart(void**)
{
    const SealedSession sealed;
    const auto tag = sealed.sealer.sid_tags("provider-session-1")[0];
    assert_true(sealed.sealer.sid_tags("provider-session-2")[0] != tag);
    oidc::Client other;
    test::fill_client(other);
    other.provider = "second";
    assert_true(SessionSealer(sealed.world.keyring, other).sid_tags("provider-session-1")[0] !=
                tag);
    // A subject that equals a sid is in another group.
    flow::Session session = test::some_session();
    session.subject = "provider-session-1";
    session.sid.clear();
    assert_true(SealedSession{session}.record.tags[0] != tag);
}

void tags_are_looked_up_under_every_key(void**)
{
    const SealedSession sealed;
    const jose::Keyring rotated = test::keyring_of({test::second_key, test::first_key});
    const auto tags = SessionSealer(rotated, sealed.world.client).sid_tags("provider-session-1");
    assert_int_equal(tags.size(), 2);
    assert_true(std::count(sealed.record.tags.begin(), sealed.record.tags.end(), tags[1]) == 1);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(id_and_key_of_a_cookie_differ),
        cmocka_unit_test(id_and_key_are_of_one_cookie_under_one_key_of_the_server),
        cmocka_unit_test(candidates_are_well_formed_and_few),
        cmocka_unit_test(a_session_is_tagged_by_sid_and_by_subject),
        cmocka_unit_test(a_tag_tells_sids_and_providers_apart),
        cmocka_unit_test(tags_are_looked_up_under_every_key),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
