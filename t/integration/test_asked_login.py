"""What a location asks of the login (max_age, acr_values) has to be in the ID token that comes back."""

import time

import pytest
from support.refusals import assert_refused
from support.site import SCOPE

ASKING = "location / {{ auth_oidc_args {args}; proxy_pass @BACKEND@; }}"


def start(site, args):
    return site.start("", ASKING.format(args=args))


def assert_no_login(site, *words):
    browser = site.browser()
    assert browser.open(site.url("/")).status == 502
    assert not site.is_customer(browser)
    for word in words:
        assert word in site.nginx.log()


@pytest.mark.parametrize("acr", ["gold", "urn:silver"])
def test_login_of_an_acr_that_was_asked_is_taken(site, provider, acr):
    provider.behave(id_token={"acr": acr})
    start(site, '"acr_values=gold urn:silver"').customer()
    assert provider.seen("authorization")[0].query["acr_values"] == "gold urn:silver"


@pytest.mark.parametrize("acr", ["bronze", "gol", "", None, ["gold"]])
def test_login_of_another_acr_is_refused(site, provider, acr):
    provider.behave(id_token={"acr": acr})
    start(site, '"acr_values=gold urn:silver"')
    assert_no_login(site, "acr")


def test_login_is_refused_where_the_customer_took_the_acr_out_of_the_address(site, provider):
    start(site, "acr_values=gold")
    browser = site.browser()
    away = browser.open(site.url("/"), follow=False).location
    back = browser.open(away.replace("&acr_values=gold", ""), follow=False, initiator=site.url("/")).location
    assert "acr_values" not in provider.seen("authorization")[0].query
    assert site.come_back(browser, back).status == 502
    assert not site.is_customer(browser)


def test_login_without_an_acr_is_taken_where_none_was_asked(site, provider):
    provider.behave(id_token={"acr": "anything", "auth_time": 1})
    site.start().customer()


@pytest.mark.parametrize("args", ["max_age=300", "max_age=0"])
def test_login_that_is_young_enough_is_taken(site, provider, args):
    provider.behave(id_token={"auth_time": int(time.time())})
    start(site, args).customer()


WRONG = {
    "that is too old": {"auth_time": int(time.time()) - 3600},
    "of an unknown time": {"auth_time": None},
    "of the future": {"auth_time": int(time.time()) + 7200},
    "at a time that is no number": {"auth_time": "now"},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
def test_login_is_refused_where_max_age_was_asked_for_one(site, provider, claims):
    provider.behave(id_token=claims)
    start(site, "max_age=300")
    assert_no_login(site, "auth_time")


def test_what_is_asked_may_be_a_variable(site, provider):
    provider.behave(id_token={"acr": "gold"})
    start(site, "acr_values=$arg_level max_age=$arg_age").customer("/?level=gold")
    browser = site.browser()
    assert browser.open(site.url("/?level=diamond")).status == 502


def test_max_age_of_a_variable_that_is_no_number_is_an_error(site, provider):
    start(site, "max_age=$arg_age")
    assert site.browser().open(site.url("/?age=soon")).status == 500
    assert provider.seen("authorization") == [] and "max_age" in site.nginx.log()


def test_max_age_that_is_no_number_is_refused_at_the_start(check):
    assert_refused(check("", location="auth_oidc shop; auth_oidc_args max_age=1h;"), "max_age", "seconds", "max_age=300")


@pytest.mark.parametrize("acr, status", [(None, 200), ("gold", 200), ("bronze", 502)])
def test_acr_that_is_asked_for_all_logins_may_be_left_out_and_not_be_another(site, provider, acr, status):
    provider.behave(id_token={"acr": acr})
    site.start(provider=SCOPE + 'extra_auth_args "acr_values=gold";')
    assert site.browser().open(site.url("/")).status == status
