"""Clients that leave, dawdle or send rubbish: they harm nobody but themselves."""

import itertools
import re
import socket
import threading
import time

import pytest
from support.browser import target_of
from support.connection import NAVIGATION, Connection, cookie_field, session_field
from support.ports import wait_until
from support.site import LOCATIONS, SCOPE
from support.tokens import SigningKey

LINES = SCOPE + " logout_uri /logout; login_uri /login;"
# Where nginx can't read a request to its end, it quotes it at level info itself, before any module hears of it.
DISCREET = "error_log error.log notice;"


def goes_on(site, workers):
    """The same workers serve the next customers."""
    assert site.is_customer(site.customer())
    assert site.browser().open(site.url("/open/")).status == 200
    assert site.nginx.worker_pids() == workers


# Who leaves


def in_the_head(site, provider, connection):
    connection.send(connection.head("/x")[:-2])


def in_the_head_of_the_callback(site, provider, connection):
    callback, begin = callback_of(site, connection)
    connection.send(connection.head(callback, extra=NAVIGATION + cookie_field(begin))[:-2])


def in_the_body(site, provider, connection):
    connection.send(connection.head("/logout", "POST", "Content-Length: 1000\r\n") + b"x" * 10)


def in_the_token_call(site, provider, connection):
    callback, begin = callback_of(site, connection)
    provider.behave(token={"delay": 1, "times": 1})
    connection.send(connection.head(callback, extra=NAVIGATION + cookie_field(begin)))
    wait_until(lambda: provider.seen("token"), "the token call")


def in_the_userinfo_call(site, provider, connection):
    callback, begin = callback_of(site, connection)
    provider.behave(userinfo={"delay": 1, "times": 1})
    connection.send(connection.head(callback, extra=NAVIGATION + cookie_field(begin)))
    wait_until(lambda: provider.seen("userinfo"), "the userinfo call")


def in_the_call_for_new_keys(site, provider, connection):
    callback, begin = callback_of(site, connection)
    asked = len(provider.seen("jwks"))
    time.sleep(1.1)  # keys are fetched once a second at most
    provider.use_key(SigningKey(kid="key-2", number=1))
    provider.behave(jwks={"delay": 1, "times": 1})
    connection.send(connection.head(callback, extra=NAVIGATION + cookie_field(begin)))
    wait_until(lambda: len(provider.seen("jwks")) > asked, "the call for keys")


def in_the_answer(site, provider, connection):
    cookies = session_field(site, site.customer())
    connection.send(connection.head("/large", extra=cookies))
    assert connection.reader.read(1000).startswith(b"HTTP/1.1 200")


def before_the_answer_of_the_callback_is_read(site, provider, connection):
    callback, begin = callback_of(site, connection)
    connection.send(connection.head(callback, extra=NAVIGATION + cookie_field(begin)))
    wait_until(lambda: "/oidc_callback" in site.nginx.access_log(), "the answer")


def callback_of(site, connection):
    begin = connection.ask("/x")
    back = site.browser().open(begin.location, follow=False).location
    site.secrets.add_url(back)
    return target_of(back), begin


STEPS = [
    in_the_head, in_the_head_of_the_callback, in_the_body, in_the_token_call, in_the_userinfo_call,
    in_the_call_for_new_keys, in_the_answer, before_the_answer_of_the_callback_is_read,
]  # fmt: skip


ends = pytest.mark.parametrize("end", [Connection.close, Connection.reset], ids=["in peace", "by a reset"])


@ends
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_client_harms_nobody_who_leaves(site, provider, large, step, end):
    site.start(DISCREET, large, provider=SCOPE + " userinfo on;")
    workers = site.nginx.worker_pids()
    connection = Connection(site)
    step(site, provider, connection)
    end(connection)
    goes_on(site, workers)


@ends
def test_clients_harm_nobody_who_leave_while_the_first_discovery_waits(site, provider, end):
    provider.behave(discovery={"delay": 1})
    site.start()
    workers = site.nginx.worker_pids()
    for connection in [Connection(site) for _ in range(20)]:
        connection.send(connection.head("/x"))
        end(connection)
    goes_on(site, workers)


def test_code_of_a_customer_who_left_is_spent_once_at_most(site, provider):
    """Who comes back with the same address gets a session or a fresh login, never an error that lasts."""
    site.start()
    browser = site.browser()
    callback = site.begin(browser, "/mine")
    provider.behave(token={"delay": 1, "times": 1})
    browser.leave(callback)
    wait_until(lambda: provider.seen("token"), "the token call")
    site.come_back(browser, callback, follow=True)
    codes = [seen.form["code"] for seen in provider.seen("token")]
    assert len(codes) <= 2
    assert browser.open(site.url("/mine")).json()["target"] == "/mine"


# Who is slow


@pytest.fixture
def large(tmp_path):
    """The usual locations and a large file."""
    (tmp_path / "large").write_bytes(b"x" * 20_000_000)
    return LOCATIONS + f"location = /large {{ alias {tmp_path}/large; }}"


def test_customer_who_stops_reading_holds_up_nobody(site, large):
    site.start("", large)
    workers = site.nginx.worker_pids()
    with Connection(site) as connection:
        connection.send(connection.head("/large", extra=session_field(site, site.customer())))
        time.sleep(0.3)
        goes_on(site, workers)
        answer = connection.answer()
        assert answer.status == 200 and len(answer.body) == 20_000_000


