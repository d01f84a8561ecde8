"""The provider tells the site itself that a customer has logged out: no browser, no cookie (Back-Channel Logout 1.0)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import tokens
from support.logout_tokens import EVENT, logout_token, reason, tell
from support.nodes import wait_until_connected
from support.ports import wait_until
from support.site import SCOPE, provider_block

BACK = SCOPE + " backchannel_logout_uri /told; logout_uri /logout; post_logout_uri /goodbye;"
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location = /goodbye { auth_oidc off; proxy_pass @BACKEND@; }
"""


@pytest.fixture
def shop(site):
    return site.start("", LOCATIONS, provider=BACK, workers=2)


# What ends


def test_every_session_of_the_customer_ends(shop, provider):
    browsers = [shop.customer() for _ in range(3)]
    answer = tell(shop, logout_token(provider))
    assert answer.status == 200 and answer.body == b"" and "no-store" in answer.get("Cache-Control")
    assert not any(shop.is_customer(one) for one in browsers)


def test_session_ends_that_is_named_and_no_other_of_the_customer(shop, provider):
    first, sid = shop.customer(), provider.sid
    second = shop.customer()
    assert tell(shop, logout_token(provider, sid=sid)).status == 200
    assert not shop.is_customer(first) and shop.is_customer(second)


def test_session_ends_that_is_named_without_the_customer(shop, provider):
    first, sid = shop.customer(), provider.sid
    second = shop.customer()
    assert tell(shop, logout_token(provider, sub=None, sid=sid)).status == 200
    assert not shop.is_customer(first) and shop.is_customer(second)


def test_other_customers_stay(shop, provider):
    browser = shop.customer()
    assert tell(shop, logout_token(provider, sub="somebody-else")).status == 200
    assert tell(shop, logout_token(provider, sid="of-no-session")).status == 200
    assert shop.is_customer(browser)


def test_customer_who_has_logged_in_again_since_stays(shop, provider):
    before = shop.customer()
    token = logout_token(provider, iat=int(time.time()) - 10)
    provider.behave(id_token={"iat": int(time.time()) - 20})
    old = shop.customer()
    assert tell(shop, token).status == 200
    assert shop.is_customer(before) and not shop.is_customer(old)


def test_logout_overtakes_the_login_that_it_ends(shop, provider):
    """The ID token is made, the provider ends the session, and only then the login is finished."""
    browser = shop.browser()
    callback = shop.begin(browser)
    provider.behave(id_token={"sid": "the-one-that-ends"})
    assert tell(shop, logout_token(provider, sid="the-one-that-ends", iat=int(time.time()) + 5)).status == 200
    assert shop.come_back(browser, callback).status == 400
    provider.behave(id_token={"sid": "another-one"})
    assert shop.customer()


def test_sessions_of_another_provider_stay(make_site, make_provider):
    providers = {"one": make_provider(), "two": make_provider()}
    site = make_site(providers["one"])
    lines = {name: f"{SCOPE} redirect_uri /cb-{name}; backchannel_logout_uri /told-{name};" for name in providers}
    blocks = "".join(provider_block(each, name, lines[name]) for name, each in providers.items())
    pages = "".join("location /%s { auth_oidc %s; proxy_pass @BACKEND@; }" % (name, name) for name in providers)
    site.start(text=f"{blocks} server {{ @LISTEN@ {pages} }}")
    browser = site.browser()
    assert browser.open(site.url("/one")).status == browser.open(site.url("/two")).status == 200
    assert "iss" in reason(tell(site, logout_token(providers["one"], key=providers["two"].signing), "/told-two"))
    assert tell(site, logout_token(providers["two"]), "/told-two").status == 200
    assert site.is_customer(browser, "/one") and not site.is_customer(browser, "/two")


def test_address_is_for_one_provider(make_site, make_provider):
    providers = {"one": make_provider(), "two": make_provider()}
    site = make_site(providers["one"])
    lines = f"{SCOPE} backchannel_logout_uri /told;"
    blocks = "".join(provider_block(each, name, f"{lines} redirect_uri /{name};") for name, each in providers.items())
    for pages, ok in (("auth_oidc one;", True), ("auth_oidc one; location /x { auth_oidc two; }", False)):
        verdict = site.check(text=f"{blocks} server {{ @LISTEN@ {pages} }}")
        assert verdict.ok == ok and ("path of its own" in verdict.text) != ok


