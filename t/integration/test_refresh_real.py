"""Refresh at oidc-provider, which rotates refresh tokens, and ends a login whose old one comes again."""

import time

import pytest
from support.expiring import all_at_once, start, told
from support.ports import free_port
from support.real_provider import RealProvider
from support.site import SCOPE

LIFE = 2
LINES = SCOPE + "extra_auth_args login_hint=zoe;"


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture
def make_short_lived(port):
    """Providers whose access tokens live two seconds."""
    started = []

    def make(**options):
        client = {"grant_types": ["authorization_code", "refresh_token"]}
        uris = [f"http://localhost:{port}/oidc_callback"]
        started.append(RealProvider(uris, client, access_token_ttl=LIFE, refresh_tokens=True, **options))
        return started[-1]

    yield make
    for one in started:
        one.stop()


@pytest.fixture
def make_short_site(make_site, make_short_lived, secrets, port):
    def make(**options):
        provider = make_short_lived(**options)
        provider.know(secrets)
        return make_site(provider, port=port)

    return make


def outlive():
    time.sleep(LIFE + 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_customer_has_a_new_token_each_time_the_old_one_has_expired(make_short_site, workers):
    site = start(make_short_site(), LINES, workers=workers)
    browser = site.customer()
    seen = []
    for _ in range(3):
        found = all_at_once(20, lambda: told(site, browser))
        assert len({token for token, _, _ in found}) == 1 and {code for _, code, _ in found} == {None}
        seen.append(found[0][0])
        outlive()
    assert len(set(seen)) == 3 and all(seen)


def test_customer_whose_refresh_token_has_expired_too_logs_in_again(make_short_site):
    site = start(make_short_site(refresh_token_ttl=1), LINES)
    browser = site.customer()
    outlive()
    assert not site.is_customer(browser, "/api/")
    assert browser.open(site.url("/api/")).status == 200 and told(site, browser)[0]
    assert "invalid_grant" in site.nginx.log()
