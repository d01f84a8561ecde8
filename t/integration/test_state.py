"""The way back from the provider: whose login it was, how old, and how often."""

import re
import time
from html import unescape
from urllib.parse import urlencode, urljoin

import pytest
from support.site import provider_block


def altered(callback):
    """One character of the state is another one."""
    begin = callback.index("state=") + len("state=") + 20
    other = "A" if callback[begin] != "A" else "B"
    return callback[:begin] + other + callback[begin + 1 :]


def without(callback, name):
    return re.sub(rf"(?<=[?&]){name}=[^&]*&?", "", callback).rstrip("&")


def links_of(page):
    return {urljoin(page.url, unescape(link)) for link in re.findall(r'href="([^"]*)"', page.text)}


WRONG = {
    "an altered state": altered,
    "no state": lambda url: without(url, "state"),
    "an empty state": lambda url: without(url, "state") + "&state=",
    "a state of nonsense": lambda url: without(url, "state") + "&state=nonsense",
    "a huge state": lambda url: without(url, "state") + "&state=" + "x" * 6000,
    "a state cut short": lambda url: re.sub(r"(state=[^&]{30})[^&]*", r"\1", url),
    "a state with bytes that are no UTF-8": lambda url: without(url, "state") + "&state=%ff%00%0d%0a",
    "the state twice": lambda url: url + "&" + re.search(r"state=[^&]*", url)[0],
    "the code twice": lambda url: url + "&code=other",
    "neither code nor error": lambda url: without(url, "code"),
    "nothing at all": lambda url: url.partition("?")[0],
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_error_page_and_no_token_request_for_a_callback_with(site, provider, change):
    browser = site.start().browser()
    answer = site.come_back(browser, change(site.begin(browser)))
    assert answer.status == 400 and "no-store" in answer.get("Cache-Control")
    assert '<html lang="' in answer.text and "<title>" in answer.text and 'href="/"' in answer.text
    assert provider.seen("token") == []
    assert "NGX_OIDC_SESSION" not in browser.cookies(site.url())


def test_altered_state_is_an_error_also_for_a_customer_with_a_session(site):
    browser = site.start().customer()
    other = site.browser()
    assert site.come_back(browser, altered(site.begin(other))).status == 400
    assert site.is_customer(browser)


def test_state_of_another_nginx_is_an_error(make_site, provider):
    first, second = make_site(provider).start(), make_site(provider).start()
    browser = first.browser()
    callback = first.begin(browser)
    assert second.come_back(browser, callback.replace(first.origin, second.origin)).status == 400
    assert provider.seen("token") == []


def test_callback_in_a_browser_without_any_cookie_explains_what_is_blocked(site, provider):
    callback = site.begin(site.start().browser(), "/members?x=1")
    answer = site.come_back(site.browser(), callback)
    assert answer.status == 400 and "cookie" in answer.text.lower()
    assert site.url("/members?x=1") in links_of(answer)
    assert provider.seen("token") == []


# A state that was made for another cookie


def test_login_begun_in_another_browser_is_begun_afresh_and_its_code_never_spent(site, provider):
    mine, other = site.start().browser(), site.browser()
    site.begin(mine)
    answer = site.come_back(mine, site.begin(other, "/foreign"))
    assert site.goes_to_provider(answer)
    assert provider.seen("token") == []
    assert site.arrives_at(mine, answer.location) == "/foreign"


def test_fresh_login_that_comes_back_to_a_lost_cookie_again_ends_on_an_error_page(site, provider):
    mine, other = site.start().browser(), site.browser()
    site.begin(mine)
    again = site.come_back(mine, site.begin(other))
    callback = mine.open(again.location, follow=False).location
    mine.forget_cookies(site.url())
    site.begin(mine)
    answer = site.come_back(mine, callback)
    assert answer.status == 400
    assert provider.seen("token") == []


def test_login_begun_in_another_browser_leads_a_customer_to_its_page(site, provider):
    mine, other = site.start().customer(), site.browser()
    tokens_before = len(provider.seen("token"))
    answer = site.come_back(mine, site.begin(other, "/foreign?a=%20"))
    assert (answer.status, answer.location) == (302, site.url("/foreign?a=%20"))
    assert len(provider.seen("token")) == tokens_before
    assert mine.cookies(site.url())["NGX_OIDC_SESSION"]


def test_customer_can_not_be_logged_in_as_somebody_else_by_a_link(site, provider):
    """Login CSRF: an attacker sends a link with a code of his own account."""
    victim, attacker = site.start().browser(), site.browser()
    site.begin(victim)
    link = site.begin(attacker)
    site.come_back(victim, link)
    assert "NGX_OIDC_SESSION" not in victim.cookies(site.url())


def test_restored_tabs_that_each_got_a_cookie_complete(site, provider):
    browser = site.start().browser()
    first = site.begin(browser, "/first")
    browser.forget_cookies(site.url())
    second = site.begin(browser, "/second")
    # The first tab's cookie is gone: a fresh login, then the second tab finds a session.
    assert site.come_back(browser, first, follow=True).json()["target"] == "/first"
    assert site.come_back(browser, second, follow=True).json()["target"] == "/second"


def test_second_login_cookie_of_a_neighbour_domain_does_not_hinder(site, provider):
    browser = site.start().browser()
    callback = site.begin(browser)
    browser.set_cookie(site.url(), "NGX_OIDC_LOGIN", "T" * 43, path="/oidc_callback")
    assert site.come_back(browser, callback, follow=True).status == 200


# Time


def test_login_that_took_too_long_is_begun_afresh(site, provider):
    browser = site.start(provider="scope openid email; login_timeout 1s;").browser()
    callback = site.begin(browser, "/late")
    time.sleep(2.1)
    answer = site.come_back(browser, callback)
    assert site.goes_to_provider(answer) and provider.seen("token") == []
    assert site.arrives_at(browser, answer.location) == "/late"


def test_login_that_took_too_long_leads_a_customer_to_its_page(site, provider):
    browser = site.start(provider="scope openid email; login_timeout 1s;").browser()
    late = site.begin(browser, "/late")
    browser.open(site.url("/"))
    spent = len(provider.seen("token"))
    time.sleep(2.1)
    answer = site.come_back(browser, late)
    assert (answer.status, answer.location) == (302, site.url("/late"))
    assert len(provider.seen("token")) == spent == 1


# Twice


def test_callback_twice_leads_to_the_page_and_spends_the_code_once(site, provider):
    browser = site.start().browser()
    callback = site.begin(browser, "/page?x=%2F")
    answers = [site.come_back(browser, callback) for _ in range(3)]
    assert {(one.status, one.location) for one in answers} == {(302, site.url("/page?x=%2F"))}
    assert len(provider.seen("token")) == 1
    assert site.is_customer(browser)


def test_back_button_after_a_logout_begins_a_login_and_does_not_revive_the_session(site, provider):
    site.start(provider="scope openid email; logout_uri /logout;")
    browser = site.browser()
    callback = site.begin(browser, "/page")
    site.come_back(browser, callback)
    browser.click("/logout")
    answer = site.come_back(browser, callback)
    assert site.goes_to_provider(answer)
    assert len(provider.seen("token")) == 1
    assert not site.is_customer(browser)


def test_code_that_the_provider_calls_used_is_an_error_page_with_a_way_on(site, provider):
    provider.behave(token={"status": 400, "body": '{"error":"invalid_grant"}'})
    answer = site.start().browser().open(site.url("/page"))
    assert answer.status == 400 and "<a href=" in answer.text


def test_junk_code_is_an_error_page(site, provider):
    browser = site.start().browser()
    answer = site.come_back(browser, without(site.begin(browser), "code") + "&code=junk-of-an-attacker")
    assert answer.status == 400
    assert "NGX_OIDC_SESSION" not in browser.cookies(site.url())


# Errors that the provider sends back


def test_login_that_the_customer_cancels_is_a_page_with_two_ways_on(site, provider):
    provider.behave(response={"code": None, "error": "access_denied", "error_description": "no <b>thanks</b>"})
    answer = site.start().browser().open(site.url("/page?a=1&b=2"))
    assert answer.status == 403 and provider.seen("token") == []
    assert {site.url("/page?a=1&b=2"), site.url("/")} <= links_of(answer)
    assert "<b>thanks" not in answer.text


ERRORS = {"known": "server_error", "of the client": "invalid_scope", "long": "x" * 3000, "HTML": "<script>", "NUL": "a%00b"}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS.keys())
def test_other_error_of_the_provider_is_an_error_page(site, provider, error):
    provider.behave(response={"code": None, "error": error, "error_description": "<script>1</script>"})
    answer = site.start().browser().open(site.url("/"))
    assert answer.status == 502 and "<script>1" not in answer.text
    assert 'ciam: provider "shop"' in site.nginx.log()


