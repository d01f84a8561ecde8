"""TLS to the provider: which certificates are believed, and what the log says of those that are not."""

import socket
import ssl
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.certificates import EXPIRED, NOT_YET, Authority
from support.nginx import SLOW, Nginx
from support.ports import free_port, wait_until
from support.site import SCOPE

QUICK = SCOPE + f"timeout connect={1000 * SLOW}ms total={1500 * SLOW}ms;"
NO_PROTOCOL = "TLS handshake with localhost:"


def by_tls(make_provider, context):
    return make_provider(tls=context, host="localhost")


@pytest.fixture
def tls_provider(make_provider, authority):
    return by_tls(make_provider, authority.server_context("localhost"))


@pytest.fixture
def secure_site(make_site, authority):
    def start(provider, lines=None):
        trusted = f"ssl_trusted_certificate {authority.file};" if lines is None else lines
        return make_site(provider, host="shop.example", tls=True).start(provider=QUICK + trusted)

    return start


def assert_refused(site, words, status=502):
    answer = site.browser().open(site.url("/"), follow=False)
    assert answer.status == status and "<h1>" in answer.text
    lines = [line for line in site.nginx.log().splitlines() if 'ciam: provider "shop": ' in line]
    assert lines and all(words in line for line in lines), lines
    assert all(";" in line.split("ciam:")[1] for line in lines), f"what to do is missing: {lines}"


# Certificates


def test_login_over_tls_with_the_authority_that_is_named(secure_site, tls_provider):
    secure_site(tls_provider).customer()


def self_signed(authority):
    own = Authority(authority.directory / "own", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own.issue("localhost"))
    return context


CERTIFICATES = {
    "has expired": (lambda ca: ca.server_context("localhost", valid=EXPIRED), "has expired; the provider has to renew"),
    "is not valid yet": (lambda ca: ca.server_context("localhost", valid=NOT_YET), "not valid yet; check this server's"),
    "is of another host": (lambda ca: ca.server_context("other.example"), "was issued for another name; "),
    "is of a subdomain": (lambda ca: ca.server_context("www.localhost"), "was issued for another name; "),
    "is of an authority that nobody knows": (self_signed, "unknown authority"),
}


@pytest.mark.parametrize("context, words", CERTIFICATES.values(), ids=CERTIFICATES.keys())
def test_certificate_is_refused_that(secure_site, make_provider, authority, context, words):
    provider = by_tls(make_provider, context(authority))
    assert_refused(secure_site(provider), words)
    assert provider.requests == []


def test_certificate_of_a_private_authority_is_refused_until_it_is_named(secure_site, tls_provider):
    assert_refused(secure_site(tls_provider, ""), 'put that authority\'s certificate into "ssl_trusted_certificate"')
    assert tls_provider.requests == []


def test_customers_notice_nothing_of_a_certificate_that_has_expired_meanwhile(secure_site, tls_provider, authority):
    site = secure_site(tls_provider)
    customer = site.customer()
    tls_provider.stop()
    tls_provider.tls = authority.server_context("localhost", valid=EXPIRED)
    tls_provider.start()
    assert site.goes_to_provider(site.browser().open(site.url("/"), follow=False))
    assert site.is_customer(customer)
    tls_provider.stop()
    tls_provider.tls = authority.server_context("localhost")
    tls_provider.start()
    site.customer()


# Revocation lists


def other_list(authority):
    return Authority(authority.directory / "other", "Another authority").revocation_list()


LISTS = {
    "holds the certificate": (lambda ca: ca.revocation_list(ca.issued), "is revoked; "),
    "has expired": (lambda ca: ca.revocation_list(valid=EXPIRED), 'the list in "ssl_crl" has expired; fetch a new one'),
    "is of another authority": (other_list, 'put a list of every authority of its chain into "ssl_crl"'),
}


@pytest.mark.parametrize("make_list, words", LISTS.values(), ids=LISTS.keys())
def test_certificate_is_refused_by_a_revocation_list_that(secure_site, tls_provider, authority, make_list, words):
    lines = f"ssl_trusted_certificate {authority.file}; ssl_crl {make_list(authority)};"
    assert_refused(secure_site(tls_provider, lines), words)
    assert tls_provider.requests == []


