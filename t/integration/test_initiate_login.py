"""A login that a third party starts (OIDC Core 4): it leads to pages of this site, to no other provider than its own,
and takes nobody's session away."""

from urllib.parse import quote, urlencode

import pytest
from support.backend import header
from support.connection import NAVIGATION, Connection
from support.forms import form_of, post, submit
from support.ports import wait_until
from support.site import LOCATIONS, SCOPE, provider_block
from test_own_endpoints import OTHERS, OWN
from test_redirect_urls import EVIL, as_it_is, fully_quoted, login_from, show, stays_here

LINES = SCOPE + "initiate_login_uri /start; login_uri /login; logout_uri /logout;"
PORTAL = "https://portal.example/apps"


@pytest.fixture
def shop(site):
    return site.start(provider=LINES)


def link(site, **parameters):
    return site.url("/start?" + urlencode({"iss": site.provider.issuer, **parameters}))


def follow_link(site, browser, **parameters):
    return browser.open(link(site, **parameters), initiator=PORTAL, follow=False)


def posted(site, browser, **parameters):
    """The portal's form, and then that of the page of this site."""
    fields = {"iss": site.provider.issuer, **parameters}
    answer = post(browser, site.url("/start"), fields, initiator=PORTAL, follow=False)
    return submit(browser, answer, follow=False) if answer.status == 200 else answer


WAYS = {"a link": follow_link, "a form": posted}
both_ways = pytest.mark.parametrize("start", WAYS.values(), ids=WAYS.keys())


def end_of(site, browser, answer):
    """Where the login ends that this answer begins."""
    assert answer.status in (302, 303) and answer.location.startswith(site.provider.issuer + "/"), answer.location
    back = browser.open(answer.location, follow=False, initiator=site.url("/"))
    return site.come_back(browser, back.location).location


# The login


@both_ways
def test_login_leads_to_the_page_that_is_named(shop, start):
    browser = shop.browser()
    answer = start(shop, browser, target_link_uri=shop.url("/a%20b?c=%26&d"))
    assert end_of(shop, browser, answer) == shop.url("/a%20b?c=%26&d")
    assert shop.is_customer(browser)


@both_ways
def test_login_without_a_page_leads_to_the_start_page(shop, start):
    browser = shop.browser()
    assert end_of(shop, browser, start(shop, browser)) == shop.url("/")


@both_ways
def test_login_hint_is_handed_on(shop, provider, start):
    answer = start(shop, shop.browser(), login_hint="zoe+x@mail.example & co")
    assert answer.location_parameters["login_hint"] == "zoe+x@mail.example & co"


def test_certified_provider_knows_the_customer_by_the_hint(real_site):
    site = real_site.start(provider=LINES)
    answer = site.browser().open(link(site, login_hint="amara", target_link_uri=site.url("/x")), initiator=PORTAL)
    assert answer.url == site.url("/x")
    assert header(answer.json(), "X-Customer-Email").startswith("amara")


@pytest.mark.parametrize(
    "server, lines",
    [("auth_oidc_args login_hint=ours;", ""), ("", "extra_auth_args login_hint=ours;"), ("", "extra_auth_args login_hint=$host;")],
)
def test_login_hint_of_the_configuration_comes_first_and_once(site, server, lines):
    site.start(server, provider=LINES + lines)
    asked = follow_link(site, site.browser(), login_hint="theirs").location_parameters
    assert asked["login_hint"] in ("ours", "localhost")


def test_stranger_chooses_nothing_else_of_the_request(site):
    lines = LINES + "extra_auth_args idp=$arg_idp;"
    site.start(provider=lines)
    usual = site.browser().open(site.url("/x"), follow=False).location_parameters
    more = {"scope": "openid admin", "prompt": "none", "idp": "evil", "acr_values": "low", "max_age": "1", "state": "x",
            "redirect_uri": "https://evil.example/", "request_uri": "https://evil.example/", "client_id": "evil",
            "return_to": "/evil", "response_mode": "fragment", "claims": "{}", "resource": "https://evil.example/"}  # fmt: skip
    for start in WAYS.values():
        asked = start(site, site.browser(), **more).location_parameters
        fresh = {"state", "nonce", "code_challenge"}
        assert {name: asked[name] for name in asked if name not in fresh} == {
            name: usual[name] for name in usual if name not in fresh
        }
        assert asked["state"] != "x"


