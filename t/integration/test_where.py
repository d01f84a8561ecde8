"""Under which address the site is known: redirect_uri, pages to come back to, and Secure cookies hang on it."""

import pytest
from support.browser import connect, read_answer
from support.site import SCOPE, SERVER, provider_block

LOCATION = "location / { proxy_pass @BACKEND@; }"


def ask(site, host, path="/x", extra=""):
    """A navigation with this Host, to the site's port."""
    with connect(f"http://localhost:{site.port}/") as sock:
        text = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Mode: navigate\r\n{extra}Connection: close\r\n\r\n"
        sock.sendall(text.encode())
        return read_answer(sock, "GET", site.url(path))


def start(site, names, lines="", provider=SCOPE):
    block = provider_block(site.provider, lines=provider)
    listen = f"listen 127.0.0.1:{site.port}; {names}"
    return site.start(text=f"{block} server {{ {listen} {SERVER} {lines} {LOCATION} }}")


def redirect_uri(answer):
    assert answer.status == 302, answer.status
    return answer.location_parameters["redirect_uri"]


@pytest.mark.parametrize(
    "names, host",
    [
        ("server_name shop.example;", "shop.example"),
        ("server_name www.example shop.example;", "shop.example"),
        ("server_name *.shop.example;", "de.shop.example"),
        ("server_name .shop.example;", "shop.example"),
        ("server_name .shop.example;", "a.b.shop.example"),
        ("server_name shop.*;", "shop.test"),
        (r"server_name ~^(www\.)?shop\d\.example$;", "www.shop7.example"),
    ],
)
@pytest.mark.parametrize("port", ["", ":8080"])
def test_host_that_is_a_server_name_is_the_address(site, names, host, port):
    start(site, names)
    assert redirect_uri(ask(site, host + port)) == f"http://{host}{port}/oidc_callback"


@pytest.mark.parametrize("host", ["evil.example", "shop.example.evil.example", "evilshop.example", "127.0.0.1.evil.example"])
@pytest.mark.parametrize("names", ["server_name shop.example;", "server_name *.shop.example;", ""])
def test_host_of_somebody_else_is_never_believed(site, names, host):
    answer = ask(start(site, names), host)
    # The client's mistake where the server has names, the sysadmin's where it has none.
    assert answer.status == (421 if names else 500) and host not in answer.text
    assert "oidc_base_url" in site.nginx.log()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_server_without_a_name_takes_a_loopback_host(site, host):
    start(site, "")
    assert redirect_uri(ask(site, f"{host}:{site.port}")) == f"http://{host}:{site.port}/oidc_callback"


def test_server_without_a_name_believes_the_certificate_s_name_over_tls(tls_site):
    certificate, key = tls_site.authority.issue("shop.example")
    block = provider_block(tls_site.provider, lines=SCOPE)
    listen = f"listen 127.0.0.1:{tls_site.port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"
    tls_site.start(text=f"{block} server {{ {listen} {SERVER} {LOCATION} }}")
    assert tls_site.is_customer(tls_site.customer())


def test_base_url_comes_before_everything(site):
    start(site, "server_name shop.example;", "oidc_base_url https://www.shop.example:8443;")
    for host in ("shop.example", "evil.example"):
        answer = ask(site, host)
        assert redirect_uri(answer) == "https://www.shop.example:8443/oidc_callback"
        assert list(answer.new_cookies()) == ["__Host-NGX_OIDC_LOGIN"]


