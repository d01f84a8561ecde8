"""HTTP/2: many requests at once on one connection, and Cookie fields that come in pieces."""

import subprocess
from collections import Counter

import pytest
from support.backend import header
from support.connection import session_field
from support.fake_provider import CUSTOMER
from support.ports import free_port

NAVIGATE = ["--header", "Sec-Fetch-Mode: navigate"]
SEEN = "\n%{http_version} %{http_code} %{num_connects} %{redirect_url}\n"


def curl(site, *arguments, timeout=30):
    """(bodies, lines of (version, status, new connections, where it leads)) of requests over one connection."""
    command = ["curl", "--silent", "--http2", "--cacert", site.authority.file, "--write-out", SEEN]
    command += ["--resolve", f"{site.host}:{site.port}:127.0.0.1", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=timeout)
    lines = [line for line in done.stdout.splitlines() if line.startswith("2 ")]
    return done.stdout, [(line.split() + [""])[:4] for line in lines]


def cookie_of(site, browser):
    return session_field(site, browser).strip()


def test_redirect_names_the_authority_of_the_request(tls_site):
    """There is no Host field in HTTP/2."""
    _, [(_, status, _, to)] = curl(tls_site.start(), *NAVIGATE, tls_site.url("/x"))
    assert status == "302" and to.startswith(tls_site.provider.issuer)
    assert f"redirect_uri=https%3A%2F%2Fshop.example%3A{tls_site.port}%2Foidc_callback" in to


@pytest.mark.parametrize("place", range(4))
def test_session_is_found_in_whichever_cookie_field_it_stands(tls_site, place):
    cookie = cookie_of(tls_site, tls_site.start().customer())
    fields = ["Cookie: a=1", f"Cookie: {tls_site.session_cookie}=wrong", "Cookie: c=3; d=4"]
    fields.insert(place, cookie)
    text, [(_, status, _, _)] = curl(tls_site, *(word for one in fields for word in ("--header", one)), tls_site.url())
    assert status == "200" and CUSTOMER["email"] in text


def test_login_with_cookie_fields_in_pieces(tls_site, secrets):
    """The callback has to find its own cookie among the others, too."""
    site = tls_site.start()
    browser = site.browser()
    callback = site.begin(browser, "/mine")
    pieces = [f"Cookie: {name}={value}" for name, value in browser.cookies(site.url()).items()]
    fields = ["Cookie: before=1", *pieces, "Cookie: after=1"]
    _, [(_, status, _, to)] = curl(site, *(word for one in fields for word in ("--header", one)), callback)
    assert (status, to) == ("302", site.url("/mine"))


def test_streams_of_customers_and_visitors_are_kept_apart(tls_site, backend):
    site = tls_site.start()
    mine = ["--http2", "--cacert", site.authority.file, "--write-out", SEEN, "--silent", "--output", "/dev/null"]
    resolve = ["--resolve", f"{site.host}:{site.port}:127.0.0.1"]
    customer = ["--header", cookie_of(site, site.customer())]
    backend.seen.clear()
    arguments = ["--parallel", *customer, "--output", "/dev/null", site.url("/mine/[1-20]")]
    for path, more in (("/api/[1-20]", []), ("/open/[1-20]", []), ("/also-mine/[1-20]", customer)):
        arguments += ["--next", *mine, *resolve, *more, site.url(path)]
    _, lines = curl(site, *arguments)
    assert Counter(status for _, status, _, _ in lines) == {"200": 60, "401": 20}
    assert sum(int(connects) for _, _, connects, _ in lines) == 1
    for seen in backend.seen:
        known = CUSTOMER["email"] if "mine" in seen["target"] else None
        assert header(seen, "X-Customer-Email") == known, seen["target"]


# While a login waits


def test_streams_that_wait_for_the_provider_hold_up_no_other(tls_site, provider):
    """Twenty visitors and an open page on one connection: the page is there first."""
    provider.behave(discovery={"delay": 1.5})
    site = tls_site.start()
    arguments = ["--parallel", *NAVIGATE, site.url("/x/[1-20]"), site.url("/open/")]
    _, lines = curl(site, *arguments)
    assert [status for _, status, _, _ in lines] == ["200"] + ["302"] * 20
    assert sum(int(connects) for _, _, connects, _ in lines) == 1


def test_callback_that_waits_for_the_provider_holds_up_no_other_stream(tls_site, provider):
    site = tls_site.start()
    browser = site.browser()
    callback = site.begin(browser, "/mine")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies(site.url()).items())
    provider.behave(token={"delay": 1.5})
    _, lines = curl(site, "--parallel", "--header", f"Cookie: {cookies}", callback, site.url("/open/[1-5]"))
    assert [status for _, status, _, _ in lines] == ["200"] * 5 + ["302"]
    assert lines[-1][3] == site.url("/mine")


def test_connection_that_goes_with_many_waiting_streams_harms_nobody(tls_site, provider):
    provider.behave(discovery={"delay": 2})
    site = tls_site.start()
    workers = site.nginx.worker_pids()
    curl(site, "--parallel", "--max-time", "1", *NAVIGATE, site.url("/x/[1-30]"))
    assert site.is_customer(site.customer())
    assert site.nginx.worker_pids() == workers


def test_http2_without_tls_is_protected_too(site):
    port = free_port()
    site.start(f"listen 127.0.0.1:{port} http2;")
    cookie = cookie_of(site, site.customer())
    plain = ["--http2-prior-knowledge", f"http://localhost:{port}/x"]
    text, [(_, status, _, to)] = curl(site, *NAVIGATE, *plain)
    assert status == "302" and f"localhost%3A{port}%2Foidc_callback" in to
    text, [(_, status, _, _)] = curl(site, "--header", cookie, *plain)
    assert status == "200" and CUSTOMER["email"] in text
