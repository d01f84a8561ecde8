"""What the error log holds: also at its most talkative level, where nginx itself writes down all that it sees."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.site import SCOPE

QUICK = SCOPE + "userinfo on; timeout connect=500ms total=1s;"

# Codes, cookies and claims nginx has to parse, and at this level it logs what it parses. These it never sees.
NEVER_SEEN = {"code_verifier", "client_secret", "access token", "ID token"}


@pytest.fixture
def talkative(site):
    """A site whose log the usual search for secrets does not get to see."""
    site.nginx.log_level = "debug"
    yield site
    site.stop()
    (site.nginx.prefix / "error.log").write_text("")


def assert_keeps_secrets(site):
    site.stop()  # its last words too
    log, provider = site.nginx.log(), site.provider
    assert "[debug]" in log, "this nginx was built without --with-debug"
    values = {value: what for value, what in site.secrets.values.items() if what in NEVER_SEEN}
    assert set(values.values()) == NEVER_SEEN
    basic = base64.b64encode(f"{provider.client_id}:{provider.client_secret}".encode()).decode()
    assert not [what for value, what in {**values, basic: "Authorization"}.items() if value in log]
    own = [line for line in log.splitlines() if "ciam:" in line]
    assert not site.secrets.found_in("\n".join(own))


def test_debug_log_of_a_login_holds_no_token_and_our_lines_no_secret(talkative, provider):
    talkative.start(provider=SCOPE + "userinfo on; logout_uri /logout; post_logout_uri /goodbye;")
    browser = talkative.customer()
    browser.open(talkative.url("/open/"))
    provider.behave(id_token={"nonce": "n" * 43})
    assert talkative.browser().open(talkative.url("/")).status == 502
    provider.behave_well()
    provider.behave(token={"status": 500})
    assert talkative.browser().open(talkative.url("/")).status == 502
    provider.behave_well()
    browser.click(talkative.url("/logout"))
    assert_keeps_secrets(talkative)


def test_debug_log_of_failed_calls_holds_no_token_and_our_lines_no_secret(talkative, provider):
    talkative.start(provider=SCOPE + "userinfo on;").customer()
    for order in ({"reset": True}, {"status": 429}, {"body": "nonsense"}, {"status": 401}):
        for endpoint in ("token", "userinfo"):
            provider.behave(**{endpoint: order})
            assert talkative.browser().open(talkative.url("/")).status >= 500
            provider.behave_well()
    assert_keeps_secrets(talkative)


def test_debug_log_of_a_client_that_posts_its_secret_does_not_hold_it(talkative, provider):
    provider.behave(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    talkative.start().customer()
    assert_keeps_secrets(talkative)


# Floods


def errors_about_the_provider(site):
    return [line for line in site.nginx.log().splitlines() if "[error]" in line and 'provider "shop"' in line]


def open_many(site, count):
    with ThreadPoolExecutor(8) as pool:
        return {answer.status for answer in pool.map(lambda _: site.browser().open(site.url("/")), range(count))}


TROUBLES = {"500": ({"status": 500}, 502), "429": ({"status": 429}, 503), "resets": ({"reset": True}, 502)}


@pytest.mark.parametrize("order, status", TROUBLES.values(), ids=TROUBLES.keys())
@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_log_is_not_flooded_by_failed_logins_when_all_answers_are(site, provider, endpoint, order, status):
    site.start(provider=QUICK, workers=2)
    provider.behave(**{endpoint: order})
    assert open_many(site, 40) == {status}
    assert 1 <= len(errors_about_the_provider(site)) <= 3


@pytest.mark.parametrize("workers", [1, 4])
def test_log_is_not_flooded_while_metadata_are_not_to_be_had(site, provider, workers):
    provider.stop()
    site.start(provider=QUICK, workers=workers)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert open_many(site, 8) == {502}
        time.sleep(0.2)
    assert 1 <= len(errors_about_the_provider(site)) <= 3
