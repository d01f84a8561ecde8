"""The module's own addresses and names: what a login never comes back to, and what a site can't take for itself."""

import re
from urllib.parse import quote

import pytest
from support.browser import connect, read_answer
from support.site import LOCATIONS, SCOPE

LINES = SCOPE + " login_uri /login; logout_uri /logout;"
OWN = [
    "/logout", "/logout?x=1", "/oidc_callback", "/oidc_callback?code=1&state=2", "/login", "/login?return_to=/logout",
    "/%6cogout", "/%6Cogou%74", "/x/../logout", "/x/%2e%2e/logout", "/./logout", "/%2e/logout", "/%2flogout",
    "/x/..//logout", "//logout", "///logout", "/oidc%5fcallback", "/x/../oidc_callback", "/%6cogin",
]  # fmt: skip
OTHERS = ["/logouts", "/my/logout", "/logout.html", "/%256cogout", "/?page=/logout", "/x/../cart", "/a%20b?c=%2Flogin"]


def login_link(site, wanted):
    return site.url("/login?return_to=" + quote(wanted, safe=""))


@pytest.mark.parametrize("wanted", OWN)
def test_login_link_leads_a_customer_to_the_start_page_and_not_to(site, wanted):
    browser = site.start(provider=LINES).customer()
    answer = browser.open(login_link(site, wanted), follow=False)
    assert (answer.status, answer.location) == (302, site.url("/"))


@pytest.mark.parametrize("wanted", OWN)
def test_login_ends_on_the_start_page_and_not_on(site, wanted):
    site.start(provider=LINES)
    browser = site.browser()
    callback = site.begin(browser, login_link(site, wanted).removeprefix(site.origin))
    assert site.come_back(browser, callback).location == site.url("/")


@pytest.mark.parametrize("wanted", OTHERS)
def test_page_that_only_looks_alike_is_kept(site, wanted):
    site.start(provider=LINES)
    browser = site.browser()
    callback = site.begin(browser, login_link(site, wanted).removeprefix(site.origin))
    assert site.come_back(browser, callback).location == site.url(wanted)
    assert browser.open(login_link(site, wanted), follow=False).location == site.url(wanted)


# What a login link says to the provider


@pytest.mark.parametrize(
    "in_server, in_provider",
    [("", ' extra_auth_args "kc_idp_hint=$arg_idp";'), ('auth_oidc_args "kc_idp_hint=$arg_idp";', "")],
    ids=["extra_auth_args", "auth_oidc_args"],
)
def test_login_link_chooses_the_identity_provider_by(site, in_server, in_provider):
    site.start(in_server, provider=LINES + in_provider)
    asked = site.browser().open(site.url("/login?idp=google&return_to=/x"), follow=False).location_parameters
    assert asked["kc_idp_hint"] == "google"
    assert "kc_idp_hint" not in site.browser().open(site.url("/login"), follow=False).location_parameters


# The page after the logout


@pytest.mark.parametrize("uri", ["/bye", "/bye?x=1", "@ORIGIN@/bye", "@ORIGIN@/bye?x=1"])
def test_protected_page_after_the_logout_is_no_new_login(site, provider, uri):
    site.start(provider=LINES + f" post_logout_uri {uri};")
    browser = site.customer()
    answer = browser.click("/logout")
    assert answer.status == 200 and "You have been logged out." in answer.text
    assert re.sub("[?&]state=[^&]+", "", answer.url) == site.url("/bye") + ("?x=1" if "?" in uri else "")
    assert len(provider.seen("authorization")) == 1


@pytest.mark.parametrize("uri", ["https://other.example/bye", "http://localhost:1/bye"])
def test_page_of_another_site_after_the_logout_opens_no_page_of_ours(site, uri):
    site.start(provider=LINES + f" post_logout_uri {uri};")
    assert site.goes_to_provider(site.browser().open(site.url("/bye"), follow=False))


# Names that are taken


@pytest.mark.parametrize("name", ["NGX_OIDC_LOGIN", "__Host-NGX_OIDC_LOGIN"])
def test_cookie_of_the_login_is_no_name_for_the_session(check, name):
    verdict = check(f"cookie_name {name};")
    assert not verdict.ok and "cookie_name" in verdict.text and "nginx.conf:" in verdict.text


def test_include_in_a_provider_needs_a_file(check):
    verdict = check("include;")
    assert not verdict.ok and "include takes one file" in verdict.text and "nginx.conf:" in verdict.text
    assert check("include @DIR@/empty;").ok


# The address in the request line


def ask(site, target, host):
    with connect(site.url()) as sock:
        text = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n"
        sock.sendall(text.encode())
        return read_answer(sock, "GET", site.url())


@pytest.mark.parametrize("port", ["", ":8443"])
@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "evil.example:9999"])
def test_address_in_the_request_line_counts_with_its_port(site, host, port):
    site.start("", LOCATIONS)
    asked = ask(site, f"http://localhost{port}/x", host).location_parameters
    assert asked["redirect_uri"] == f"http://localhost{port}/oidc_callback"