def test_redirects_that_nobody_reads_wait_for_their_reader(site):
    """More than the sockets' buffers hold."""
    count = 8000
    site.start(f"keepalive_requests {count};")
    workers = site.nginx.worker_pids()
    with Connection(site) as connection:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        sender = threading.Thread(target=connection.send, args=(connection.head("/x") * count,))
        sender.start()
        goes_on(site, workers)
        assert site.nginx.access_log().count("GET /x ") < count
        assert [connection.answer().status for _ in range(count)] == [302] * count
        sender.join()


def test_login_whose_answers_are_read_byte_by_byte_succeeds(site):
    site.start()
    with Connection(site) as connection:
        callback, begin = callback_of(site, connection)
        connection.send(connection.head(callback, extra=NAVIGATION + cookie_field(begin)))
        text = b""
        while not text.endswith(b"\r\n\r\n"):
            text += connection.reader.raw.read(1)
        site.secrets.add("cookie", re.search(rb"NGX_OIDC_SESSION=([^;]*)", text)[1].decode())
        assert text.startswith(b"HTTP/1.1 302") and f"Location: {site.url('/x')}\r\n".encode() in text


# Who sends rubbish

FIELDS = [
    "Cookie", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Purpose", "Accept", "Referer", "Origin",
    "Upgrade", "X-Requested-With", "Authorization", "X-Customer-Email", "X-Unknown", "Access-Control-Request-Method",
]  # fmt: skip
VALUES = {
    "8-bit bytes": bytes(range(0x80, 0x100)),
    "UTF-8": "ключ=значение; 鍵".encode(),
    "broken UTF-8": b"\xc3\x28\xf0\x9f\xff\xfe",
    "nothing": b"",
    "control characters": b"a\x01\x02\x1f\x7fb",
    "a NUL": b"a\0b",
    "a CR": b"a\rb",
    "a long value": b"x" * 7000,
    "many signs": b"=;,\"' \t&?%00%0a" * 100,
}
PATHS = ["/", "/open/", "/login?return_to=/x", "/oidc_callback?code=a&state=b", "/logout"]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_rubbish_in_any_field_opens_nothing_and_breaks_nothing(site, value):
    site.start(provider=LINES)
    workers = site.nginx.worker_pids()
    for name, path in itertools.product(FIELDS, PATHS):
        with Connection(site) as connection:
            head = connection.head(path, extra="Connection: close\r\n")[:-2]
            connection.send(head + f"{name}: ".encode() + value + b"\r\n\r\n")
            answer = connection.answer()
        assert answer.status in ((400, 401) if path == "/" else (200, 302, 400)), (name, path)
        assert site.session_cookie not in answer.new_cookies()
    goes_on(site, workers)


LINE_ENDS = {"NUL": "\0", "CR": "\r", "LF": "\n", "CRLF": "\r\n", "a folded line": "\r\n ", "LF and a space": "\n "}


@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS.keys())
@pytest.mark.parametrize("place", ["before", "in", "behind"])
def test_cookie_cut_by_a_line_end_is_an_error_or_no_session(site, place, end):
    cookie = session_field(site, site.start(DISCREET).customer()).strip()
    at = {"before": cookie.index("=") + 1, "in": cookie.index("=") + 20, "behind": len(cookie)}[place]
    with Connection(site) as connection:
        rest = cookie[at:] if place != "behind" else "x"
        connection.send(connection.head(extra=f"{cookie[:at]}{end}{rest}: y\r\n{NAVIGATION}Connection: close\r\n"))
        answer = connection.answer()
    # Behind a whole cookie a line may end.
    assert answer.status in (302, 400) or (place == "behind" and "\n" in end and answer.status == 200)


@pytest.mark.parametrize("size, status", [(6000, 200), (20_000, 400), (200_000, 400)])
def test_session_beside_large_cookies_is_found_or_cleanly_refused(site, size, status):
    """nginx' own large_client_header_buffers decide: 8 kB a field, 32 kB in all."""
    cookie = session_field(site, site.start(DISCREET).customer()).strip()
    workers = site.nginx.worker_pids()
    for field in (f"{cookie}; pad={'x' * size}", cookie.replace("Cookie: ", f"Cookie: pad={'x' * size}; ")):
        with Connection(site) as connection:
            try:
                connection.send(connection.head(extra=f"{field}\r\n{NAVIGATION}"))
            except OSError:
                pass  # nginx has answered already and has closed the connection
            assert connection.answer().status == status
    goes_on(site, workers)


def test_session_is_found_behind_thousands_of_cookies(site):
    cookie = session_field(site, site.start("large_client_header_buffers 32 64k;").customer())
    others = "".join(f"Cookie: {'; '.join(f'a{n}-{m}=b' for m in range(2000))}\r\n" for n in range(20))
    with Connection(site) as connection:
        assert connection.ask(extra=others + cookie).status == 200
        assert site.goes_to_provider(connection.ask(extra=NAVIGATION + others))


MALFORMED = {
    "no address": b"GET\r\n\r\n",
    "NULs": b"\0\0\0\r\n\r\n",
    "a version of the future": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "the beginning of TLS": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "an address that can't be decoded": b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a path above the root": b"GET /../../x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("page", ["", "error_page 400 /sorry;"], ids=["", "and a protected error page"])
@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_request_ends_with_its_error_and_shows_nothing_for(site, backend, request_, page):
    """nginx answers it before any phase has run."""
    site.start(page)
    workers = site.nginx.worker_pids()
    with Connection(site) as connection:
        connection.send(request_)
        connection.sock.shutdown(socket.SHUT_WR)
        text = connection.reader.read()
    assert b"HTTP/1.1 200" not in text and (b"400 Bad Request" in text or b"HTTP/1.1 " in text)
    assert backend.seen == []
    goes_on(site, workers)
