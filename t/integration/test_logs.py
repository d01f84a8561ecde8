"""What the error log holds: also at its most talkative level, where nginx itself writes down all that it sees."""

import base64

import pytest
from support.site import SCOPE


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
