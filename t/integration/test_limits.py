"""nginx' own limits and its notion of the client's address hold for logins as for everything else."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.connection import NAVIGATION, Connection
from support.ports import wait_until
from support.site import LOCATIONS, SCOPE

RATE = "limit_req_zone $binary_remote_addr zone=rate:1m rate={};"
SHARES = "limit_conn_zone $binary_remote_addr zone=shares:1m;"
LAN = "location /lan/ { allow 192.0.2.0/24; deny all; proxy_pass @BACKEND@; }"
PROXIES = "real_ip_header X-Forwarded-For; set_real_ip_from 127.0.0.1;"


def from_address(address):
    return [("X-Forwarded-For", address)]


# limit_req


def test_login_that_is_slowed_down_still_ends_at_its_page(site):
    """Each of its requests waits its turn, the callback too."""
    site.start("limit_req zone=rate burst=9;", http=RATE.format("10r/s"))
    begin = time.monotonic()
    answer = site.browser().open(site.url("/page?x=1"))
    assert answer.status == 200 and answer.json()["target"] == "/page?x=1"
    assert time.monotonic() - begin > 0.15


def test_customers_whose_turn_comes_late_all_log_in(site):
    site.start("limit_req zone=rate burst=30;", http=RATE.format("20r/s"))
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda number: site.browser().open(site.url(f"/{number}")), range(5)))
    assert [answer.json()["target"] for answer in answers] == [f"/{number}" for number in range(5)]


@pytest.mark.parametrize("path", ["/oidc_callback?code=a&state=b", "/login", "/logout"])
def test_limit_of_the_server_holds_for_the_address_of_the_module(site, path):
    lines = SCOPE + " login_uri /login; logout_uri /logout;"
    site.start("limit_req zone=rate; limit_req_status 429;", http=RATE.format("1r/m"), provider=lines)
    statuses = [site.browser().open(site.url(path), follow=False).status for _ in range(2)]
    assert statuses[0] in (200, 302, 400) and statuses[1] == 429


def test_limit_of_a_location_leaves_the_login_alone(site):
    locations = LOCATIONS + "location /search { limit_req zone=rate; limit_req_status 429; proxy_pass @BACKEND@; }"
    browser = site.start("", locations, http=RATE.format("1r/m")).browser()
    assert browser.open(site.url("/page")).status == 200
    assert [browser.open(site.url("/search")).status for _ in range(2)] == [200, 429]


def test_dry_run_refuses_nobody(site):
    site.start("limit_req zone=rate; limit_req_dry_run on;", http=RATE.format("1r/m"))
    assert site.is_customer(site.customer())


# limit_conn


def test_login_that_waits_for_the_provider_counts_as_a_connection_and_gives_its_share_back(site, provider):
    provider.behave(discovery={"delay": 1})
    site.start("limit_conn shares 1; limit_conn_status 429;", http=SHARES)
    with Connection(site) as waiting:
        waiting.send(waiting.head("/x"))
        wait_until(lambda: site.browser().open(site.url("/open/")).status == 429, "the waiting request")
        assert site.goes_to_provider(waiting.answer())
    for _ in range(3):
        assert site.browser().open(site.url("/open/")).status == 200
    assert site.is_customer(site.customer())


def test_customer_who_leaves_a_waiting_login_gives_his_share_back(site, provider):
    provider.behave(discovery={"delay": 3})
    site.start("limit_conn shares 1; limit_conn_status 429;", http=SHARES)
    with Connection(site) as waiting:
        waiting.send(waiting.head("/x"))
        wait_until(lambda: site.browser().open(site.url("/open/")).status == 429, "the waiting request")
    wait_until(lambda: site.browser().open(site.url("/open/")).status == 200, "the free share")


# The client's address


def test_address_that_a_trusted_proxy_tells_needs_no_login_under_satisfy_any(site):
    site.start("satisfy any; allow 192.0.2.0/24; deny all;" + PROXIES)
    browser = site.browser()
    assert browser.open(site.url("/"), headers=from_address("192.0.2.7"), follow=False).status == 200
    for address in ("198.51.100.7", "192.0.2.7, 198.51.100.7", "rubbish", ""):
        assert site.goes_to_provider(browser.open(site.url("/"), headers=from_address(address), follow=False)), address


def test_address_that_anybody_else_tells_is_not_believed(site):
    trusting_another = "real_ip_header X-Forwarded-For; set_real_ip_from 203.0.113.1;"
    for lines in ("", trusting_another):
        site.start("satisfy any; allow 192.0.2.0/24; deny all;" + lines)
        answer = site.browser().open(site.url("/"), headers=from_address("192.0.2.7"), follow=False)
        assert site.goes_to_provider(answer)
        site.stop()


def test_customer_stays_out_where_his_real_address_is_denied(site):
    browser = site.start(PROXIES, LOCATIONS + LAN).customer()
    assert browser.open(site.url("/lan/"), headers=from_address("198.51.100.7")).status == 403
    assert browser.open(site.url("/lan/"), headers=from_address("192.0.2.7")).status == 200


def test_customer_whose_address_changes_stays_logged_in(site):
    """Telephones wander between networks."""
    browser = site.start(PROXIES).browser()
    answer = browser.open(site.url("/"), headers=from_address("192.0.2.7"))
    for address in ("198.51.100.7", "2001:db8::1", "192.0.2.7"):
        answer = browser.open(site.url("/"), headers=from_address(address), follow=False)
        assert answer.status == 200, address


def test_real_address_does_not_change_which_site_this_is(site):
    """real_ip believes the address alone."""
    site.start(PROXIES)
    told = from_address("192.0.2.7") + [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example")]
    told += [("X-Forwarded-Port", "443"), ("Forwarded", "for=192.0.2.7;host=evil.example;proto=https")]
    browser = site.browser()
    answer = browser.open(site.url("/x"), headers=told, follow=False)
    assert answer.location_parameters["redirect_uri"] == site.url("/oidc_callback")
    assert list(answer.new_cookies()) == ["NGX_OIDC_LOGIN"]
    assert browser.fetch(site.url("/x"), headers=told).json()["login_url"] == site.url("/x")


@pytest.mark.parametrize("told, status", [("192.0.2.7", 200), ("198.51.100.7", 403)])
def test_address_that_the_proxy_protocol_tells_decides(site, told, status):
    listen = site.listen.replace(";", " proxy_protocol;", 1)
    lines = "real_ip_header proxy_protocol; set_real_ip_from 127.0.0.1;"
    site.start(text=site.http(lines, LOCATIONS.replace("auth_oidc off;", "auth_oidc off; allow 192.0.2.7; deny all;"))
               .replace(site.listen, listen))  # fmt: skip
    with Connection(site) as connection:
        connection.send(f"PROXY TCP4 {told} 127.0.0.1 40000 {site.port}\r\n".encode())
        assert site.goes_to_provider(connection.ask("/", extra=NAVIGATION))
        assert connection.ask("/open/").status == status
