"""An oidc_check, or a protected page that another fetches, needs the access token: it is refreshed before it goes on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.expiring import BEARER, CODE, QUICK, all_at_once, customer, told, told_by_two_workers
from support.nodes import wait_until_connected
from support.ports import wait_until
from support.site import SCOPE, provider_block

PATIENT = SCOPE + "timeout connect=5s total=20s;"
PAGES = f"""
    location / {{ proxy_pass @BACKEND@; }}
    location = /who {{ auth_oidc off; default_type text/plain; return 200 "$pid"; }}
    location = /auth {{ internal; auth_oidc shop; oidc_check; }}
    location = /auth/optional {{ internal; auth_oidc shop; auth_oidc_mode optional; oidc_check; }}
    location /api/ {{ auth_oidc off; auth_request /auth; {BEARER} {CODE} proxy_pass @BACKEND@; }}
    location /optional/ {{ auth_oidc off; auth_request /auth/optional; {BEARER} {CODE} proxy_pass @BACKEND@; }}
    location /plain/ {{ auth_oidc off; auth_request /auth; proxy_pass @BACKEND@; }}
    location /either/ {{ satisfy any; auth_request /auth; {BEARER} {CODE} proxy_pass @BACKEND@; }}
    location = /auth/token {{ internal; auth_oidc shop; oidc_check; oidc_set_header X-Token $oidc_access_token; }}
    location /by-field/ {{
        auth_oidc off;
        auth_request /auth/token;
        auth_request_set $token $sent_http_x_token;
        proxy_set_header Authorization "Bearer $token";
        proxy_pass @BACKEND@;
    }}
"""
FRAGMENT = f"location /part/ {{ {BEARER} {CODE} proxy_pass @BACKEND@; }}"
INCLUDES = "".join(f'<!--#include virtual="/part/{n}" -->,' for n in range(4))
FETCHING = f"""
    location = /included {{ @AUTH@ default_type text/html; ssi on; return 200 '[{INCLUDES}0]'; }}
    location = /asked {{ @AUTH@ auth_request /part/0; proxy_pass @BACKEND@; }}
    location = /mirrored {{ @AUTH@ mirror /part/0; proxy_pass @BACKEND@; }}
    {FRAGMENT}
