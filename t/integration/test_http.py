"""Everything that HTTP/1 lets a client do with requests, bodies and connections, where a login is needed."""

import pytest
from support.backend import header
from support.connection import NAVIGATION, Connection, chunked, cookie_field, log_in, session_field
from support.fake_provider import CUSTOMER
from support.site import SCOPE

LINES = SCOPE + " logout_uri /logout; login_uri /login;"
LARGE = b"0123456789abcdef" * 655_360  # 10 MB
BODY_SIZES = "client_max_body_size 20m;"


def target_of(site, url):
    return url.removeprefix(site.origin)


def own(extra=""):
    return NAVIGATION + "Sec-Fetch-Site: same-origin\r\n" + extra


# HTTP/1.0


@pytest.mark.parametrize("host", ["Host: @\r\n", ""], ids=["a Host", "no Host"])
def test_login_over_http_1_0_with(site, host):
    site.start(f"oidc_base_url {site.origin};")

    def ask(target, cookies):
        with Connection(site) as connection:
            fields = host.replace("@", connection.host) + NAVIGATION + cookies
            connection.send(f"GET {target} HTTP/1.0\r\n{fields}\r\n".encode())
            answer = connection.answer()
            assert connection.is_closed()
            return answer

    _, second, cookies = log_in(site, ask, "/page?x=1")
    assert second.location == site.url("/page?x=1")
    page = ask("/page?x=1", cookies)
    assert page.status == 200 and header(page.json(), "X-Customer-Email") == CUSTOMER["email"]


def test_http_1_0_keeps_the_connection_where_it_is_asked_to(site):
    site.start()
    with Connection(site) as connection:
        for _ in range(3):
            connection.send(connection.head(extra=NAVIGATION + "Connection: keep-alive\r\n", version="1.0"))
            assert site.goes_to_provider(connection.answer())


# One connection, many requests


def test_login_and_logout_go_over_one_connection(site):
    site.start(provider=LINES)
    with Connection(site) as connection:
        for _ in range(3):
            _, second, cookies = log_in(site, lambda target, more: connection.ask(target, extra=own(more)), "/a?b=c")
            assert second.location == site.url("/a?b=c")
            for _ in range(3):
                assert header(connection.ask(extra=own(cookies)).json(), "X-Customer-Email") == CUSTOMER["email"]
            assert connection.ask("/logout", extra=own(cookies)).status == 302
            assert site.goes_to_provider(connection.ask(extra=own(cookies)))
            assert connection.ask("/oidc_callback").status == 400
            assert header(connection.ask("/open/").json(), "X-Customer-Email") is None


def test_visitor_after_a_customer_on_the_same_connection_is_a_visitor(site):
    """A proxy in front may send many people's requests over one connection."""
    cookies = session_field(site, site.start().customer())
    with Connection(site) as connection:
        for _ in range(3):
            assert connection.ask(extra=own(cookies)).status == 200
            assert site.goes_to_provider(connection.ask())


def test_requests_in_one_write_are_answered_in_order(site, provider):
    """Among them a callback that has to wait for the provider, and a logout after which nobody is known."""
    site.start(provider=LINES)
    session = session_field(site, site.customer())
    with Connection(site) as connection:
        begin = connection.ask("/mine")
        callback = target_of(site, site.browser().open(begin.location, follow=False).location)
        site.secrets.add_url(callback)
        provider.behave(token={"delay": 0.5})
        requests = [("/", own(session)), ("/x", own()), (callback, own(cookie_field(begin))), ("/open/", own())]
        requests += [("/api", "Accept: */*\r\n"), ("/logout", own(session)), ("/", own(session)), ("/open/last", own())]
        connection.send(b"".join(connection.head(target, extra=extra) for target, extra in requests))
        answers = [connection.answer() for _ in requests]
    assert [answer.status for answer in answers] == [200, 302, 302, 200, 401, 302, 302, 200]
    assert answers[2].location == site.url("/mine") and site.session_cookie in answers[2].new_cookies()
    assert site.goes_to_provider(answers[1]) and site.goes_to_provider(answers[6])
    assert answers[7].json()["target"] == "/open/last"


def test_request_that_comes_byte_by_byte_is_one_request(site):
    site.start()

    def ask(target, cookies):
        with Connection(site) as connection:
            for byte in connection.head(target, extra=NAVIGATION + cookies):
                connection.send(bytes([byte]))
            return connection.answer()

    _, _, cookies = log_in(site, ask)
    assert ask("/", cookies).status == 200


# Bodies


def plain(body):
    return f"Content-Length: {len(body)}\r\n", body


def in_chunks(body):
    return "Transfer-Encoding: chunked\r\n", chunked(body)


FRAMINGS = {"a length": plain, "chunks": in_chunks}
SIZES = {"a small body": b"a=b", "a body of 10 MB": LARGE}
framing = pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS.keys())
size = pytest.mark.parametrize("body", SIZES.values(), ids=SIZES.keys())