def test_request_that_a_third_party_starts_is_pushed_where_requests_are(site, provider):
    provider.behave(metadata={"pushed_authorization_request_endpoint": f"{provider.issuer}/par"})
    site.start(provider=LINES + "par on;")
    answer = follow_link(site, site.browser(), login_hint="someone")
    assert set(answer.location_parameters) == {"client_id", "request_uri"}
    assert provider.seen("par")[0].form["login_hint"] == "someone"


# Customers stay who they are


@both_ways
def test_customer_stays_logged_in_and_goes_to_the_page(shop, provider, start):
    browser = shop.customer()
    before = browser.cookies(shop.url())
    answer = start(shop, browser, login_hint="somebody-else", target_link_uri=shop.url("/x?y=z"))
    assert answer.status in (302, 303) and answer.location == shop.url("/x?y=z")
    assert browser.cookies(shop.url()) == before and len(provider.seen("authorization")) == 1


@both_ways
def test_login_under_way_in_another_tab_is_not_disturbed(shop, start):
    browser = shop.browser()
    callback = shop.begin(browser, "/first")
    answer = start(shop, browser, target_link_uri=shop.url("/second"))
    assert shop.come_back(browser, callback).location == shop.url("/first")
    assert end_of(shop, browser, answer) == shop.url("/second")


def test_login_ends_in_the_browser_that_began_it(shop, provider):
    """Login CSRF: what an attacker's own browser has begun logs nobody else in."""
    theirs, mine = shop.browser(), shop.browser()
    back = theirs.open(follow_link(shop, theirs).location, follow=False).location
    assert shop.come_back(mine, back).status == 400
    assert not shop.is_customer(mine) and provider.seen("token") == []


# What is refused


BAD = {
    "no iss": {"iss": ""},
    "another issuer": {"iss": "https://evil.example"},
    "the issuer and a slash": {"iss": "@ISSUER@/"},
    "the issuer in capitals": {"iss": "HTTP://127.0.0.1"},
    "a hint that is too long": {"login_hint": "x" * 1025},
}


@both_ways
@pytest.mark.parametrize("parameters", BAD.values(), ids=BAD.keys())
def test_no_login_is_begun_with(shop, provider, start, parameters):
    parameters = {name: value.replace("@ISSUER@", provider.issuer) for name, value in parameters.items()}
    browser = shop.browser()
    answer = start(shop, browser, **parameters)
    assert answer.status == 400 and "<h1>" in answer.text and "evil" not in answer.text
    assert browser.cookies(shop.url()) == {}


@pytest.mark.parametrize("twice", ["iss", "login_hint", "target_link_uri"])
def test_no_login_is_begun_with_a_parameter_that_comes_twice(shop, twice):
    again = f"&{twice}={quote(shop.provider.issuer)}"
    address = link(shop, login_hint="x", target_link_uri=shop.url("/")) + again
    assert shop.browser().open(address, initiator=PORTAL, follow=False).status == 400


@pytest.mark.parametrize("method, status", [("HEAD", 302), ("PUT", 405), ("DELETE", 405), ("OPTIONS", 405)])
def test_other_methods_begin_no_login(shop, method, status):
    assert shop.browser().open(link(shop), method=method, follow=False).status == status