@pytest.mark.parametrize("error", ["login_required", "interaction_required", "consent_required", "account_selection_required"])
def test_provider_that_may_not_ask_the_customer_leads_to_a_line_that_names_prompt_none(site, provider, error):
    provider.behave(response={"code": None, "error": error})
    answer = site.start("auth_oidc_args prompt=none;").browser().open(site.url("/"))
    assert provider.seen("authorization")[-1].query["prompt"] == "none"
    assert answer.status == 502 and provider.seen("token") == []
    assert f"has to ask the customer and may not ({error}); take prompt=none out of auth_oidc_args" in site.nginx.log()


def test_error_with_an_altered_state_is_not_believed(site, provider):
    browser = site.start().browser()
    wrong = altered(without(site.begin(browser), "code")) + "&error=access_denied"
    assert site.come_back(browser, wrong).status == 400


def test_error_of_a_login_of_another_browser_does_not_end_on_its_page(site, provider):
    mine, other = site.start().browser(), site.browser()
    site.begin(mine)
    foreign = without(site.begin(other), "code") + "&error=access_denied"
    answer = site.come_back(mine, foreign)
    assert answer.status in (302, 400, 403) and "NGX_OIDC_SESSION" not in mine.cookies(site.url())


# Where the callback is


LOCATIONS = {
    "denies it": "location = /oidc_callback { deny all; }",
    "returns": "location ~ callback { return 418; }",
    "rewrites it": "location /oidc_ { rewrite ^ /elsewhere; }",
    "needs no login": "location = /oidc_callback { auth_oidc off; }",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS.keys())