@pytest.mark.parametrize("more", ["deny all;", "auth_basic shop; auth_basic_user_file none;", "satisfy any; deny all;"])
def test_provider_gets_through_where_customers_need_more(site, provider, more):
    browser = site.start(provider=BACK).customer()
    site.reload(more, provider=BACK)
    assert tell(site, logout_token(provider)).status == 200
    site.reload(provider=BACK)
    assert not site.is_customer(browser)


def test_rate_is_limited_as_everywhere(site, provider):
    zone = "limit_req_zone $server_name zone=slow:64k rate=1r/m;"
    site.start("limit_req zone=slow;", http=zone, provider=BACK)
    assert [tell(site, logout_token(provider)).status for _ in range(2)] == [200, 503]


# Tokens that are not right

NOW = time.time
CLAIMS = {
    "no iss": (lambda: {"iss": None}, "iss"),
    "another iss": (lambda: {"iss": "https://other.example"}, "iss"),
    "no aud": (lambda: {"aud": None}, "aud"),
    "another aud": (lambda: {"aud": ["blog"]}, "aud"),
    "no iat": (lambda: {"iat": None}, "iat"),
    "an iat to come": (lambda: {"iat": int(NOW()) + 300}, "future"),
    "an old iat": (lambda: {"iat": int(NOW()) - 4000}, "iat"),
    "an exp that is over": (lambda: {"exp": int(NOW()) - 100}, "expired"),
    "no jti": (lambda: {"jti": None}, "jti"),
    "an empty jti": (lambda: {"jti": ""}, "jti"),
    "no events": (lambda: {"events": None}, "events"),
    "another event": (lambda: {"events": {"https://other.example/event": {}}}, "events"),
    "the event as a list": (lambda: {"events": list(EVENT)}, "events"),
    "an event that is no object": (lambda: {"events": {name: True for name in EVENT}}, "backchannel-logout"),
    "a nonce": (lambda: {"nonce": "once"}, "nonce"),
    "neither sub nor sid": (lambda: {"sub": None}, "neither sub nor sid"),
    "an empty sub": (lambda: {"sub": ""}, "sub"),
    "a sid that is a number": (lambda: {"sid": 17}, "sid"),
}


@pytest.mark.parametrize("claims, word", CLAIMS.values(), ids=CLAIMS.keys())
def test_token_is_refused_with(shop, provider, claims, word):
    browser = shop.customer()
    assert word in reason(tell(shop, logout_token(provider, **claims())))
    assert shop.is_customer(browser)


HEADERS = {
    "the typ of an access token": ({"typ": "at+jwt"}, "typ"),
    "a crit": ({"crit": ["exp"]}, "crit"),
    "an alg that is unknown": ({"alg": "RS999"}, "algorithm"),
}


@pytest.mark.parametrize("header, word", HEADERS.values(), ids=HEADERS.keys())
def test_token_is_refused_whose_header_has(shop, provider, header, word):
    browser = shop.customer()
    assert word in reason(tell(shop, logout_token(provider, header)))
    assert shop.is_customer(browser)


@pytest.mark.parametrize("typ", ["logout+jwt", "application/logout+jwt", "JWT", None])
def test_token_is_taken_of_type(shop, provider, typ):
    browser = shop.customer()
    assert tell(shop, logout_token(provider, {"typ": typ})).status == 200
    assert not shop.is_customer(browser)


@pytest.mark.parametrize("forge", [tokens.unsigned, tokens.bad_signature])
def test_forged_token_is_refused(shop, provider, forge):
    browser = shop.customer()
    reason(tell(shop, forge(logout_token(provider))))
    assert shop.is_customer(browser)


def test_id_token_is_no_logout_token(shop, provider):
    sent = []
    provider.behave(forge=lambda right: sent.append(right) or right)
    browser = shop.customer()
    assert "events" in reason(tell(shop, sent[0]))
    assert shop.is_customer(browser)


def test_token_is_refused_that_is_signed_otherwise_than_the_id_tokens(shop, provider):
    browser = shop.customer()
    other = tokens.SigningKey("ES256", kid="key-2")
    provider.published.append(other)
    said = reason(tell(shop, logout_token(provider, key=other)))
    assert "ES256" in said and "RS256" in said and "id_token_alg" in said
    assert shop.is_customer(browser)


def test_either_algorithm_is_taken_where_both_are_allowed(site, provider):
    browser = site.start(provider=BACK + " id_token_alg RS256 ES256;").customer()
    other = tokens.SigningKey("ES256", kid="key-2")
    provider.published.append(other)
    assert tell(site, logout_token(provider, key=other)).status == 200
    assert not site.is_customer(browser)


