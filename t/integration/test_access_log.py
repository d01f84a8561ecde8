"""The callback's code is in no access log either when nginx ends the request before the module has seen it."""

import socket

import pytest
from support.connection import NAVIGATION, Connection
from support.ports import wait_until
from support.site import LOCATIONS

FORMAT = "log_format plain '$request|$request_uri|$args|$query_string|$oidc_safe_request_uri|$status|';"
# At level info nginx itself quotes what it can't read to its end.
LOG = "error_log error.log crit; access_log plain.log plain;"
CALLBACK = "/oidc_callback?code=the-code&state=the-state"


def too_large_cookies(connection):
    connection.send(connection.head(CALLBACK, extra=NAVIGATION + f"Cookie: {'x' * 20_000}\r\n"))


def two_hosts(connection):
    connection.send(connection.head(CALLBACK, extra="Host: another\r\n"))


def no_host(connection):
    connection.send(f"GET {CALLBACK} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())


def too_large_a_body(connection):
    connection.send(connection.head(CALLBACK, "POST", "Content-Length: 9999999\r\n"))


def an_end_in_the_middle(connection):
    connection.send(connection.head(CALLBACK)[:-2])
    connection.sock.shutdown(socket.SHUT_WR)


def another_spelling(connection):
    connection.send(connection.head(CALLBACK.replace("o", "%6f", 1), extra="Host: another\r\n"))


ENDS = [too_large_cookies, two_hosts, no_host, too_large_a_body, an_end_in_the_middle, another_spelling]
PAGES = {"": "", "and an error page": "error_page 400 413 494 /sorry;"}


def logged(site):
    file = site.nginx.prefix / "plain.log"
    wait_until(lambda: file.read_text().endswith("\n"), "a line in the log")
    return file.read_text()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_code_is_not_logged_of_a_callback_with(site, end, page):
    locations = LOCATIONS + "location = /sorry { auth_oidc off; internal; return 200 sorry; }"
    site.start(LOG + page, locations, http=FORMAT)
    with Connection(site) as connection:
        end(connection)
        connection.reader.read(20)
    text = logged(site)
    assert "callback" in text and "the-code" not in text and "the-state" not in text


def test_code_is_not_logged_of_a_callback_that_the_server_redirects(site):
    site.start(LOG + "return 301 https://shop.example/;", "location / { }", http=FORMAT)
    assert site.browser().open(site.url(CALLBACK), follow=False).status == 301
    assert logged(site) == "GET /oidc_callback HTTP/1.1|/oidc_callback|||/oidc_callback|301|\n"


@pytest.mark.parametrize("path", ["/page?code=mine", "/login?code=mine", "/x/oidc_callback?code=mine"])
def test_query_of_another_address_is_logged(site, path):
    """A login link's query is the site's own."""
    site.start(LOG + "return 301 https://shop.example/;", "location / { }", http=FORMAT,
               provider="scope openid email; login_uri /login;")  # fmt: skip
    site.browser().open(site.url(path), follow=False)
    assert logged(site).startswith(f"GET {path} HTTP/1.1|{path}|code=mine|code=mine|")
