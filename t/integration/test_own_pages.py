"""What the module answers itself: it ends there, nobody keeps it, and it shows nothing of what was asked."""

from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from support.browser import Answer, target_of
from support.connection import NAVIGATION, Connection, cookie_field, session_field
from support.site import SCOPE

LINES = SCOPE + " login_uri /login; logout_uri /logout; frontchannel_logout_uri /front; post_logout_uri /bye;"


# Bug class: a page of the module is sent, and then the protected page behind it as well (CVE-2025-31492).


def callback_of(site, connection, path="/members"):
    begin = connection.ask(path)
    back = site.browser().open(begin.location, follow=False).location
    site.secrets.add_url(back)
    return target_of(back), cookie_field(begin)


def visitor(*_):
    return "/members", NAVIGATION


def program(*_):
    return "/members", "Accept: */*\r\n"


def customer_comes_back(site, connection):
    callback, cookies = callback_of(site, connection)
    return callback, NAVIGATION + cookies


def customer_cancels(site, connection):
    site.provider.behave(response={"code": None, "error": "access_denied"})
    return customer_comes_back(site, connection)


def provider_fails(site, connection):
    site.provider.behave(token={"status": 500})
    return customer_comes_back(site, connection)


def browser_without_cookies(site, connection):
    return callback_of(site, connection)[0], NAVIGATION


def callback_of_nonsense(*_):
    return "/oidc_callback?code=a&state=b", NAVIGATION


def login_link(*_):
    return "/login?return_to=/members", NAVIGATION


def login_link_of_a_customer(site, _):
    return "/login?return_to=/members", NAVIGATION + session_field(site, site.customer())


def logout_by_another_site(site, _):
    return "/logout", NAVIGATION + session_field(site, site.customer()) + "Sec-Fetch-Site: cross-site\r\n"


def logout(site, _):
    return "/logout", NAVIGATION + session_field(site, site.customer()) + "Sec-Fetch-Site: same-origin\r\n"


def logout_told_by_a_frame(site, _):
    return f"/front?iss={site.provider.issuer}&sid=unknown", NAVIGATION


def logout_told_by_a_frame_without_its_issuer(*_):
    return "/front?sid=a", NAVIGATION


def page_that_a_rule_refuses(site, _):
    return "/gold", NAVIGATION + session_field(site, site.customer())


ANSWERS = [
    visitor, program, customer_comes_back, customer_cancels, provider_fails, browser_without_cookies,
    callback_of_nonsense, login_link, login_link_of_a_customer, logout_by_another_site, logout, logout_told_by_a_frame,
    logout_told_by_a_frame_without_its_issuer, page_that_a_rule_refuses,
]  # fmt: skip


@pytest.mark.parametrize("ask", ANSWERS, ids=lambda ask: ask.__name__)
def test_answer_is_all_there_is_and_is_stored_nowhere_for(site, backend, ask):
    locations = """
        location / { proxy_pass @BACKEND@; }
        location /gold { auth_require $oidc_claim_plan; proxy_pass @BACKEND@; }
    """
    site.start("", locations, provider=LINES)
    with Connection(site) as connection:
        target, fields = ask(site, connection)
    backend.seen.clear()
    with Connection(site) as connection:
        connection.send(connection.head(target, extra=fields + "Connection: close\r\n"))
        answer = connection.answer()
        assert "Content-Length" in dict(answer.headers) and connection.is_closed()
    assert backend.seen == [] and "target" not in answer.text
    assert answer.get("Cache-Control") == "no-store"


# Bug class: what a client sent stands in a page as it came, so that it becomes an element, an attribute or a script
# (CVE-2017-6059, CVE-2019-1010247, CVE-2021-32792, CVE-2024-21496).

ATTRIBUTES = {"lang", "charset", "name", "content", "href", "method", "action"}
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "main", "h1", "p", "a", "form", "button"}


class Links(HTMLParser):
    """The addresses of a page's links; nothing may stand in it but what a page of ours is made of."""

    def __init__(self, page: Answer):
        super().__init__()
        self.found = []
        self.feed(page.text)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert tag in ELEMENTS and {name for name, _ in attrs} <= ATTRIBUTES, (tag, attrs)
        self.found += [value for name, value in attrs if name == "href"]