def test_callback_is_served_although_its_location(site, location):
    site.start("", location + " location / { proxy_pass @BACKEND@; }").customer()


def test_callback_takes_another_path_where_it_is_told(site):
    site.start(provider="scope openid email; redirect_uri /_login/done;")
    answer = site.browser().open(site.url("/a"))
    assert answer.status == 200 and "/_login/done?" in answer.history[-1].url


def test_post_to_the_callback_is_refused(site):
    browser = site.start().browser()
    callback = site.begin(browser)
    path, _, query = callback.partition("?")
    answer = browser.open(path, method="POST", body=query.encode(), follow=False)
    assert answer.status == 405


def test_callback_of_one_provider_does_not_finish_the_login_of_another(make_site, make_provider):
    first, second = make_provider(), make_provider()
    site = make_site(first)
    site.start(
        text=provider_block(first, "one", "redirect_uri /one;")
        + provider_block(second, "two", "redirect_uri /two;")
        + """server { @LISTEN@
            location /a { auth_oidc one; proxy_pass @BACKEND@; }
            location /b { auth_oidc two; proxy_pass @BACKEND@; }
        }"""
    )
    browser = site.browser()
    begun = browser.open(site.url("/a"), follow=False)
    callback = browser.open(begun.location, follow=False).location
    answer = site.come_back(browser, callback.replace("/one?", "/two?"))
    assert answer.status == 400
    assert first.seen("token") == [] and second.seen("token") == []


@pytest.mark.parametrize("name", ["code", "state", "error", "iss"])
def test_enormous_parameter_is_an_error_page_and_no_crash(site, name):
    browser = site.start("large_client_header_buffers 4 64k;").browser()
    callback = without(site.begin(browser), name)
    answer = site.come_back(browser, f"{callback}&{urlencode({name: 'x' * 9000})}")
    assert answer.status in (400, 502)
    site.customer()
