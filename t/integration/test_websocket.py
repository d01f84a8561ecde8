"""WebSockets: a customer's passes, a visitor's does not, and an open one is left alone."""

import pytest
from support.backend import header
from support.connection import NAVIGATION, session_field
from support.fake_provider import CUSTOMER
from support.ports import wait_until
from support.site import LOCATIONS, SCOPE
from support.websocket import PASS, EchoAfterUpgrade, Socket, accepted

LINES = SCOPE + " logout_uri /logout;"


@pytest.fixture
def echo():
    running = EchoAfterUpgrade()
    yield running
    running.stop()


@pytest.fixture
def locations(echo):
    return LOCATIONS + f"location /socket {{ {PASS} proxy_pass http://127.0.0.1:{echo.port}; }}"


@pytest.fixture
def shop(site, locations):
    return site.start("", locations, provider=LINES)


@pytest.mark.parametrize("fields", ["", "Sec-Fetch-Mode: websocket\r\n", NAVIGATION, "Origin: https://x.example\r\n"])
def test_visitor_s_upgrade_is_refused_and_never_reaches_the_backend(shop, echo, fields):
    with Socket(shop, "/socket", fields) as client:
        assert client.answer.status == 401 and client.answer.get("Upgrade") is None
        assert client.answer.json()["error"] == "login_required"
    assert echo.opened == []


def test_data_that_a_visitor_sends_behind_an_upgrade_is_no_stream(shop, echo):
    with Socket(shop, "/socket") as client:
        client.connection.send(client.connection.head("/open/next", extra="Connection: close\r\n"))
        assert client.connection.answer().json()["target"] == "/open/next"
    assert echo.opened == []


@pytest.mark.parametrize("size", [1, 100, 50_000])
def test_data_of_a_customer_s_socket_flows_both_ways(shop, echo, size):
    with Socket(shop, "/socket", session_field(shop, shop.customer())) as client:
        assert client.answer.status == 101 and client.answer.get("Sec-WebSocket-Accept") == accepted()
        for _ in range(3):
            assert client.echo(b"x" * size) == b"x" * size
    assert header(echo.opened[0], "X-Customer-Email") == CUSTOMER["email"]


def test_forged_header_of_an_upgrade_is_removed(shop, echo):
    fields = session_field(shop, shop.customer()) + "X-Customer-Email: eve@evil.example\r\n"
    with Socket(shop, "/socket", fields) as client:
        assert client.answer.status == 101
    assert header(echo.opened[0], "X-Customer-Email") == CUSTOMER["email"]


def test_upgrade_passes_where_login_is_off(site, echo, locations):
    site.start("", locations.replace("location /socket {", "location /socket { auth_oidc off;"))
    with Socket(site, "/socket") as client:
        assert client.echo(b"hello") == b"hello"
    assert header(echo.opened[0], "X-Customer-Email") is None


def test_reload_leaves_an_open_socket_working(shop, locations):
    cookies = session_field(shop, shop.customer())
    with Socket(shop, "/socket", cookies) as client:
        shop.reload("", locations, provider=LINES, wait_for_old=False)
        assert client.echo(b"after the reload") == b"after the reload"
        with Socket(shop, "/socket", cookies) as another:
            assert another.echo(b"of the new worker") == b"of the new worker"
        assert client.echo(b"still") == b"still"
    wait_until(lambda: len(shop.nginx.worker_pids()) == 1, "the old worker's end")


def test_other_customers_log_in_while_a_socket_is_open(shop):
    with Socket(shop, "/socket", session_field(shop, shop.customer())) as client:
        assert shop.is_customer(shop.customer())
        assert client.echo(b"hello") == b"hello"


def test_customer_who_has_logged_out_opens_no_new_socket(shop, echo):
    browser = shop.customer()
    cookies = session_field(shop, browser)
    browser.click("/logout", follow=False)
    with Socket(shop, "/socket", cookies) as client:
        assert client.answer.status == 401
    assert echo.opened == []
