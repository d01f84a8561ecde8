"""What a client makes up on purpose costs the provider little, and other clients nothing."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.logout_tokens import logout_token, reason, tell
from support.site import SCOPE

MOST_REFUSED = 30
REAL_IP = "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;"


def come_back_with_junk(site, address=None):
    """A login that was really begun, and a code that the provider never gave."""
    browser = site.browser()
    fields = [("X-Real-IP", address)] if address else []
    callback = re.sub("code=[^&]*", "code=junk", site.begin(browser))
    return browser.open(callback, follow=False, initiator=site.provider.issuer, headers=fields)


def come_back(site, address):
    browser = site.browser()
    callback = site.begin(browser)
    return browser.open(callback, follow=False, initiator=site.provider.issuer, headers=[("X-Real-IP", address)])


@pytest.mark.parametrize("workers", [1, 2])
def test_junk_codes_of_one_address_stop_reaching_the_provider(site, provider, workers):
    site.start(workers=workers)
    statuses = [come_back_with_junk(site).status for _ in range(MOST_REFUSED + 15)]
    assert statuses.count(400) <= MOST_REFUSED + 5 and statuses[-5:] == [429] * 5  # a minute may begin in between
    assert len(provider.seen("token")) == statuses.count(400)


def test_page_for_too_many_junk_codes_says_how_long_to_wait_and_the_log_what_happened(site, provider):
    site.start()
    answers = [come_back_with_junk(site) for _ in range(MOST_REFUSED + 12)]
    assert answers[-1].status == 429 and "<h1>" in answers[-1].text
    assert int(answers[-1].get("Retry-After")) == 60 and answers[-1].get("Cache-Control") == "no-store"
    lines = [line for line in site.nginx.log().splitlines() if "too many logins of one client address" in line]
    assert 1 <= len(lines) <= 2 and "[warn]" in lines[0] and "real_ip_header" in lines[0]


def test_burst_of_junk_codes_is_bounded_too(site, provider):
    site.start(workers=2)
    provider.behave(token={"delay": 0.5, "status": 400, "body": '{"error":"invalid_grant"}'})
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda _: come_back_with_junk(site), range(200)))
    # What was on its way before the first refusal came, and no more.
    assert len(provider.seen("token")) < 130


def test_clients_of_other_addresses_log_in_meanwhile(site, provider):
    site.start(REAL_IP)
    while come_back_with_junk(site, "192.0.2.1").status != 429:
        assert len(provider.seen("token")) < 100
    assert come_back(site, "192.0.2.1").status == 429
    for address in ("192.0.2.2", "2001:db8::1"):
        assert come_back(site, address).status == 302


def test_ipv6_network_counts_as_one_client(site):
    site.start(REAL_IP)
    for number in range(MOST_REFUSED + 12):
        last = come_back_with_junk(site, f"2001:db8:0:1::{number:x}").status
    assert last == 429
    assert come_back(site, "2001:db8:0:2::1").status == 302


def test_many_customers_behind_one_address_may_fail_now_and_then(site):
    """A large site behind a proxy: what counts is the share."""
    site.start()
    for _ in range(45):
        site.customer()
    assert [come_back_with_junk(site).status for _ in range(40)] == [400] * 40


def test_provider_that_fails_is_nobodys_junk(site, provider):
    site.start(provider=SCOPE + "timeout connect=1s total=2s;")
    provider.behave(token={"status": 500})
    for _ in range(MOST_REFUSED + 12):
        browser = site.browser()
        assert site.come_back(browser, site.begin(browser)).status == 502
    provider.behave_well()
    site.customer()


def test_callbacks_that_spend_no_code_count_for_nothing(site, provider):
    site.start()
    for _ in range(MOST_REFUSED + 12):
        assert site.browser().open(site.url("/oidc_callback?code=junk&state=junk")).status == 400
    site.customer()
    assert len(provider.seen("token")) == 1


# Strangers


def test_host_of_a_stranger_is_421_and_one_line_in_the_log(site):
    site.start("server_name shop.example;")
    for _ in range(20):
        answer = site.browser().open(site.url("/"), headers=[("Host", "evil.example")], follow=False)
        assert answer.status == 421 and "evil.example" not in answer.text + str(answer.headers)
    lines = [line for line in site.nginx.log().splitlines() if "none of this server's server_name" in line]
    assert 1 <= len(lines) <= 2 and "[warn]" in lines[0]


def test_host_of_a_stranger_harms_no_customer(site):
    browser = site.start().customer()
    assert site.browser().open(site.url("/"), headers=[("Host", "evil.example")], follow=False).status == 421
    assert header(browser.open(site.url("/")).json(), "X-Customer-Email") == site.provider.customer["email"]


# The log

WORDS = [first + second for first in "abcdefgh" for second in "abcdef"]


def lines_with(site, text):
    return [line for line in site.nginx.log().splitlines() if text in line]


def test_words_that_strangers_make_up_as_errors_are_one_line_in_the_log(site):
    site.start()
    for word in WORDS:
        browser = site.browser()
        callback = re.sub("code=[^&]*", f"error={word}", site.begin(browser))
        assert site.come_back(browser, callback).status == 502
    assert 1 <= len(lines_with(site, "refused the authorization request")) <= 2  # a minute may begin in between


def test_algorithms_that_strangers_make_up_are_one_line_in_the_log(site, provider):
    site.start(provider=SCOPE + " backchannel_logout_uri /told;")
    for word in WORDS:
        assert word in reason(tell(site, logout_token(provider, header={"alg": word})))
    assert 1 <= len(lines_with(site, "a back-channel logout is refused")) <= 2
