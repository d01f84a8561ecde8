"""How long a customer stays logged in, and where the session holds."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.ports import wait_until
from support.site import LOCATIONS, SCOPE, provider_block

TWO = """
    server { @LISTEN@
        proxy_set_header X-Who $oidc_subject;
        location /a { auth_oidc one; proxy_pass @BACKEND@; }
        location /b { auth_oidc two; proxy_pass @BACKEND@; }
        location /both { auth_oidc $arg_by; proxy_pass @BACKEND@; }
    }
"""
CALLBACKS = {"one": SCOPE + "redirect_uri /one;", "two": SCOPE + "redirect_uri /two;"}


@pytest.fixture
def two(make_site, make_provider):
    """A site of two providers, and the second provider."""
    first, second = make_provider(), make_provider()
    site = make_site(first)

    def start(one="", second_lines="", text=TWO):
        blocks = provider_block(first, "one", CALLBACKS["one"] + one)
        return site.start(text=blocks + provider_block(second, "two", CALLBACKS["two"] + second_lines) + text)

    return start


def with_cookie(site, name, value, **attributes):
    browser = site.browser()
    browser.set_cookie(site.url(), name, value, **attributes)
    return browser


# Reload and workers


@pytest.mark.parametrize("workers", [1, 3])
def test_sessions_are_kept_over_a_reload(site, workers):
    browser = site.start(workers=workers).customer()
    for _ in range(2):
        site.reload("add_header X-Reloaded 1;")
        assert site.is_customer(browser)
    assert browser.open(site.url("/")).get("X-Reloaded") == "1"


def test_login_begun_before_a_reload_is_finished_after_it(site):
    browser = site.start().browser()
    callback = site.begin(browser, "/page")
    site.reload()
    assert site.come_back(browser, callback, follow=True).json()["target"] == "/page"


def test_login_that_waits_for_the_provider_outlives_a_reload(site, provider):
    browser = site.start().browser()
    callback = site.begin(browser, "/page")
    provider.behave(token={"delay": 0.7})
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(site.come_back, browser, callback)
        time.sleep(0.2)
        site.reload(wait_for_old=False)
        assert waiting.result().location == site.url("/page")
    assert site.is_customer(browser)


def test_session_is_known_to_all_workers(site):
    browser = site.start(workers=4).customer()
    assert all(site.is_customer(browser) for _ in range(24))


def test_sessions_in_a_zone_of_their_own_are_kept_over_a_reload(site):
    parts = {"http": "oidc_session_zone zone=customers:2m;", "provider": SCOPE + "session_store customers;"}
    browser = site.start(**parts).customer()
    site.reload(**parts)
    assert site.is_customer(browser)


def test_zone_that_grows_leaves_everybody_able_to_log_in(site):
    lines = SCOPE + "session_store customers;"
    browser = site.start(http="oidc_session_zone zone=customers:1m;", provider=lines).customer()
    site.reload(http="oidc_session_zone zone=customers:3m;", provider=lines)
    assert browser.open(site.url("/")).status == 200


def test_sessions_of_another_server_key_are_not_known(make_site, provider):
    first, second = make_site(provider).start(), make_site(provider).start()
    session = first.customer().cookies(first.url())["NGX_OIDC_SESSION"]
    assert not second.is_customer(with_cookie(second, "NGX_OIDC_SESSION", session))


def test_login_begun_at_one_node_is_finished_by_another_with_the_same_key(make_site, provider, tmp_path):
    key = tmp_path / "session.key"
    key.write_text("4f" * 32 + "\n")
    lines = SCOPE + f"secret_key_file {key}; redirect_uri @ORIGIN@/oidc_callback;"
    first = make_site(provider)
    second = make_site(provider)
    first.start(provider=lines)
    second.start(provider=lines.replace("@ORIGIN@", first.origin))
    browser = first.browser()
    callback = first.begin(browser, "/page")
    answer = second.browser()
    answer.jar = browser.jar
    done = answer.open(callback.replace(first.origin, second.origin), follow=False)
    assert done.status == 302 and done.location == first.url("/page")


def test_server_key_may_be_changed_without_losing_sessions(site, tmp_path):
    key = tmp_path / "session.key"
    key.write_text("4f" * 32 + "\n")
    parts = {"http": f"secret_key_file {key};"}
    browser = site.start(**parts).customer()
    key.write_text("5e" * 32 + "\n" + "4f" * 32 + "\n")
    site.reload(**parts)
    assert site.is_customer(browser)
    key.write_text("5e" * 32 + "\n")
    site.reload(**parts)
    assert not site.is_customer(browser)


# Lifetime


def test_session_ends_when_it_is_not_used(site):
    browser = site.start(provider=SCOPE + "session_timeout 2s;").customer()
    time.sleep(3.2)
    assert not site.is_customer(browser)


def test_sessions_that_nobody_comes_back_for_are_dropped_whichever_worker_dies(site):
    locations = LOCATIONS + "location = /status { auth_oidc off; oidc_status; }"
    site.start("", locations, provider=SCOPE + "session_timeout 3s;", workers=3).customer()
    for pid in sorted(site.nginx.worker_pids())[:2]:
        site.nginx.kill_worker(pid)
    wait_until(lambda: zone_of(site)["expired"] == 1, "the end of the session", 30)
    assert zone_of(site)["sessions"] == 0


def zone_of(site):
    (zone,) = site.browser().fetch(site.url("/status")).json()["session_zones"]
    return zone


def test_session_that_is_used_goes_on(site):
    browser = site.start(provider=SCOPE + "session_timeout 3s;").customer()
    for _ in range(5):
        time.sleep(1)
        assert site.is_customer(browser)


def test_session_ends_after_its_longest_life_whether_used_or_not(site):
    browser = site.start(provider=SCOPE + "session_timeout 2s; session_max_lifetime 3s;").customer()
    states = []
    for _ in range(5):
        time.sleep(1)
        states.append(site.is_customer(browser))
    assert states[0] and not states[-1]
    assert states == sorted(states, reverse=True), "a session came back to life"


def test_session_outlives_its_id_token(site, provider):
    provider.behave(id_token={"exp": int(time.time()) - 50})
    assert site.is_customer(site.start().customer())


# One provider's session is no other's


def test_session_of_one_provider_is_not_one_of_another(two):
    site = two()
    browser = site.browser()
    assert browser.open(site.url("/a")).status == 200
    assert site.is_customer(browser, "/a") and not site.is_customer(browser, "/b")
    assert browser.open(site.url("/b")).status == 200
    assert site.is_customer(browser, "/a") and site.is_customer(browser, "/b")


@pytest.mark.parametrize("zone", ["", "session_store both;"])
def test_cookie_of_one_provider_is_not_taken_for_that_of_another(two, zone):
    http = "oidc_session_zone zone=both:1m;" if zone else ""
    site = two(zone, zone, text=http + TWO)
    browser = site.browser()
    browser.open(site.url("/a"))
    session = browser.cookies(site.url())["NGX_OIDC_SESSION"]
    assert site.is_customer(with_cookie(site, "NGX_OIDC_SESSION", session), "/a")
    assert not site.is_customer(with_cookie(site, "NGX_OIDC_SESSION_two", session), "/b")
    assert not site.is_customer(with_cookie(site, "NGX_OIDC_SESSION", session), "/b")


def test_cookie_name_shared_by_two_providers_does_not_mix_their_sessions(two):
    site = two("cookie_name SHARED;", "cookie_name SHARED;")
    browser = site.browser()
    browser.open(site.url("/a"))
    assert site.is_customer(browser, "/a") and not site.is_customer(browser, "/b")


def test_cookies_of_further_providers_have_their_names(two):
    site = two()
    browser = site.browser()
    browser.open(site.url("/a"))
    browser.open(site.url("/b"))
    assert set(browser.cookies(site.url())) == {"NGX_OIDC_LOGIN", "NGX_OIDC_SESSION", "NGX_OIDC_SESSION_two"}


def test_cookie_name_is_taken_as_it_is_written(tls_site):
    browser = tls_site.start(provider=SCOPE + "cookie_name shop_id;").customer()
    assert set(browser.cookies(tls_site.url())) == {"__Host-NGX_OIDC_LOGIN", "shop_id"}
    assert browser.jar.of("shop.example")["shop_id"].secure


def test_provider_may_be_chosen_by_a_variable(two):
    site = two()
    browser = site.browser()
    seen = browser.open(site.url("/both?by=two")).json()
    assert header(seen, "X-Who")
    assert site.is_customer(browser, "/b") and not site.is_customer(browser, "/a")


@pytest.mark.parametrize("value", ["", "three", "ONE", "one%00", "one%20"])
def test_provider_that_does_not_exist_is_an_error_and_never_open(two, value):
    site = two()
    answer = site.browser().open(site.url(f"/both?by={value}"), follow=False)
    assert answer.status == 500
    assert "ciam: " in site.nginx.log()


def test_variable_may_say_off(two):
    site = two()
    answer = site.browser().open(site.url("/both?by=off"), follow=False)
    assert answer.status == 200 and header(answer.json(), "X-Who") is None


# Cookies that somebody else has put there


def test_session_is_found_among_cookies_of_a_neighbour_domain(site):
    browser = site.start().customer()
    for number, path in enumerate(("/deep", "/deep/er")):
        browser.set_cookie(site.url(), "NGX_OIDC_SESSION", "ABC"[number] * 43, path=path)
    assert site.is_customer(browser, "/deep/er/page")


def test_cookie_of_a_wrong_shape_is_no_session(site):
    site.start()
    for value in ("", "x", "x" * 42, "x" * 44, "x" * 5000, "%00", "a b", '"' + "x" * 43 + '"', "ü" * 20):
        assert not site.is_customer(with_cookie(site, "NGX_OIDC_SESSION", value)), value


def test_name_of_the_cookie_counts_in_its_very_case(site):
    session = site.start().customer().cookies(site.url())["NGX_OIDC_SESSION"]
    assert site.is_customer(with_cookie(site, "NGX_OIDC_SESSION", session))
    for name in ("ngx_oidc_session", "XNGX_OIDC_SESSION", "NGX_OIDC_SESSION2"):
        assert not site.is_customer(with_cookie(site, name, session)), name


def test_cookie_in_several_fields_is_found(site):
    browser = site.start().customer()
    session = browser.cookies(site.url())["NGX_OIDC_SESSION"]
    fields = [("Cookie", "a=b"), ("Cookie", f"NGX_OIDC_SESSION={session}"), ("Cookie", "c=d")]
    assert site.browser().request(site.url("/"), headers=fields).status == 200


def test_cookie_set_over_http_is_not_taken_over_https(tls_site):
    """Only __Host- names can't be set by somebody on the way."""
    session = tls_site.start().customer().cookies(tls_site.url())["__Host-NGX_OIDC_SESSION"]
    assert not tls_site.is_customer(with_cookie(tls_site, "NGX_OIDC_SESSION", session))


def test_host_of_another_site_is_not_logged_in_by_its_own_cookie(make_site, provider):
    """A session holds wherever its cookie is sent; the cookie names no domain, so that is one host."""
    site = make_site(provider).start()
    browser = site.customer()
    assert all(cookie.host_only for cookie in browser.jar.of("localhost").values())


# Many


def test_zone_that_is_full_still_lets_everybody_log_in(site):
    lines = SCOPE + "session_store small; sessions_per_subject 100;"
    site.start(http="oidc_session_zone zone=small:1m;", provider=lines, workers=2)
    browsers = [site.customer() for _ in range(60)]
    assert all(site.is_customer(browser) for browser in browsers)
