"""Names of providers: addresses that change or are dead, name servers that refuse or say nothing. By nginx's own
`resolver`, and by the system's, which only knows calls that block."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from support.dns_server import NXDOMAIN, SERVFAIL, DnsServer
from support.nginx import SLOW
from support.own_files import instead_of
from support.ports import full_queue, wait_until
from support.site import LOCATIONS, SCOPE

NAME = "login.example"
QUICK = SCOPE + f"timeout connect={1000 * SLOW}ms total={2000 * SLOW}ms;"
RECOVERED = 8 * SLOW
DEAD_V6 = "2001:db8::1"


@pytest.fixture
def names():
    running = DnsServer()
    running.addresses[NAME] = ["127.0.0.1"]
    yield running
    running.stop()


@pytest.fixture
def named(make_provider, authority):
    return make_provider(tls=authority.server_context(NAME), host=NAME)


@pytest.fixture(params=["resolver", "system"])
def kind(request):
    return request.param


@pytest.fixture
def start(make_site, names, authority, tmp_path):
    """A site that asks `names` in this way."""

    def run(provider, kind, http="", **parts):
        site = make_site(provider)
        if kind == "system":
            (tmp_path / "resolv.conf").write_text(f"nameserver {names.address}\n")
            site.nginx.before_exec = instead_of({"/etc/resolv.conf": tmp_path / "resolv.conf"})
        else:
            http = f"resolver {names.address} valid=1s;\n{http}"
        trusted = f"ssl_trusted_certificate {authority.file};"
        site.again = {"provider": QUICK + trusted, "http": http, **parts}
        return site.start(**site.again)

    return run


def login_status(site, address="127.0.0.1"):
    return site.browser(addresses={NAME: address}).open(site.url("/")).status


def provider_lines(site):
    return [line for line in site.nginx.log().splitlines() if "ciam: provider" in line and "[error]" in line]


# Addresses


def test_login_at_a_provider_with_a_name(start, named, names, kind):
    start(named, kind).customer()
    assert NAME in names.asked


def test_provider_that_moves_to_another_address_is_found_there(start, named, names, kind):
    site = start(named, kind)
    site.customer()
    named.stop()
    names.addresses[NAME] = ["127.0.0.2"]
    named.start("127.0.0.2")
    wait_until(lambda: login_status(site, "127.0.0.2") == 200, "a login at the new address", RECOVERED)


@pytest.mark.parametrize("dead", ["unroutable", "silent"])
def test_dead_ipv6_address_delays_no_login_beyond_its_timeout(start, named, names, kind, dead):
    names.addresses[NAME] = [DEAD_V6 if dead == "unroutable" else "::1", "127.0.0.1"]
    with full_queue("::1", named.port, socket.AF_INET6):
        site = start(named, kind)
        for _ in range(4):  # nginx turns the addresses round
            site.customer()
    assert provider_lines(site) == []


@pytest.mark.parametrize("others", [[], ["127.0.0.1"]], ids=["alone", "and IPv4 is dead"])
def test_login_at_a_provider_that_is_there_by_ipv6(start, named, names, kind, others):
    names.addresses[NAME] = ["::1", *others]
    named.stop()
    named.start("::1")
    with full_queue("127.0.0.1", named.port):
        site = start(named, kind)
        for _ in range(4):
            assert login_status(site, "::1") == 200


DEAD = {
    "closed": lambda port: nullcontext(),
    "silent": lambda port: full_queue("127.0.0.3", port),
    "open, but mute": lambda port: socket.create_server(("127.0.0.3", port), backlog=64),
}


@pytest.mark.parametrize("dead", DEAD.values(), ids=DEAD.keys())
def test_one_dead_address_of_two_stops_no_login(start, named, names, kind, dead):
    names.addresses[NAME] = ["127.0.0.3", "127.0.0.1"]
    with dead(named.port):
        site = start(named, kind)
        for _ in range(4):
            site.customer()


# Name servers that are of no help


def quiet(names):
    names.silent = True


def refuses(code):
    return lambda names: setattr(names, "code", code)


def has_no_address(names):
    names.addresses[NAME] = []


FAULTS = {
    "does not know it": (refuses(NXDOMAIN), 502),
    "fails": (refuses(SERVFAIL), 502),
    "has no address for it": (has_no_address, 502),
    "says nothing": (quiet, 502),
}


@pytest.mark.parametrize("fault, status", FAULTS.values(), ids=FAULTS.keys())
def test_login_gets_a_page_and_works_again_when_the_name_server(start, named, names, kind, fault, status):
    fault(names)
    site = start(named, kind)
    begin = time.monotonic()
    answer = site.browser().open(site.url("/"), follow=False)
    assert time.monotonic() - begin < 6 * SLOW
    assert answer.status in (status, 504) and "<h1>" in answer.text and int(answer.get("Retry-After")) > 0
    lines = provider_lines(site)
    assert lines and all(NAME in line and ";" in line.split("ciam:")[1] for line in lines), lines
    names.code, names.silent, names.addresses[NAME] = 0, False, ["127.0.0.1"]
    # A question that glibc has sent in vain is repeated after 5 s.
    wait_until(lambda: login_status(site) == 200, "a login", RECOVERED + 5)


# A black hole beside customers

FAR = """
    location /far/ { auth_oidc far; proxy_pass @BACKEND@; }
