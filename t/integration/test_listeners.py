"""Ways in which nginx can be listening: several servers on a port and ports of a server, IPv6, unix sockets, and
TLS that ends in front of it."""

import pytest
from support.backend import header
from support.connection import NAVIGATION, Connection, log_in
from support.fake_provider import CUSTOMER
from support.ports import free_port
from support.site import LOCATIONS, SCOPE, SERVER, provider_block


def asking(site, address=None, host=None, more=""):
    """ask() for log_in(): one request, one connection."""

    def ask(target, cookies):
        with Connection(site, address, host) as connection:
            return connection.ask(target, extra=NAVIGATION + "Connection: close\r\n" + more + cookies)

    return ask


def redirect_uri(answer):
    assert answer.status == 302, answer.status
    return answer.location_parameters["redirect_uri"]


def logs_in(site, origin, ask):
    """A whole login under this address."""
    first, second, cookies = log_in(site, ask, "/page?x=1")
    assert redirect_uri(first) == origin + "/oidc_callback" and second.location == origin + "/page?x=1"
    page = ask("/page?x=1", cookies)
    assert page.status == 200 and header(page.json(), "X-Customer-Email") == CUSTOMER["email"]
    return second


# Several servers on one port


def block_of(site, names, lines=SERVER, listen="", locations=LOCATIONS):
    return f"server {{ listen 127.0.0.1:{site.port} {listen}; {names} {lines} {locations} }}"


@pytest.fixture
def market(site):
    """Servers of all kinds of names; each tells the backend who it is."""
    names = {
        "first": "server_name first.example www.first.example;",
        "stars": "server_name *.stars.example;",
        "dots": "server_name .dots.example;",
        "ends": "server_name www.ends.*;",
        "regex": r"server_name ~^(?<town>\w+)\.regex\.example$;",
    }
    servers = [block_of(site, line, f"{SERVER} oidc_set_header X-Server {name};") for name, line in names.items()]
    other = block_of(site, "server_name _;", "", "default_server", "location / { return 200 other; }")
    return site.start(text=provider_block(site.provider, lines=SCOPE) + "".join(servers) + other)


HOSTS = {
    "first.example": "first", "www.first.example": "first", "a.stars.example": "stars", "a.b.stars.example": "stars",
    "dots.example": "dots", "x.dots.example": "dots", "www.ends.test": "ends", "kandy.regex.example": "regex",
}  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_login_ends_at_the_name_where_it_began(market, host):
    ask = asking(market, host=f"{host}:{market.port}")
    logs_in(market, f"http://{host}:{market.port}", ask)
    _, _, cookies = log_in(market, ask)
    assert header(ask("/", cookies).json(), "X-Server") == HOSTS[host]


@pytest.mark.parametrize("host", ["evil.example", "stars.example", "a.first.example", "first.example.evil.example"])
def test_other_name_goes_to_the_default_server_and_its_rules(market, host):
    answer = asking(market, host=host)("/oidc_callback?code=a&state=b", "")
    assert (answer.status, answer.text) == (200, "other")


STRANGERS = ["evil.example", "evil.example:80", "xfirst.example", "first.example.", "first.example@evil.example"]


@pytest.mark.parametrize("host", STRANGERS)
def test_default_server_sends_nobody_to_a_name_that_is_not_its_own(site, host):
    names = "server_name first.example *.first.example ~^f\\d\\.example$;"
    site.start(text=provider_block(site.provider, lines=SCOPE) + block_of(site, names, listen="default_server"))
    for target in ("/x", "/oidc_callback?code=a&state=b"):
        answer = asking(site, host=host)(target, "")
        assert "evil" not in answer.text + str(answer.headers) and "xfirst" not in answer.text + str(answer.headers)
        if answer.status == 302:
            assert redirect_uri(answer) == "http://first.example/oidc_callback"


def test_each_server_on_a_port_has_its_own_provider(make_site, make_provider):
    first, second = make_provider(), make_provider()
    second.customer.update(sub="customer-of-two", email="amara@mail.example")
    site = make_site(first)
    blocks = provider_block(first, "one", SCOPE) + provider_block(second, "two", SCOPE + "redirect_uri /two;")
    for name in ("one", "two"):
        blocks += block_of(site, f"server_name {name}.example;", SERVER.replace("shop", name))
    site.start(text=blocks)
    origin = f"http://one.example:{site.port}"
    logs_in(site, origin, asking(site, host=f"one.example:{site.port}"))
    there = asking(site, host=f"two.example:{site.port}")("/", "")
    assert there.status == 302 and there.location.startswith(second.issuer + "/")


# Several ports of one server


def test_server_on_two_ports_is_known_by_the_port_that_was_asked(site):
    port = free_port()
    text = site.http().replace("server_name", f"listen 127.0.0.1:{port}; server_name", 1)
    site.start(text=text)
    for one in (site.port, port):
        address, host = ("127.0.0.1", one), f"localhost:{one}"
        logs_in(site, f"http://{host}", asking(site, address, host))