"""
ASKING = ["/api/", "/optional/", "/either/", "/by-field/"]


def start(site, lines=QUICK, more="", **options):
    return site.start("", PAGES + more, provider=lines, **options)


def is_replaced(provider, token):
    """True for one that came from the only refresh."""
    assert len(provider.seen("refresh")) == 1
    return token == list(provider.access_tokens)[-1]


# oidc_check


@pytest.mark.parametrize("path", ASKING)
def test_page_behind_a_check_passes_a_token_on_that_is_good(site, provider, path):
    browser = customer(start(site), provider)
    token = told(site, browser, path)[0]
    assert is_replaced(provider, token) and told(site, browser, path)[0] == token
    assert len(provider.seen("refresh")) == 1


def test_map_of_the_token_that_was_read_before_the_check_is_of_the_new_one(site, provider):
    of_map = "map $oidc_access_token $mapped { default $oidc_access_token; }"
    use = "if ($mapped = none) { return 404; } proxy_set_header Authorization $mapped;"
    more = f"location /mapped/ {{ auth_oidc off; auth_request /auth; {use} proxy_pass @BACKEND@; }}"
    start(site, more=more, http=of_map)
    provider.behave(refresh_response={"expires_in": 0})
    browser = customer(site, provider)  # who needs a token in any location, even this one
    calls = len(provider.seen("refresh"))
    provider.behave(refresh_response={})
    assert told(site, browser, "/mapped/")[0] == list(provider.access_tokens)[-1]
    assert len(provider.seen("refresh")) == calls + 1


def test_page_that_passes_no_token_on_has_none_replaced_by_its_check(site, provider):
    browser = customer(start(site), provider)
    assert site.is_customer(browser, "/plain/") and not provider.seen("refresh")


@pytest.mark.parametrize("path", ASKING)
def test_token_that_is_fresh_is_not_replaced_by_a_check(site, provider, path):
    browser = customer(start(site), provider, expires_in=3600)
    assert told(site, browser, path)[0] in provider.access_tokens and not provider.seen("refresh")


@pytest.mark.parametrize("path", ASKING[:3])
def test_check_at_a_provider_that_fails_passes_no_token_on_and_says_why(site, provider, path):
    browser = customer(start(site), provider)
    provider.behave(refresh={"status": 503, "body": "{}"})
    for _ in range(2):
        assert told(site, browser, path) == (None, "provider_busy", 0)
    assert len(provider.seen("refresh")) == 1


@pytest.mark.parametrize("path", ASKING[:3])
def test_provider_whose_tokens_are_over_at_once_is_asked_once_a_request(site, provider, path):
    browser = customer(start(site), provider)
    provider.behave(refresh_response={"expires_in": 0})
    assert is_replaced(provider, told(site, browser, path)[0])


@pytest.mark.parametrize("workers", [1, 2])
def test_many_checks_at_once_make_one_call(site, provider, workers):
    browser = customer(start(site, PATIENT, workers=workers), provider)
    provider.behave(refresh={"delay": 0.5})
    found = all_at_once(50, lambda: told(site, browser))
    assert {code for _, code, _ in found} == {None} and len({token for token, _, _ in found}) == 1
    assert is_replaced(provider, found[0][0])


def test_token_that_will_soon_expire_is_passed_on_by_a_check_while_the_next_is_fetched(site, provider, held):
    browser = customer(start(site, QUICK + "refresh ahead=60s;"), provider, expires_in=30)
    answer = held("refresh")
    old, code, _ = told(site, browser)
    assert old in provider.access_tokens and code is None
    answer.set()
    wait_until(lambda: told(site, browser)[0] != old, "the new token")
    assert len(provider.seen("refresh")) == 1


def test_check_says_401_when_the_provider_has_ended_the_login(site, provider, backend):
    browser = customer(start(site), provider)
    provider.refresh_tokens.clear()
    backend.seen.clear()
    answer = browser.open(site.url("/api/"), follow=False)
    assert answer.status == 401 and answer.get("WWW-Authenticate") == 'OIDC realm="shop"'
    assert backend.seen == [] and not site.is_customer(browser, "/")


def test_check_with_optional_login_lets_a_visitor_in_when_the_provider_has_ended_the_login(site, provider):
    more = f"location /who/ {{ auth_oidc off; auth_request /auth/optional; {BEARER} proxy_pass @BACKEND@; }}"
    browser = customer(start(site, more=more), provider)
    provider.refresh_tokens.clear()
    seen = browser.open(site.url("/who/"), follow=False).json()
    assert header(seen, "Authorization") is None and header(seen, "X-Customer-Id") is None


def test_page_leads_to_a_new_login_when_the_provider_has_ended_the_login(site, provider):
    more = f"""
        location /led/ {{ auth_oidc off; auth_request /auth; error_page 401 = @login; {BEARER} proxy_pass @BACKEND@; }}
        location @login {{ auth_oidc off; return 302 $oidc_login_url; }}
    """
    browser = customer(start(site, QUICK + "login_uri /login;", more), provider)
    provider.refresh_tokens.clear()
    assert browser.open(site.url("/led/x"), follow=False).location.startswith(site.url("/login?"))
    assert browser.open(site.url("/led/x")).json()["target"] == "/led/x"


def test_new_claims_are_those_that_the_rule_of_a_check_reads(site, provider):
    rule = "location = /auth/rule { internal; auth_oidc shop; oidc_check; auth_require $is_member; }"
    page = f"location /rule/ {{ auth_oidc off; if ($is_member = x) {{ return 404; }} auth_request /auth/rule; {BEARER}"
    of_map = "map $oidc_claim_role $is_member { default 1; blocked 0; }"
    browser = customer(start(site, more=rule + page + " proxy_pass @BACKEND@; }", http=of_map), provider)
    provider.behave(refreshed_id_token={"role": "blocked"})
    assert browser.open(site.url("/rule/"), follow=False).status == 403
    assert len(provider.seen("refresh")) == 1


# Who leaves, dies or reloads meanwhile


@pytest.mark.parametrize("path", ["/api/", "/included", "/asked", "/mirrored"])
def test_client_who_leaves_while_a_subrequest_waits_loses_no_token(site, provider, held, path):
    browser = customer(start(site, PATIENT, FETCHING.replace("@AUTH@", "")), provider)
    answer = held("refresh")
    browser.leave(site.url(path))
    wait_until(lambda: provider.seen("refresh"), "the refresh")
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(told, site, browser) for _ in range(3)]
        wait_until(lambda: site.nginx.connections() >= 3, "the others")
        answer.set()
        assert all(is_replaced(provider, one.result()[0]) for one in others)


def test_reload_while_a_check_waits_loses_no_token(site, provider, held):
    browser = customer(start(site, PATIENT), provider)
    answer = held("refresh")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(told, site, browser)
        wait_until(lambda: provider.seen("refresh"), "the refresh")
        site.reload("", PAGES, provider=PATIENT, wait_for_old=False)
        answer.set()
        assert is_replaced(provider, waiting.result()[0])


def test_checks_of_two_workers_wait_for_one_refresh(site, provider):
    browser = customer(start(site, PATIENT, workers=2), provider)
    provider.behave(refresh={"delay": 0.6})
    found = told_by_two_workers(site, browser, 6)
    assert all(is_replaced(provider, token) for token, _, _ in found)


def test_check_of_a_node_passes_on_what_it_has_refreshed_through_redis(nodes, provider):
    node, other = (nodes.make_site(provider) for _ in range(2))
    for one in (node, other):
        more = "location = /status { auth_oidc off; oidc_status; }"
        one.start("", PAGES + more, **nodes.parts("", "timeout connect=5s total=20s;"))
        wait_until_connected(one)
    browser = customer(node, provider)
    provider.behave(refresh={"delay": 0.5})
    found = all_at_once(10, lambda turns=iter([node, other] * 5): told(next(turns), browser))
    assert all(is_replaced(provider, token) for token, _, _ in found)


# Protected pages that a page fetches


def parts(site, backend):
    """What the backend was told by the fragments; that of a mirror may come after the answer."""
    site.stop()
    seen = [one for one in backend.seen if one["target"].startswith("/part/")]
    return [(header(one, "Authorization"), header(one, "X-Code")) for one in seen]


@pytest.mark.parametrize("order, code", [({"delay": 0.3}, None), ({"status": 503, "body": "{}"}, "provider_busy")],
                         ids=["good", "busy"])  # fmt: skip
@pytest.mark.parametrize("auth", ["", "auth_oidc_mode optional;"], ids=["required", "optional"])
@pytest.mark.parametrize("way, count", [("included", 4), ("asked", 1), ("mirrored", 1)])
def test_protected_page_has_its_token_replaced_once_when_it_is(site, provider, backend, way, count, auth, order, code):
    start(site, PATIENT, FETCHING.replace("@AUTH@", auth))
    browser = customer(site, provider)
    provider.behave(refresh=order)
    assert browser.open(site.url(f"/{way}"), follow=False).status == 200
    wait_until(lambda: sum("/part/" in one["target"] for one in backend.seen) == count, "the fragments")
    found = parts(site, backend)
    assert len(provider.seen("refresh")) == 1
    token = f"Bearer {list(provider.access_tokens)[-1]}" if code is None else None
    assert found == [(token, code)] * count


def test_page_is_shown_when_the_login_of_a_page_that_it_includes_has_ended(site, provider, backend):
    browser = customer(start(site, PATIENT, FETCHING.replace("@AUTH@", "")), provider)
    provider.refresh_tokens.clear()
    assert browser.open(site.url("/included"), follow=False).status == 200
    assert not site.is_customer(browser, "/")
    assert parts(site, backend) == [] and len(provider.seen("refresh")) == 1


def test_page_goes_on_as_the_customer_whom_it_was_let_in_with_when_his_login_has_ended(site, provider):
    who = '<!--#echo var="oidc_subject" -->'
    text = f'{who},<!--#include virtual="/part/" wait="yes" -->,{who}'
    more = f"location = /kept {{ default_type text/html; ssi on; return 200 '{text}'; }}"
    browser = customer(start(site, more=more + FRAGMENT), provider)
    provider.refresh_tokens.clear()
    answer = browser.open(site.url("/kept"), follow=False).body.decode()
    assert answer.startswith(provider.customer["sub"]) and answer.endswith(provider.customer["sub"])
    assert len(provider.seen("refresh")) == 1 and not site.is_customer(browser, "/")


def test_protected_page_has_no_token_replaced_for_a_page_without_login(site, provider):
    """It is told of no token."""
    browser = customer(start(site, more=FETCHING.replace("@AUTH@", "auth_oidc off;")), provider)
    for way in ("included", "asked", "mirrored"):
        browser.open(site.url(f"/{way}"), follow=False)
    assert not provider.seen("refresh")


# Several providers


@pytest.fixture
def two_providers(make_site, make_provider):
    """A site of two, and a customer of both; `lives`: seconds that each one's first access token is good for."""

    def start_both(http="", **lives):
        providers = {name: make_provider() for name in ("one", "two")}
        passed = f"{BEARER} oidc_set_header X-Who $oidc_subject;"
        text, pages = http, ""
        for name, provider in providers.items():
            provider.customer.update(sub=f"of-{name}")
            provider.behave(token_response={"expires_in": lives[name]})
            text += provider_block(provider, name, PATIENT + f"redirect_uri /back/{name};")
            pages += f"""
                location = /enter/{name} {{ auth_oidc {name}; proxy_pass @BACKEND@; }}
                location = /check/{name} {{ auth_oidc {name}; oidc_check; }}
                location = /by/{name} {{ auth_oidc off; auth_request /check/{name}; {passed} proxy_pass @BACKEND@; }}
            """
        pages += f"location = /slow {{ auth_oidc off; proxy_pass {providers['two'].origin}/userinfo; }}"
        fetched = [*(f"/check/{name}" for name in providers), "/slow"]
        includes = "".join(f'<!--#include virtual="{path}" -->,' for path in fetched)
        page = f"auth_oidc off; log_subrequest on; default_type text/html; ssi on; {BEARER} return 200 '{includes}';"
        site = make_site(providers["one"])
        site.start(text=f"{text} server {{ @LISTEN@ log_subrequest on; {pages} location = /page {{ {page} }} }}")
        browser = site.browser()
        for name, provider in providers.items():
            assert browser.open(site.url(f"/enter/{name}")).status == 200
            provider.behave(token_response={})
        return site, browser, providers

    return start_both


def test_checks_of_two_providers_pass_each_its_own_token_on(two_providers):
    site, browser, providers = two_providers(one=0, two=0)
    for name, provider in providers.items():
        seen = browser.open(site.url(f"/by/{name}"), follow=False).json()
        assert header(seen, "X-Who") == f"of-{name}"
        assert header(seen, "Authorization") == f"Bearer {list(provider.access_tokens)[-1]}"
        assert len(provider.seen("refresh")) == 1


@pytest.mark.parametrize("lives", [0, 3600], ids=["refreshed", "fresh"])
def test_check_that_waited_while_one_of_another_provider_was_asked_says_403(two_providers, tmp_path, lives):
    log = tmp_path / "checks.log"
    lines = f"log_format checks '$uri $status'; access_log {log} checks;"
    site, browser, providers = two_providers(lines, one=0, two=lives)
    providers["one"].behave(refresh={"delay": 0.5})
    providers["two"].behave(userinfo={"delay": 1})  # the page outlives the refresh
    assert browser.open(site.url("/page"), follow=False).status == 200
    site.stop()
    checks = [line for line in log.read_text().splitlines() if line.startswith("/check/")]
    assert sorted(checks) == ["/check/one 403", "/check/two 202"]