def test_provider_with_a_new_key_is_heard(shop, provider):
    browser = shop.customer()
    provider.use_key(tokens.SigningKey(kid="key-9", number=1))
    assert tell(shop, logout_token(provider)).status == 200
    assert not shop.is_customer(browser)


def test_keys_are_not_fetched_for_every_token_of_a_stranger(shop, provider):
    shop.customer()
    before = len(provider.seen("jwks"))
    stranger = tokens.SigningKey(kid="key-of-a-stranger", number=1)
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        for answer in pool.map(lambda _: tell(shop, logout_token(provider, key=stranger)), range(48)):
            reason(answer)
    assert len(provider.seen("jwks")) - before <= time.monotonic() - began + 1  # one a second


@pytest.mark.parametrize("form", [b"", b"token=1", b"logout_token", b"logout_token=a.b", b"logout_token=%zz"])
def test_form_is_refused_without_a_token(shop, form):
    browser = shop.browser()
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    reason(browser.request(shop.url("/told"), method="POST", body=form, headers=headers))


def test_form_is_refused_with_two_tokens(shop, provider):
    browser = shop.customer()
    token = logout_token(provider)
    assert "twice" in reason(tell(shop, f"{token}&logout_token={token}"))
    assert shop.is_customer(browser)


def test_token_counts_once(shop, provider):
    token = logout_token(provider)
    assert tell(shop, token).status == 200
    assert "seen before" in reason(tell(shop, token))


def test_token_is_remembered_over_a_reload(shop, provider):
    token = logout_token(provider)
    assert tell(shop, token).status == 200
    shop.reload("", LOCATIONS, provider=BACK)
    assert "seen before" in reason(tell(shop, token))


def test_same_mistake_is_logged_once_a_minute(shop, provider):
    for _ in range(10):
        reason(tell(shop, logout_token(provider, nonce="once")))
    assert shop.nginx.log().count("a back-channel logout is refused") in (1, 2)  # a minute may have ended meanwhile


# While something else is going on


def test_provider_is_answered_that_tells_while_it_ends_its_own_session(site, provider, monkeypatch):
    """One worker; the provider lets the customer wait until it has told this site."""
    browser = site.start("", LOCATIONS, provider=BACK).customer()
    told = []
    answer_end_session = provider.answer_end_session

    def tell_first(seen):
        told.append(tell(site, logout_token(provider)).status)
        return answer_end_session(seen)

    monkeypatch.setattr(provider, "answer_end_session", tell_first)
    assert browser.click("/logout").status == 200
    assert told == [200]


def test_provider_is_answered_that_tells_while_it_is_asked_to_revoke(site, provider, held):
    """One worker, which waits for the provider's answer as well."""
    provider.behave(metadata={"revocation_endpoint": provider.issuer + "/revoke"})
    browser = site.start("", LOCATIONS, provider=BACK + " revoke_on_logout on;").customer()
    other = site.customer()
    go_on = held("revocation")
    assert browser.click("/logout", follow=False).status == 302
    wait_until(lambda: provider.seen("revocation"), "the revocation")
    assert tell(site, logout_token(provider)).status == 200
    assert not site.is_customer(other) and not go_on.is_set()


def test_provider_is_told_to_wait_whose_keys_never_came(site, provider):
    provider.behave(jwks={"status": 500})
    site.start("", LOCATIONS, provider=BACK)
    assert "now" in reason(tell(site, logout_token(provider)))


# Several nginx


def test_logout_told_to_one_nginx_ends_the_sessions_of_all(nodes, provider):
    one, two = (nodes.start(lines=" backchannel_logout_uri /told;") for _ in range(2))
    browser = one.customer()
    assert two.is_customer(browser)
    token = logout_token(provider)
    assert tell(two, token).status == 200
    assert not one.is_customer(browser) and not two.is_customer(browser)
    assert "seen before" in reason(tell(one, token))


def test_provider_is_told_of_a_logout_that_redis_can_not_confirm(nodes, provider, redis):
    node = nodes.start(lines=" backchannel_logout_uri /told;")
    browser = node.customer()
    redis.stop()
    token = logout_token(provider)
    assert reason(tell(node, token)) == "it cannot be done now"
    redis.start()
    wait_until_connected(node)
    assert tell(node, token).status == 200
    assert not node.is_customer(browser)