def test_base_url_makes_login_work_behind_something_that_ends_tls(make_site, make_provider, authority):
    """The browser speaks https to a port in front, which passes plain http on."""
    provider = make_provider(tls=authority.server_context("localhost"), host="localhost")
    front = make_site(provider, host="shop.example", tls=True)
    behind = make_site(provider)
    lines = SCOPE + f"ssl_trusted_certificate {authority.file};"
    behind.start(f"oidc_base_url {front.origin};", provider=lines)
    # It logs what passes; what is looked at here is what the module logs.
    front.start(text=f"server {{ @LISTEN@ access_log off; location / {{ proxy_pass {behind.origin}; }} }}")
    browser = front.browser()
    answer = browser.open(front.url("/page?x=1"))
    assert answer.status == 200 and answer.json()["target"] == "/page?x=1"
    assert set(browser.cookies(front.url())) == {"__Host-NGX_OIDC_LOGIN", "__Host-NGX_OIDC_SESSION"}


def test_http_site_of_an_https_provider_must_say_its_address(make_site, make_provider, authority):
    provider = make_provider(tls=authority.server_context("localhost"), host="localhost")
    site = make_site(provider)
    start(site, "server_name shop.example localhost;", provider=SCOPE + f"ssl_trusted_certificate {authority.file};")
    assert ask(site, "shop.example").status == 500
    assert "oidc_base_url" in site.nginx.log()
    assert ask(site, f"localhost:{site.port}").status == 302


def test_base_url_differs_by_location(site):
    locations = "location /b/ { oidc_base_url https://b.example; proxy_pass @BACKEND@; }"
    start(site, "server_name shop.example;", "oidc_base_url https://a.example;" + locations)
    assert redirect_uri(ask(site, "shop.example", "/")) == "https://a.example/oidc_callback"
    assert redirect_uri(ask(site, "shop.example", "/b/")) == "https://b.example/oidc_callback"


def test_absolute_redirect_uri_names_the_site(site):
    start(site, "server_name shop.example;", provider=SCOPE + "redirect_uri https://www.shop.example/back;")
    answer = ask(site, "shop.example")
    assert redirect_uri(answer) == "https://www.shop.example/back"
    assert list(answer.new_cookies()) == ["__Host-NGX_OIDC_LOGIN"]


def test_absolute_redirect_uri_logs_in(tls_site):
    tls_site.start(provider=SCOPE + f"redirect_uri {tls_site.origin}/a/back;")
    answer = tls_site.browser().open(tls_site.url("/page"))
    assert answer.status == 200 and "/a/back?" in answer.history[-1].url


@pytest.mark.parametrize(
    "extra",
    [
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Port: 1\r\n",
        "Forwarded: host=evil.example;proto=https\r\n",
        "X-Original-Url: /evil\r\nX-Forwarded-Uri: /evil\r\nX-Rewrite-Url: /evil\r\n",
        "X-Forwarded-For: 1.2.3.4\r\nX-Host: evil.example\r\n",
    ],
)
def test_forwarded_fields_are_not_believed(site, extra):
    start(site, "server_name shop.example;")
    assert redirect_uri(ask(site, "shop.example", extra=extra)) == "http://shop.example/oidc_callback"


def test_upper_case_host_is_the_same_site(site):
    start(site, "server_name shop.example;")
    assert redirect_uri(ask(site, "SHOP.Example")) == "http://shop.example/oidc_callback"


def test_address_in_the_request_line_counts_as_the_host(site):
    start(site, "server_name shop.example;")
    answer = ask(site, "evil.example", path="http://shop.example/x")
    assert redirect_uri(answer) == "http://shop.example/oidc_callback"


def test_request_without_a_host_is_an_error(site):
    start(site, "server_name shop.example;")
    with connect(site.url()) as sock:
        sock.sendall(b"GET /x HTTP/1.0\r\nSec-Fetch-Mode: navigate\r\n\r\n")
        assert read_answer(sock, "GET", site.url()).status in (400, 500)


def test_401_of_a_program_names_the_site(site):
    start(site, "server_name shop.example;", "oidc_base_url https://shop.example;")
    with connect(site.url()) as sock:
        sock.sendall(b"GET /api?a=1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
        assert read_answer(sock, "GET", site.url()).json()["login_url"] == "https://shop.example/api?a=1"
