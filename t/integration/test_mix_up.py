"""The mix-up attack (RFC 9700 section 4.4): a login begun at a malicious provider, ended with the code of an honest one.

Where each provider's responses have an address of their own nothing is needed against it; elsewhere both providers have
to send iss (RFC 9207).
"""

from urllib.parse import urlencode

import pytest
from support.ports import free_port
from support.site import SCOPE, provider_block
from support.tenants import tenants, url_of

SHARED = "shares its redirect_uri"
MAP = 'map $host $tenant { default ""; }'


def server(names, lines, port="@PORT@"):
    return f"server {{ listen 127.0.0.1:{port}; {names} {lines} location / {{ proxy_pass @BACKEND@; }} }}"


ONE, TWO = "server_name one.example;", "server_name two.example;"
AT_ONE, AT_TWO = "auth_oidc one;", "auth_oidc two;"
OWN = "oidc_base_url https://%s.example;"

# What is configured: (lines of one, lines of two, http)
SHARING = {
    "one server": ("", "", server(ONE, AT_ONE + "location /two { auth_oidc two; }")),
    "one server with a variable": ("", "", MAP + server(ONE, "auth_oidc $tenant;")),
    "one server with a variable beside": ("", "", MAP + server(ONE, AT_ONE) + server(TWO, "auth_oidc $tenant;")),
    "servers of one name": ("", "", server(ONE, AT_ONE) + server(ONE, AT_TWO, free_port())),
    "servers without names": ("", "", server("", AT_ONE) + server("", AT_TWO)),
    "servers with _ for a name": ("", "", server("server_name _;", AT_ONE) + server("", AT_TWO)),
    "servers of one base URL": ("", "", server(ONE, AT_ONE + OWN % "w") + server(TWO, AT_TWO + OWN % "w")),
    "a location of one base URL": (
        "", "", server(ONE, AT_ONE) + server(TWO, f"location /x {{ {AT_TWO} {OWN % 'one'} }}"),
    ),
    "a path of their own": ("redirect_uri /cb;", "redirect_uri /cb;", server(ONE, AT_ONE + "location /x { auth_oidc two; }")),
    "one URL": (
        "redirect_uri https://w.example/cb;", "redirect_uri https://w.example/cb;",
        server(ONE, AT_ONE) + server(TWO, AT_TWO),
    ),
    "a URL and a path": (
        "redirect_uri https://w.example/cb;", "redirect_uri /cb;", server(ONE, AT_ONE + "location /x { auth_oidc two; }"),
    ),
    "the URL of another server": (
        "redirect_uri https://two.example/cb;", "redirect_uri /cb;", server(ONE, AT_ONE) + server(TWO, AT_TWO),
    ),
}  # fmt: skip
APART = {
    "servers of other names": ("", "", server(ONE, AT_ONE) + server(TWO, AT_TWO)),
    "paths": ("redirect_uri /one;", "redirect_uri /two;", server(ONE, AT_ONE + "location /two { auth_oidc two; }")),
    "URLs of hosts of their own": (
        "redirect_uri https://one.example/cb;", "redirect_uri https://two.example/cb;",
        MAP + server("server_name *.example;", "auth_oidc $tenant;"),
    ),
    "URLs of ports of their own": (
        "redirect_uri https://one.example/cb;", "redirect_uri https://one.example:8443/cb;",
        MAP + server("server_name *.example;", "auth_oidc $tenant;"),
    ),
    "servers of other base URLs": ("", "", server("", AT_ONE + OWN % "one") + server("", AT_TWO + OWN % "two")),
}  # fmt: skip


def configuration(make_site, make_provider, lines):
    one, two, http = lines
    first, second = make_provider(), make_provider()
    site = make_site(first)
    blocks = provider_block(first, "one", SCOPE + one) + provider_block(second, "two", SCOPE + two)
    return site.check(text=blocks + http)


@pytest.mark.parametrize("lines", SHARING.values(), ids=SHARING.keys())
def test_nginx_t_warns_of_a_redirect_uri_that_two_share(make_site, make_provider, lines):
    verdict = configuration(make_site, make_provider, lines)
    assert verdict.ok and verdict.text.count(SHARED) == 1, verdict.text
    assert "oidc_provider two shares its redirect_uri with one," in verdict.text and "_two; in" in verdict.text


@pytest.mark.parametrize("lines", APART.values(), ids=APART.keys())
def test_nginx_t_takes_redirect_uris_that_no_two_share(make_site, make_provider, lines):
    verdict = configuration(make_site, make_provider, lines)
    assert verdict.ok and SHARED not in verdict.text, verdict.text


