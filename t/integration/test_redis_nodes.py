"""Several nginx share sessions through Redis: what happens at one is known at the others at once."""

import time

import pytest
from support.nodes import redis_status, wait_until_connected, who
from support.ports import wait_until


@pytest.fixture
def pair(nodes):
    return nodes.start(), nodes.start()


def test_login_at_one_node_is_known_at_the_other_at_once(pair):
    here, there = pair
    browser = here.customer()
    assert who(there, browser) == who(here, browser) is not None


def test_logout_at_one_node_ends_the_session_at_the_other_at_once(pair):
    here, there = pair
    browser = here.customer()
    thief = there.browser()
    session = browser.cookies(here.url())[here.session_cookie]
    thief.set_cookie(there.url(), there.session_cookie, session)
    assert there.is_customer(thief)
    browser.click("/logout", follow=False)
    began = time.monotonic()
    wait_until(lambda: not there.is_customer(thief), "the other node to hear of the logout", 5)
    assert time.monotonic() - began < 1


def test_logout_by_the_provider_ends_the_session_at_every_node(pair, provider):
    here, there = pair
    provider.behave(id_token={"sid": "provider-session-1"})
    browser = here.customer()
    assert there.is_customer(browser)
    front = f"/front?iss={provider.issuer}&sid=provider-session-1"
    assert there.browser().fetch(there.url(front)).status == 200
    assert not there.is_customer(browser)
    wait_until(lambda: not here.is_customer(browser), "the other node to hear of the logout", 1)
