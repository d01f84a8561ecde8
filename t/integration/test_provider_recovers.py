"""A provider that was away, or has changed, serves logins again without anybody's help."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import tokens, wire
from support.nginx import SLOW
from support.ports import free_port, wait_until
from support.site import SCOPE

QUICK = SCOPE + f"userinfo on; timeout connect={500 * SLOW}ms total={1000 * SLOW}ms;"
ENDPOINTS = ("discovery", "jwks", "token", "userinfo")
# Five for nginx, the rest for a busy machine.
RECOVERED = 8 * SLOW


def can_log_in(site):
    return site.browser().open(site.url("/")).status == 200


def assert_recovers(site):
    wait_until(lambda: can_log_in(site), "a login after the provider's recovery", RECOVERED)


TROUBLES = {
    "hung": {"hang": True},
    "dripped": {"wire": wire.drips},
    "cut connections": {"wire": wire.cut_in_the_middle},
    "answered 500": {"status": 500},
    "asked to come back in a day": {"status": 429, "headers": {"Retry-After": "86400"}},
    "was in maintenance": {"status": 503, "body": "<html>", "content_type": "text/html"},
    "sent nonsense": {"body": "nonsense"},
}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("order", TROUBLES.values(), ids=TROUBLES.keys())
def test_logins_work_again_at_a_provider_that(site, provider, order, workers):
    provider.behave(**{endpoint: order for endpoint in ENDPOINTS})
    site.start(provider=QUICK, workers=workers)
    assert not can_log_in(site)
    provider.behave_well()
    assert_recovers(site)


@pytest.mark.parametrize("order", TROUBLES.values(), ids=TROUBLES.keys())
def test_logins_work_again_after_some_were_made_at_a_provider_that(site, provider, order):
    site.start(provider=QUICK).customer()
    provider.behave(token=order)
    assert not can_log_in(site)
    provider.behave_well()
    assert_recovers(site)


@pytest.mark.parametrize("workers", [1, 2])
def test_logins_work_again_at_a_provider_that_was_down(site, provider, workers):
    site.start(provider=QUICK, workers=workers).customer()
    for _ in range(2):
        provider.stop()
        callback = site.browser().open(site.url("/"), follow=False)
        assert site.goes_to_provider(callback)
        provider.start()
        assert_recovers(site)


def test_connections_that_died_while_they_were_kept_fail_no_login(site, provider):
    site.start(provider=QUICK)
    for _ in range(3):
        site.customer()
        for connection in list(provider.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
    assert "[error]" not in site.nginx.log()


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_fifty_first_requests_at_once_are_all_answered(site, provider, workers):
    provider.behave(discovery={"delay": 1})
    site.start(workers=workers)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: site.browser().open(site.url("/"), follow=False), range(50)))
    assert all(site.goes_to_provider(answer) for answer in answers)
    assert len(provider.seen("discovery")) == 1


def test_fifty_logins_at_once_all_end_on_their_page(site, provider):
    provider.behave(token={"delay": 0.3})
    site.start(workers=2)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda i: site.browser().open(site.url(f"/page-{i}")), range(50)))
    assert [answer.json()["target"] for answer in answers] == [f"/page-{i}" for i in range(50)]


@pytest.mark.parametrize("workers", [1, 2])
def test_metadata_that_are_wrong_are_asked_for_again_by_visitors_alone(site, provider, workers):
    provider.behave(metadata={"issuer": "https://another.example"})
    site.start(workers=workers)
    wait_until(lambda: "names the issuer" in site.nginx.log(), "the metadata's refusal", 8 * SLOW)
    asked = len(provider.seen("discovery"))
    time.sleep(4)
    assert len(provider.seen("discovery")) == asked
    assert not can_log_in(site)
    assert len(provider.seen("discovery")) == asked + 1
    provider.behave_well()
    assert_recovers(site)


# What has changed meanwhile


def test_first_login_after_the_keys_were_replaced_works(site, provider):
    site.start(workers=2).customer()
    for number in (1, 2):
        provider.use_key(tokens.SigningKey(kid=f"key-{number + 1}", number=number))
        site.customer()


def test_customers_who_come_back_at_once_with_a_new_key_all_log_in(site, provider):
    site.start(workers=2).customer()
    provider.use_key(tokens.SigningKey(kid="key-2", number=1))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: site.browser().open(site.url("/")), range(20)))
    assert [answer.status for answer in answers] == [200] * 20
    assert len(provider.seen("jwks")) <= 3


def test_flood_of_tokens_with_unknown_keys_reaches_the_provider_as_a_trickle(site, provider):
    customer = site.start(provider=QUICK, workers=2).customer()
    provider.behave(id_token_header={"kid": "nobody's"})
    begin = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: site.browser().open(site.url("/")), range(60)))
    assert [answer.status for answer in answers] == [502] * 60
    assert len(provider.seen("jwks")) <= 3 + (time.monotonic() - begin) * 2
    assert site.is_customer(customer)


MOVED = {"token": "token_endpoint", "userinfo": "userinfo_endpoint"}


@pytest.mark.parametrize("name", MOVED.values(), ids=MOVED.keys())
def test_endpoint_that_has_moved_is_found_again(site, provider, name):
    closed = f"http://127.0.0.1:{free_port()}/"
    provider.behave(metadata={name: closed})
    site.start(provider=QUICK)
    assert not can_log_in(site)
    provider.behave_well()
    assert_recovers(site)