"""


def far_block(provider):
    return (
        f"oidc_provider far {{ issuer https://{NAME}:{provider.port}; client_id far; client_secret s;"
        f" redirect_uri /far_callback; {QUICK} }}"
    )


def test_twenty_logins_into_a_black_hole_hold_up_neither_customers_nor_the_worker_s_end(start, provider, names, kind):
    names.silent = True
    site = start(provider, kind, http=far_block(provider), locations=LOCATIONS + FAR)
    customer = site.customer()
    gaps = []
    with ThreadPoolExecutor(20) as pool:
        begin = time.monotonic()
        lost = [pool.submit(lambda: site.browser().open(site.url("/far/"), follow=False)) for _ in range(20)]
        while not all(one.done() for one in lost):
            asked = time.monotonic()
            assert site.is_customer(customer)
            gaps.append(time.monotonic() - asked)
            time.sleep(0.01)
        assert time.monotonic() - begin < 8 * SLOW
    assert {one.result().status for one in lost} <= {502, 504}
    assert all("<h1>" in one.result().text for one in lost)
    assert max(gaps) < SLOW
    begin = time.monotonic()
    site.reload(**site.again)
    assert site.is_customer(customer)
    site.stop()
    assert time.monotonic() - begin < 5 * SLOW


def test_worker_ends_promptly_while_logins_wait_for_a_name(start, provider, names, kind):
    names.silent = True
    site = start(provider, kind, http=far_block(provider), locations=LOCATIONS + FAR)
    with ThreadPoolExecutor(5) as pool:
        lost = [pool.submit(lambda: site.browser().open(site.url("/far/"), follow=False)) for _ in range(5)]
        time.sleep(0.3)
        begin = time.monotonic()
        site.stop()
        assert time.monotonic() - begin < 6 * SLOW
        assert {one.result().status for one in lost} <= {502, 504}


def test_nginx_that_has_to_stop_at_once_does_so_in_the_middle_of_a_look_up(start, provider, names, kind):
    names.silent = True
    site = start(provider, kind, http=far_block(provider), locations=LOCATIONS + FAR)
    for _ in range(5):
        site.browser().leave(site.url("/far/"))
    wait_until(lambda: NAME in names.asked, "a question")
    begin = time.monotonic()
    site.nginx.process.terminate()
    assert site.nginx.process.wait(10 * SLOW) == 0 and time.monotonic() - begin < 2 * SLOW


def test_login_that_comes_back_when_the_name_is_gone_ends_on_a_page(start, named, names):
    site = start(named, "resolver")
    customer, browser = site.customer(), site.browser()
    callback = site.begin(browser)
    names.silent = True
    named.stop()
    named.start()  # no connection is kept
    time.sleep(2.5)  # longer than the address is known
    begin = time.monotonic()
    answer = site.come_back(browser, callback)
    assert time.monotonic() - begin < 6 * SLOW
    assert answer.status in (502, 504) and "<h1>" in answer.text
    assert site.is_customer(customer)