def test_server_of_http_and_https_logs_in_at_each(tls_site):
    site, port = tls_site, free_port()
    site.start(text=site.http().replace("server_name", f"listen 127.0.0.1:{port}; server_name", 1))
    host = f"shop.example:{port}"
    plain = logs_in(site, f"http://{host}", asking(site, ("127.0.0.1", port), host))
    assert "NGX_OIDC_SESSION" in plain.new_cookies()
    secure = logs_in(site, site.origin, asking(site))
    assert "; Secure" in secure.new_cookies()["__Host-NGX_OIDC_SESSION"]


# IPv6 and unix sockets


BY_IPV6 = {"address": ("", "[::1]"), "name": ("server_name shop.example;", "shop.example")}


@pytest.mark.parametrize("names, host", BY_IPV6.values(), ids=BY_IPV6.keys())
def test_login_over_ipv6_by(site, names, host):
    port = free_port()
    block = provider_block(site.provider, lines=SCOPE)
    site.start(text=f"{block} server {{ listen [::1]:{port}; {names} {SERVER} {LOCATIONS} }}")
    origin = f"{host}:{port}"
    logs_in(site, f"http://{origin}", asking(site, ("::1", port), origin))


def test_own_ipv6_address_of_a_server_with_a_name_is_not_its_name(site):
    port = free_port()
    block = provider_block(site.provider, lines=SCOPE)
    site.start(text=f"{block} server {{ listen [::1]:{port}; server_name shop.example; {SERVER} {LOCATIONS} }}")
    answer = asking(site, ("::1", port), f"[::1]:{port}")("/", "")
    assert answer.status >= 400 and answer.location == ""


def start_at_socket(site, lines):
    path = site.nginx.prefix / "s"  # sun_path holds 107 bytes
    block = provider_block(site.provider, lines=SCOPE)
    site.start(text=f"{block} server {{ listen unix:{path}; {lines} {SERVER} {LOCATIONS} }}")
    return path


def test_login_over_a_unix_socket_by_the_server_s_name(site):
    path = start_at_socket(site, "server_name shop.example;")
    logs_in(site, "http://shop.example", asking(site, path, "shop.example"))


def test_login_over_a_unix_socket_by_its_base_url(site):
    path = start_at_socket(site, "oidc_base_url https://www.shop.example:8443;")
    second = logs_in(site, "https://www.shop.example:8443", asking(site, path, "whatever"))
    assert "; Secure" in second.new_cookies()["__Host-NGX_OIDC_SESSION"]


def test_unix_socket_without_a_name_believes_no_host(site):
    path = start_at_socket(site, "")
    for host in ("evil.example", "unix", str(path)):
        answer = asking(site, path, host)("/", "")
        assert answer.status >= 400 and answer.location == "", host


# TLS in front


FORWARD = """
    server {{ @LISTEN@ access_log off; location / {{
        proxy_pass {}; proxy_set_header Host {}; proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-For $remote_addr;
    }} }}
"""


@pytest.fixture
def front(make_site):
    """https://shop.example, which is not the module's own nginx."""
    return make_site(host="shop.example", tls=True)


HOST_FIELDS = ["$http_host", "$host", "behind.internal"]


def customer_of(front):
    browser = front.browser()
    answer = browser.open(front.url("/page?x=1"))
    assert answer.status == 200 and answer.json()["target"] == "/page?x=1"
    assert set(browser.cookies(front.url())) == {"__Host-NGX_OIDC_LOGIN", "__Host-NGX_OIDC_SESSION"}
    return browser


@pytest.mark.parametrize("host", HOST_FIELDS)
def test_login_behind_tls_by_port_and(site, front, host):
    """Whatever Host field the front passes on, and on a port other than ours."""
    site.start(f"oidc_base_url {front.origin};")
    front.start(text=FORWARD.format(site.origin, host))
    browser = customer_of(front)
    assert browser.open(front.url("/more"), follow=False).status == 200


@pytest.mark.parametrize("host", HOST_FIELDS)
def test_login_behind_tls_by_unix_socket_and(site, front, host):
    path = start_at_socket(site, f"oidc_base_url {front.origin};")
    front.start(text=FORWARD.format(f"http://unix:{path}:", host))
    customer_of(front)


def test_logout_behind_tls_is_known_as_the_site_s_own(site, front):
    site.start(f"oidc_base_url {front.origin};", provider=SCOPE + " logout_uri /logout; post_logout_uri /open/bye;")
    front.start(text=FORWARD.format(site.origin, "$host"))
    browser = customer_of(front)
    assert browser.click("/logout").url.startswith(front.url("/open/bye?state="))
    assert front.browser().fetch(front.url("/x")).json()["login_url"] == front.url("/x")
    assert site.goes_to_provider(browser.open(front.url("/"), follow=False))


def test_plain_request_to_a_site_behind_tls_gets_secure_cookies_all_the_same(site, front):
    """A browser would not take them over http: nobody logs in past the front."""
    site.start(f"oidc_base_url {front.origin};")
    answer = asking(site)("/", "")
    assert redirect_uri(answer) == front.url("/oidc_callback")
    assert "; Secure" in answer.new_cookies()["__Host-NGX_OIDC_LOGIN"]