def test_nginx_t_warns_once_of_many_that_share(site, provider):
    blocks = "".join(provider_block(provider, f"p{number}") for number in range(50))
    verdict = site.check(text=blocks + MAP + server(ONE, "auth_oidc $tenant;") + server(TWO, "auth_oidc $tenant;"))
    assert verdict.ok and verdict.text.count(SHARED) == 1
    assert "oidc_provider p49 shares its redirect_uri with p0 and 48 more" in verdict.text


# The attack


@pytest.fixture
def honest(make_provider):
    return make_provider()


@pytest.fixture
def malicious(make_provider, honest):
    """Sends whoever comes on to the honest provider, and waits for the code at its own token endpoint."""
    running = make_provider()
    running.behave(metadata={"authorization_endpoint": f"{honest.issuer}/authorize"})
    return running


def mixed_up(browser, page, honest, redirect_uri):
    """The response of the honest provider, at its own redirect URI, to a login begun at the malicious one."""
    begun = browser.open(page, follow=False)
    assert begun.status == 302 and begun.location.startswith(honest.issuer + "/authorize?")
    asked = {**begun.location_parameters, "redirect_uri": redirect_uri}
    return browser.open(f"{honest.issuer}/authorize?{urlencode(asked)}", follow=False).location


def assert_code_stays(honest, malicious):
    assert honest.seen("authorization") and honest.codes, "the honest provider has given no code"
    assert malicious.seen("token") == [] and honest.seen("token") == []


def test_code_of_another_provider_of_a_shared_callback_is_not_spent(make_site, honest, malicious):
    site = make_site(honest)
    blocks = provider_block(honest, "one") + provider_block(malicious, "two")
    site.start(text=blocks + server("server_name localhost;", AT_ONE + "location /two { auth_oidc two; }"))
    browser = site.browser()
    callback = mixed_up(browser, site.url("/two"), honest, site.url("/oidc_callback"))
    assert browser.open(callback, follow=False).status == 502
    assert_code_stays(honest, malicious)


def test_code_that_comes_to_the_server_of_another_provider_is_not_spent(make_site, honest, malicious):
    site = make_site(honest)
    blocks = provider_block(honest, "one") + provider_block(malicious, "two")
    site.start(text=blocks + server(ONE, AT_ONE) + server(TWO, AT_TWO))
    origin = f"http://{{}}.example:{site.port}"
    browser = site.browser()
    callback = mixed_up(browser, origin.format("two") + "/x", honest, origin.format("one") + "/oidc_callback")
    for cookie in browser.jar.of("two.example").values():
        browser.set_cookie(origin.format("one"), cookie.name, cookie.value)
    assert browser.open(callback, follow=False).status == 400
    assert_code_stays(honest, malicious)
    assert "the state belongs to a login of another place" in site.nginx.log()


@pytest.mark.parametrize("tossed", [False, True], ids=["", "with the cookie of the other host"])
def test_code_that_comes_to_the_host_of_another_tenant_is_not_spent(make_site, honest, malicious, tossed):
    site = make_site(honest)
    site.start(text=tenants(site, {"one": honest, "two": malicious}))
    browser = site.browser()
    callback = mixed_up(
        browser, url_of("two", site.port, "/x"), honest, url_of("one", site.port, "/oidc_callback")
    )
    for cookie in list(browser.jar.of("two.tenants.example").values()) if tossed else []:
        browser.set_cookie(callback, cookie.name, cookie.value)
    assert browser.open(callback, follow=False).status == 400
    assert_code_stays(honest, malicious)
    assert "the response came to the redirect_uri of another provider" in site.nginx.log()


# What is shared, and still works


def test_providers_with_keys_of_their_own_share_a_callback(make_site, make_provider, tmp_path):
    site = make_site(make_provider())
    blocks = ""
    for number, name in enumerate(("one", "two", "three")):
        (tmp_path / name).write_text(f"{number}a" * 32 + "\n")
        other = make_provider()
        other.behave(
            metadata={"authorization_response_iss_parameter_supported": True}, response={"iss": other.issuer}
        )
        blocks += provider_block(other, name, f"{SCOPE} secret_key_file {tmp_path / name};")
    places = "".join(f"location /{name} {{ auth_oidc {name}; proxy_pass @BACKEND@; }}" for name in ("two", "three"))
    site.start(text=blocks + server("server_name localhost;", AT_ONE + places))
    browser = site.browser()
    for path in ("/one", "/two", "/three"):
        assert browser.open(site.url(path)).json()["target"] == path
    assert browser.open(site.url("/oidc_callback?code=a&state=" + "x" * 200), follow=False).status == 400