HOSTILE = [
    "/'onmouseover='alert(1)", '/"onmouseover="alert(1)', "/'><script>alert(1)</script>", '/"><img/src=x/onerror=a()>',
    "/</a></main><script>alert(1)</script>", "/&quot;&gt;&lt;script&gt;", "/%22%3E%3Cscript%3E", "/javascript:alert(1)",
    "/?a=1&b='\"<>&copy", "/?%n%s%x{{7*7}}${7*7}", "/--><svg/onload=alert(1)>", "/\u00bcscript\u00be",
]  # fmt: skip
hostile = pytest.mark.parametrize("path", HOSTILE)


@hostile
def test_link_back_is_one_address_on_the_page_of_a_cancelled_login_for(site, path):
    site.start(provider=LINES)
    told = {"error": "access_denied", "error_description": path, "error_uri": path}
    site.provider.behave(response={"code": None, **told})
    with Connection(site) as connection:
        callback, cookies = callback_of(site, connection, path)
        page = connection.ask(callback, extra=NAVIGATION + cookies)
    assert page.status == 403 and Links(page).found == [site.url(path), "/"]


@hostile
def test_link_back_is_one_address_on_the_page_about_cookies_for(site, path):
    site.start(provider=LINES)
    with Connection(site) as connection:
        page = connection.ask(callback_of(site, connection, path)[0])
    assert page.status == 400 and Links(page).found == [site.url(path), "/"]


NAMES = [
    "error", "error_description", "error_uri", "state", "code", "iss", "return_to", "target_link_uri", "poll", "html",
    "session_state", "sid", "logout", "info", "jwks", "remove_at_cache", "request_uri", "x",
]  # fmt: skip


@pytest.mark.parametrize("path", ["/oidc_callback", "/logout", "/front"])
def test_no_page_shows_a_parameter_of(site, path):
    mark = "'\"><script>x9q</script>"
    site.start(provider=LINES)
    with Connection(site) as connection:
        for name in NAMES:
            page = connection.ask(f"{path}?{name}={quote(mark)}")
            assert "x9q" not in page.text and "x9q" not in str(page.headers), name


# Bug class: a parameter of a link chooses where a logout ends (CVE-2019-14857) or what the provider is asked for.

ELSEWHERE = "https://evil.example/"


ASKED = ["post_logout_redirect_uri", "return_to", "logout", "url", "rd", "state", "id_token_hint"]


@pytest.mark.parametrize("name", ASKED)
def test_logout_ends_where_it_is_configured_whatever_the_link_says_by(site, name):
    browser = site.start(provider=LINES).customer()
    asked = browser.click(f"/logout?{name}={quote(ELSEWHERE)}", follow=False).location_parameters
    assert asked.pop("state", "") != ELSEWHERE
    assert asked == {"client_id": "shop", "post_logout_redirect_uri": site.url("/bye")}


@pytest.mark.parametrize("path", ["/login", "/members"])
def test_link_to_this_site_chooses_nothing_that_the_provider_is_asked(site, path):
    chosen = {
        "scope": "openid admin", "scopes": "openid admin", "auth_request_params": "prompt=none", "prompt": "none",
        "redirect_uri": ELSEWHERE, "client_id": "other", "response_type": "token", "response_mode": "fragment",
        "state": "s", "nonce": "n", "acr_values": "0", "max_age": "0", "login_hint": "eve", "iss": ELSEWHERE,
        "code_challenge": "c", "code_challenge_method": "plain", "claims": "{}", "request": "r",
    }  # fmt: skip
    site.start(provider=LINES)
    query = "&".join(f"{name}={quote(value)}" for name, value in chosen.items())
    asked = site.browser().open(site.url(f"{path}?{query}"), follow=False).location_parameters
    ordinary = site.browser().open(site.url(path), follow=False).location_parameters
    assert asked.keys() == ordinary.keys()
    fresh = {"state", "nonce", "code_challenge"}
    assert {name: asked[name] for name in asked.keys() - fresh} == {
        name: ordinary[name] for name in ordinary.keys() - fresh
    }
    assert all(asked[name] != chosen[name] for name in fresh)
