"""The provider's page logs out in an iframe; a link that a person follows logs nobody out."""

import pytest
from support.site import SCOPE, provider_block

FRONT = SCOPE + " frontchannel_logout_uri /front;"
EVIL = "https://evil.example/"
IFRAME = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")]


@pytest.fixture
def shop(site):
    return site.start(provider=FRONT)


def in_frame(site, browser=None, query="", fetch_site="cross-site"):
    """What the provider's page loads; `browser`: one that sends its cookies along."""
    headers = [("Sec-Fetch-Site", fetch_site), *IFRAME]
    return (browser or site.browser()).request(site.url("/front" + query), headers=headers)


def is_valid(site, session):
    other = site.browser()
    other.set_cookie(site.url(), "NGX_OIDC_SESSION", session)
    return site.is_customer(other)


LINKS = {
    "no parameters": "",
    "somebody's sid": "?iss=@ISS@&sid=of-somebody-else",
    "a sid alone": "?sid=of-somebody-else",
    "the issuer alone": "?iss=@ISS@",
    "another issuer": "?iss=https://other.example&sid=of-somebody-else",
    "something else": "?x=1",
}


@pytest.mark.parametrize("initiator", [EVIL, None, "@ORIGIN@/"], ids=["another site", "address bar", "our site"])
@pytest.mark.parametrize("query", LINKS.values(), ids=LINKS.keys())
def test_link_does_not_log_out_with(shop, provider, query, initiator):
    browser = shop.customer()
    session = browser.cookies(shop.url())["NGX_OIDC_SESSION"]
    answer = browser.open(
        shop.url("/front" + query.replace("@ISS@", provider.issuer)),
        initiator=initiator and initiator.replace("@ORIGIN@", shop.origin),
    )
    assert is_valid(shop, session)
    assert "NGX_OIDC_SESSION" not in answer.new_cookies()
    assert shop.is_customer(browser)


def test_frame_with_a_sid_ends_the_sessions_of_that_sid_alone(shop, provider):
    first, sid = shop.customer(), provider.sid
    second = shop.customer()
    assert in_frame(shop, query=f"?iss={provider.issuer}&sid={sid}").status == 200
    assert not shop.is_customer(first) and shop.is_customer(second)


@pytest.mark.parametrize("fetch_site", ["same-site", "cross-site"])
def test_frame_with_the_sid_of_somebody_else_leaves_the_customer_who_sees_it(shop, provider, fetch_site):
    gone, sid = shop.customer(), provider.sid
    browser = shop.customer()
    session = browser.cookies(shop.url())["NGX_OIDC_SESSION"]
    headers = [("Sec-Fetch-Site", fetch_site), *IFRAME, ("Cookie", f"NGX_OIDC_SESSION={session}")]
    url = shop.url(f"/front?iss={provider.issuer}&sid={sid}")
    answer = browser.request(url, headers=headers)
    assert answer.status == 200 and "NGX_OIDC_SESSION" not in answer.new_cookies()
    assert not shop.is_customer(gone) and is_valid(shop, session)


def test_frame_without_parameters_ends_the_session_of_its_cookie(shop):
    browser, other = shop.customer(), shop.customer()
    session = browser.cookies(shop.url())["NGX_OIDC_SESSION"]
    answer = in_frame(shop, browser, fetch_site="same-site")
    assert answer.status == 200 and answer.body == b"" and "no-store" in answer.get("Cache-Control")
    assert "NGX_OIDC_SESSION" not in browser.cookies(shop.url())
    assert not is_valid(shop, session) and shop.is_customer(other)


# One address for two providers


@pytest.mark.parametrize("told", ["one", "two"])
def test_issuer_says_whose_session_ends_where_two_providers_share_the_address(make_site, make_provider, told):
    providers = {"one": make_provider(), "two": make_provider()}
    for each in providers.values():
        each.behave(id_token={"sid": "same-sid-for-both"})
    site = make_site(providers["one"])
    blocks = "".join(provider_block(each, name, f"{FRONT} redirect_uri /cb-{name};") for name, each in providers.items())
    pages = "".join("location /%s { auth_oidc %s; proxy_pass @BACKEND@; }" % (name, name) for name in providers)
    site.start(text=f"{blocks} server {{ @LISTEN@ {pages} }}")
    browser = site.browser()
    assert browser.open(site.url("/one")).status == browser.open(site.url("/two")).status == 200
    assert in_frame(site, query=f"?iss={providers[told].issuer}&sid=same-sid-for-both").status == 200
    assert {name: site.is_customer(browser, f"/{name}") for name in providers} == {
        name: name != told for name in providers
    }


# What the frame may be in


def test_answer_may_be_framed_by_the_provider_alone(shop, provider):
    answer = in_frame(shop, query=f"?iss={provider.issuer}&sid=of-nobody")
    assert answer.get("Content-Security-Policy") == f"frame-ancestors {provider.issuer}"
    assert answer.get("X-Frame-Options") is None


def test_frame_ends_sessions_only(site, provider):
    provider.behave(metadata={"revocation_endpoint": provider.issuer + "/revoke"})
    site.start(provider=FRONT + ' revoke_on_logout on; clear_site_data "*"; post_logout_uri /bye;')
    browser = site.customer()
    answer = in_frame(site, browser, query=f"?iss={provider.issuer}&sid={provider.sid}")
    assert answer.status == 200 and answer.location == "" and answer.get("Clear-Site-Data") is None
    assert not site.is_customer(browser)
    assert not provider.seen("revocation") and not provider.seen("end_session")