INSIDE = {
    "a frame": {"Sec-Fetch-Dest": "iframe"},
    "an old frame": {"Sec-Fetch-Dest": "frame"},
    "an object": {"Sec-Fetch-Dest": "object"},
    "a picture": {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "a script's request": {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    "a prefetch": {"Sec-Purpose": "prefetch"},
}


@pytest.mark.parametrize("fields", INSIDE.values(), ids=INSIDE.keys())
def test_no_login_is_begun_by(shop, fields):
    browser = shop.browser()
    answer = browser.open(link(shop), initiator=PORTAL, follow=False, headers=list(fields.items()))
    assert answer.status == 400 and "frame-ancestors 'none'" in answer.get("Content-Security-Policy")
    assert browser.cookies(shop.url()) == {}


def test_browser_that_does_not_say_where_is_believed(shop):
    browser = shop.browser(sec_fetch=False)
    assert shop.goes_to_provider(browser.open(link(shop), follow=False))


def test_page_that_posts_again_stands_in_no_frame_and_no_cache(shop):
    answer = post(shop.browser(), shop.url("/start"), {"iss": shop.provider.issuer}, initiator=PORTAL)
    assert answer.status == 200 and form_of(answer)[1] == {"iss": shop.provider.issuer, "posted_by": "this_site"}
    assert answer.get("Cache-Control") == "no-store"
    assert "frame-ancestors 'none'" in answer.get("Content-Security-Policy")


def test_visitor_without_cookies_still_begins_a_login(shop):
    """The first visit: nobody has any."""
    assert posted(shop, shop.browser()).location.startswith(shop.provider.issuer + "/")


def test_provider_of_another_address_is_not_taken(make_site, make_provider):
    first, second = make_provider(), make_provider()
    site = make_site(first)
    blocks = provider_block(first, "first", SCOPE + "initiate_login_uri /first;")
    blocks += provider_block(second, "second", SCOPE + "initiate_login_uri /second; redirect_uri /back;")
    site.start(text=blocks + "server { @LISTEN@ auth_oidc first;" + LOCATIONS + "location /x { auth_oidc second; } }")
    for path, issuer, status in [("/first", first.issuer, 302), ("/first", second.issuer, 400),
                                 ("/second", second.issuer, 302), ("/second", first.issuer, 400)]:  # fmt: skip
        answer = site.browser().open(site.url(path + "?iss=" + quote(issuer)), follow=False)
        assert answer.status == status and (status == 400 or answer.location.startswith(issuer + "/"))


def test_address_of_two_providers_serves_each_by_its_issuer(make_site, make_provider):
    first, second = make_provider(), make_provider()
    site = make_site(first)
    blocks = provider_block(first, "first", SCOPE + "initiate_login_uri /start;")
    blocks += provider_block(second, "second", SCOPE + "initiate_login_uri /start; redirect_uri /back;")
    site.start(text=blocks + "server { @LISTEN@ auth_oidc first;" + LOCATIONS + "location /x { auth_oidc second; } }")
    for one in (first, second):
        answer = site.browser().open(site.url("/start?iss=" + quote(one.issuer)), follow=False)
        assert answer.location.startswith(one.issuer + "/")


# No open redirect

ELSEWHERE = [
    "https://evil.example/", "http://localhost.evil.example/", "http://localhost@evil.example/", "//evil.example/",
    "http://localhost:1/", "https://localhost/", "javascript:alert(1)", "data:text/html,x", "http:/\\evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_login_ends_on_the_start_page_and_not_at(shop, target):
    browser = shop.browser()
    assert end_of(shop, browser, follow_link(shop, browser, target_link_uri=target)) == shop.url("/")
    assert follow_link(shop, browser, target_link_uri=target).location == shop.url("/")  # for a customer


@pytest.mark.parametrize("wanted", EVIL, ids=show)
def test_login_stays_on_the_site_with(site, wanted):
    """The path behind our own origin, and as it is."""
    site.start("large_client_header_buffers 4 64k;", provider=LINES)
    begin = "/start?iss=" + quote(site.provider.issuer, safe="") + "&target_link_uri="
    for target in (wanted, site.origin + wanted):
        for spelled in (fully_quoted, as_it_is):
            with Connection(site) as connection:
                login_from(site, connection, begin + spelled(target))
            with Connection(site) as connection:
                stays_here(site, connection.ask(begin + spelled(target), extra=NAVIGATION))


@pytest.mark.parametrize("wanted", OWN)
def test_login_ends_on_the_start_page_and_on_no_address_of_the_module(shop, wanted):
    browser = shop.browser()
    answer = follow_link(shop, browser, target_link_uri=shop.origin + wanted)
    assert end_of(shop, browser, answer) == shop.url("/")


@pytest.mark.parametrize("wanted", OTHERS)
def test_page_that_only_looks_alike_is_kept(shop, wanted):
    browser = shop.browser()
    assert end_of(shop, browser, follow_link(shop, browser, target_link_uri=shop.origin + wanted)) == shop.url(wanted)


def test_own_address_is_that_of_oidc_base_url(site):
    site.start("oidc_base_url http://localhost:9;", provider=LINES)
    for target, expected in [("http://localhost:9/x", "/x"), (site.url("/x"), "/")]:
        browser = site.browser()
        answer = follow_link(site, browser, target_link_uri=target)
        assert site.goes_to_provider(answer)
        back = browser.open(answer.location, follow=False).location.replace("http://localhost:9", site.origin)
        assert site.come_back(browser, back).location == "http://localhost:9" + expected


# What is logged


def test_hint_of_a_link_is_in_no_access_log(site):
    site.start("access_log plain.log;", provider=LINES)
    follow_link(site, site.browser(), login_hint="zoe@mail.example")
    file = site.nginx.prefix / "plain.log"
    wait_until(lambda: "GET /start HTTP" in file.read_text(), "a line in the log")
    assert "zoe" not in file.read_text()