def test_certificate_that_is_on_no_revocation_list_is_taken(secure_site, tls_provider, authority):
    other = authority.issued
    authority.issue("other.example")
    crl = authority.revocation_list(authority.issued)
    assert other is not authority.issued
    secure_site(tls_provider, f"ssl_trusted_certificate {authority.file}; ssl_crl {crl};").customer()


# Handshakes


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["TLS 1.0", "TLS 1.1"])
def test_provider_is_refused_that_speaks_only(secure_site, make_provider, authority, version):
    context = authority.server_context("localhost")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are deprecated, that is the point
        context.minimum_version = context.maximum_version = version
    assert_refused(secure_site(by_tls(make_provider, context)), NO_PROTOCOL)


def test_login_by_tls_1_2(secure_site, make_provider, authority):
    context = authority.server_context("localhost")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    secure_site(by_tls(make_provider, context)).customer()


def test_provider_without_tls_on_the_port_of_tls_is_refused(secure_site, provider):
    provider.issuer = f"https://localhost:{provider.port}"
    assert_refused(secure_site(provider), NO_PROTOCOL)


def test_provider_may_ask_for_a_certificate_of_nginx(secure_site, make_provider, authority):
    context = authority.server_context("localhost")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(authority.file)
    secure_site(by_tls(make_provider, context)).customer()


def test_provider_that_insists_on_a_certificate_of_nginx_is_refused_with_a_page(secure_site, make_provider, authority):
    context = authority.server_context("localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.file)
    assert_refused(secure_site(by_tls(make_provider, context)), "localhost:")


def test_handshake_that_hangs_is_a_gateway_timeout_and_logins_go_on_after_it(secure_site, tls_provider):
    tls_provider.stop()
    with socket.create_server(("127.0.0.1", tls_provider.port), backlog=64):
        site = secure_site(tls_provider)
        begin = time.monotonic()
        assert_refused(site, "localhost:", 504)
        assert time.monotonic() - begin < 6 * SLOW
    tls_provider.start()
    wait_until(lambda: site.browser().open(site.url("/")).status == 200, "a login", 8 * SLOW)


# HTTP/2


@pytest.fixture(params=[1000, 1], ids=["long connections", "a connection a call"])
def h2_provider(request, tmp_path, provider, authority):
    """The provider behind an nginx that speaks HTTP/2."""
    port = free_port()
    certificate, key = authority.issue("localhost")
    front = Nginx(tmp_path / "front", module=None)
    front.write(
        f"log_format protocol '$uri $server_protocol'; keepalive_requests {request.param}; server {{"
        f" listen 127.0.0.1:{port} ssl http2; access_log protocol.log protocol;"
        f" ssl_certificate {certificate}; ssl_certificate_key {key};"
        f" location / {{ proxy_pass http://127.0.0.1:{provider.port}; }} }}"
    )
    front.start()
    provider.issuer = provider.origin = f"https://localhost:{port}"
    provider.front = front
    yield provider
    front.process.kill()
    front.process.wait()


def test_login_by_http_2(secure_site, h2_provider):
    site = secure_site(h2_provider)
    for _ in range(3):
        site.customer()
    # So many that some find only connections which end before they are served.
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: site.browser().open(site.url("/")), range(40)))
    assert [answer.status for answer in answers] == [200] * 40
    assert "/token HTTP/2.0" in (h2_provider.front.prefix / "protocol.log").read_text()


@pytest.mark.parametrize("order", [{"hang": True}, {"reset": True}, {"status": 500}], ids=lambda one: next(iter(one)))
def test_trouble_with_one_stream_of_http_2_is_no_trouble_of_later_logins(secure_site, h2_provider, order):
    site = secure_site(h2_provider)
    customer = site.customer()
    h2_provider.behave(token=order)
    assert site.browser().open(site.url("/")).status in (502, 504)
    assert site.is_customer(customer)
    h2_provider.behave_well()
    site.customer()