@framing
@size
def test_customer_s_body_reaches_the_backend_whole_with(site, backend, framing, body):
    cookies = session_field(site, site.start(BODY_SIZES).customer())
    fields, data = framing(body)
    with Connection(site) as connection:
        assert connection.ask("/upload", "POST", cookies + fields, data).status == 200
        seen = backend.seen[-1]
        assert (seen["method"], seen["target"]) == ("POST", "/upload") and seen["body"].encode() == body
        assert connection.ask("/next", extra=cookies).json()["target"] == "/next"


@framing
@size
def test_visitor_s_body_reaches_nobody_and_the_connection_stays_with(site, backend, framing, body):
    site.start(BODY_SIZES)
    fields, data = framing(body)
    with Connection(site) as connection:
        for method in ("POST", "PUT"):
            assert connection.ask("/upload", method, fields, data).status == 401
        assert connection.ask("/open/next").json()["target"] == "/open/next"
    assert [seen["target"] for seen in backend.seen] == ["/open/next"]


@framing
def test_navigation_with_a_body_is_sent_to_the_provider_and_the_connection_stays_with(site, framing):
    site.start()
    fields, data = framing(b"GET /open/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with Connection(site) as connection:
        assert site.goes_to_provider(connection.ask("/x", "GET", NAVIGATION + fields, data))
        assert connection.ask("/open/next").json()["target"] == "/open/next"


@framing
def test_body_that_comes_while_the_login_waits_does_not_disturb_the_next_request(site, provider, framing):
    provider.behave(discovery={"delay": 0.5})
    site.start(BODY_SIZES)
    fields, data = framing(LARGE)
    with Connection(site) as connection:
        assert site.goes_to_provider(connection.ask("/x", "GET", NAVIGATION + fields, data))
        assert connection.ask("/open/next").json()["target"] == "/open/next"


ENDPOINTS = {
    ("GET", "/login?return_to=/x"): 302, ("POST", "/login"): 405, ("GET", "/oidc_callback"): 400,
    ("POST", "/oidc_callback"): 405, ("PUT", "/oidc_callback?code=a&state=b"): 405, ("POST", "/logout"): 303,
    ("DELETE", "/logout"): 405,
}  # fmt: skip


@framing
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=" ".join)
def test_body_sent_to_an_address_of_the_module_does_not_disturb_the_next_request(site, backend, framing, endpoint):
    site.start(BODY_SIZES, provider=LINES)
    method, target = endpoint
    fields, data = framing(LARGE)
    with Connection(site) as connection:
        assert connection.ask(target, method, own(fields), data).status == ENDPOINTS[endpoint]
        assert connection.ask("/open/next").json()["target"] == "/open/next"
    assert [seen["target"] for seen in backend.seen] == ["/open/next"]


@pytest.mark.parametrize("target", ["/upload", "/logout", "/oidc_callback"])
def test_body_that_is_larger_than_the_site_allows_is_refused(site, backend, target):
    site.start("client_max_body_size 1k;", provider=LINES)
    with Connection(site) as connection:
        assert connection.ask(target, "POST", own("Content-Length: 5000\r\n")).status == 413
    assert backend.seen == []


def test_customer_is_told_to_go_on_before_he_sends_the_body(site, backend):
    cookies = session_field(site, site.start().customer())
    with Connection(site) as connection:
        connection.send(connection.head("/upload", "PUT", cookies + "Expect: 100-continue\r\nContent-Length: 5\r\n"))
        assert connection.answer().status == 100
        connection.send(b"hello")
        assert connection.answer().json()["body"] == "hello"


@pytest.mark.parametrize("target, status", [("/upload", 401), ("/oidc_callback", 405)])
def test_expectation_of_a_request_that_is_refused_leaves_the_connection_right(site, backend, target, status):
    site.start()
    with Connection(site) as connection:
        connection.send(connection.head(target, "PUT", "Expect: 100-continue\r\nContent-Length: 5\r\n"))
        answer = connection.answer()
        answer = connection.answer() if answer.status == 100 else answer
        assert answer.status == status
        connection.send(b"hello")  # RFC 9110 section 10.1.1: a client that does not wait is in its right
        assert connection.ask("/open/next").json()["target"] == "/open/next"


# HEAD


@pytest.mark.parametrize("target", ["/", "/login", "/oidc_callback?code=a&state=b", "/oidc_callback", "/logout"])
def test_head_gets_what_get_gets_without_the_body(site, target):
    site.start(provider=LINES)
    with Connection(site) as connection:
        head = connection.ask(target, "HEAD", own())
        get = connection.ask(target, "GET", own())
        assert head.status == get.status and head.get("Content-Type") == get.get("Content-Type")
        assert connection.ask("/open/").status == 200


def test_head_of_a_customer_has_no_body(site):
    cookies = session_field(site, site.start().customer())
    with Connection(site) as connection:
        assert connection.ask("/", "HEAD", cookies).status == 200
        assert connection.ask("/open/").status == 200


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_error_page_of_ours_leaves_the_connection_usable(site, provider, method):
    provider.behave(discovery={"status": 500})
    site.start()
    with Connection(site) as connection:
        assert connection.ask("/", method).status == 502
        assert connection.ask("/open/").status == 200
