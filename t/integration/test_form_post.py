"""The authorization response as a form (response_mode form_post): the provider's page posts it from another site, so
it comes without cookies and is posted once more from here."""

import base64
import hashlib
import re

import pytest
from support.forms import form_of, post, submit
from support.ports import free_port, wait_until
from support.real_provider import ZOE, RealProvider
from support.site import SCOPE
from test_id_token import WRONG as WRONG_TOKENS
from test_id_token import fill_in

LINES = SCOPE + "response_mode form_post;"


@pytest.fixture
def shop(site):
    return site.start(provider=LINES)


def provider_page(site, browser, path="/"):
    """The provider's page with the form, shown and not sent yet."""
    answer = browser.open(site.url(path))
    assert answer.status == 200 and form_of(answer)[0] == site.url("/oidc_callback")
    return answer


def own_page(site, browser, path="/"):
    """The page of this site that posts the form again."""
    answer = submit(browser, provider_page(site, browser, path))
    assert answer.status == 200 and form_of(answer)[0] == site.url("/oidc_callback")
    return answer


def log_in(site, browser, path="/"):
    return submit(browser, own_page(site, browser, path))


# The login


@pytest.mark.parametrize("host, tls", [("localhost", False), ("shop.example", True)], ids=["http", "https"])
def test_customer_of_a_certified_provider_comes_back_to_the_same_address(make_site, secrets, host, tls):
    port = free_port()
    provider = RealProvider([f"http{'s' if tls else ''}://{host}:{port}/oidc_callback"])
    provider.know(secrets)
    try:
        site = make_site(provider, host=host, tls=tls, port=port).start(provider=LINES)
        browser = site.browser()
        browser.set_cookie(provider.issuer, "autologin", "zoe")
        answer = log_in(site, browser, "/a%20b?c=%26&d")
        assert answer.url == site.url("/a%20b?c=%26&d")
        assert ["X-Customer-Email", ZOE["email"]] in answer.json()["headers"]
        assert site.is_customer(browser)
    finally:
        provider.stop()


def test_page_that_posts_again_is_not_stored_and_runs_its_one_script_alone(shop):
    answer = own_page(shop, shop.browser())
    assert answer.get("Cache-Control") == "no-store" and answer.all("Set-Cookie") == []
    policy = answer.get("Content-Security-Policy")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    script = re.search("<script>(.*?)</script>", answer.text)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "<button>" in answer.text  # for who runs no scripts
    assert not re.search("[?&]code=", answer.text)


def test_code_is_spent_by_the_second_form_alone(shop, provider):
    browser = shop.browser()
    answer = own_page(shop, browser)
    assert provider.seen("token") == []
    done = submit(browser, answer, follow=False)
    assert (done.status, done.location) == (303, shop.url("/"))
    assert len(provider.seen("token")) == 1


def test_form_that_brings_its_cookies_is_taken_at_once(shop):
    """From a provider on the same site."""
    browser = shop.browser()
    url, fields = form_of(provider_page(shop, browser))
    assert post(browser, url, fields, initiator=shop.url("/")).status == 200
    assert shop.is_customer(browser)


def test_what_else_the_provider_posts_is_left_behind(shop):
    """Apple sends `user`, others session_state."""
    browser = shop.browser()
    user = '{"name":{"firstName":"Zoë"},"email":"zoe@mail.example"}'
    answer = submit(browser, provider_page(shop, browser), user=user, session_state="x")
    assert set(form_of(answer)[1]) == {"state", "code", "posted_by"} and "Zoë" not in answer.text
    assert submit(browser, answer).status == 200 and shop.is_customer(browser)


def test_request_may_be_pushed_as_well(site, provider):
    provider.behave(metadata={"pushed_authorization_request_endpoint": f"{provider.issuer}/par"})
    site.start(provider=LINES + "par on;")
    browser = site.browser()
    assert log_in(site, browser).status == 200
    assert provider.seen("par")[0].form["response_mode"] == "form_post"


def test_customer_who_cancels_gets_the_page_for_that(shop, provider):
    provider.behave(response={"code": None, "error": "access_denied"})
    answer = log_in(shop, shop.browser())
    assert answer.status == 403 and "not logged in" in answer.text


def test_form_that_comes_twice_leads_to_the_page_and_spends_the_code_once(shop, provider):
    browser = shop.browser()
    answer = own_page(shop, browser, "/members")
    ends = [submit(browser, answer, follow=False).location for _ in range(2)]
    assert ends == [shop.url("/members")] * 2 and len(provider.seen("token")) == 1


# What is refused


@pytest.mark.parametrize("name", ["another issuer", "another nonce", "no nonce", "bad signature", "another audience", "no sub", "expired"])  # fmt: skip
def test_login_is_refused_for_an_id_token_with(shop, provider, name):
    provider.behave(**fill_in(WRONG_TOKENS[name], provider.issuer))
    browser = shop.browser()
    assert log_in(shop, browser).status == 502
    assert not shop.is_customer(browser)


def test_login_is_refused_for_the_response_of_another_issuer(shop, provider):
    provider.behave(response={"iss": "https://evil.example"})
    assert log_in(shop, shop.browser()).status == 502
    assert provider.seen("token") == []


def test_browser_without_cookies_is_not_sent_round_and_round(shop, provider):
    browser = shop.browser()
    answer = provider_page(shop, browser, "/members")
    browser.forget_cookies(shop.url())
    again = submit(browser, answer)
    assert again.status == 200
    blocked = submit(browser, again)
    assert blocked.status == 400 and "cookie" in blocked.text
    assert provider.seen("token") == []


def test_login_begun_in_another_browser_is_begun_afresh(shop, provider):
    theirs = provider_page(shop, shop.browser())
    mine = shop.browser()
    mine.open(shop.url("/x"), follow=False)
    answer = submit(mine, submit(mine, theirs), follow=False)
    assert answer.status == 303 and answer.location.startswith(provider.issuer + "/")
    assert provider.seen("token") == []


def test_customer_can_not_be_logged_in_as_somebody_else_by_a_form(shop, provider):
    theirs = provider_page(shop, shop.browser(), "/theirs")
    mine = shop.browser()
    log_in(shop, mine)
    before = mine.cookies(shop.url())
    assert submit(mine, submit(mine, theirs), follow=False).location == shop.url("/theirs")
    assert mine.cookies(shop.url()) == before and len(provider.seen("token")) == 1


def test_code_in_an_address_is_refused_where_a_form_was_asked_for(shop, provider):
    browser = shop.browser()
    url, fields = form_of(provider_page(shop, browser))
    answer = shop.come_back(browser, f"{url}?code={fields['code']}&state={fields['state']}")
    assert answer.status == 502 and provider.seen("token") == []
    lines = [line for line in shop.nginx.log().splitlines() if "the code came in a query" in line]
    assert len(lines) == 1 and "[error]" in lines[0] and "does not offer it: set response_mode query" in lines[0]
    assert not shop.is_customer(browser)


def test_code_in_the_address_of_a_form_counts_for_nothing(shop, provider):
    browser = shop.browser()
    url, fields = form_of(provider_page(shop, browser))
    address = f"{url}?code={fields['code']}&state={fields['state']}"
    assert post(browser, address, {"a": "b"}, initiator=shop.url("/")).status == 400
    assert provider.seen("token") == []


def test_error_in_an_address_is_believed(shop):
    """A provider that could not read the request may not know of response_mode."""
    browser = shop.browser()
    url, fields = form_of(provider_page(shop, browser))
    assert shop.come_back(browser, f"{url}?error=access_denied&state={fields['state']}").status == 403


def test_form_is_refused_where_none_was_asked_for(site, provider):
    browser = site.start(provider=SCOPE).browser()
    callback, _, query = site.begin(browser).partition("?")
    answer = browser.open(callback, method="POST", body=query.encode(), initiator=site.url("/"))
    assert answer.status == 405 and provider.seen("token") == []


BAD = {
    "an altered state": lambda url, fields: {"state": fields["state"][:-4] + "AAAA", "code": fields["code"]},
    "no state": lambda url, fields: {"code": fields["code"]},
    "no code": lambda url, fields: {"state": fields["state"]},
    "the code twice": lambda url, fields: [*fields.items(), ("code", "other")],
    "the state twice": lambda url, fields: [*fields.items(), ("state", fields["state"])],
    "another parameter twice": lambda url, fields: [*fields.items(), ("user", "a"), ("user", "b")],
    "a code and an error": lambda url, fields: {**fields, "error": "access_denied"},
    "a huge parameter": lambda url, fields: {**fields, "user": "x" * 10_000},
    "nothing": lambda url, fields: {},
}


@pytest.mark.parametrize("own", [False, True], ids=["of the provider", "with cookies"])
@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_error_page_and_no_token_request_for_a_form_with(shop, provider, change, own):
    browser = shop.browser()
    url, fields = form_of(provider_page(shop, browser))
    initiator = shop.url("/") if own else provider.issuer
    answer = post(browser, url, change(url, fields), initiator=initiator, follow=False)
    assert answer.status == 400 and "<h1>" in answer.text and "<form" not in answer.text
    assert provider.seen("token") == []


@pytest.mark.parametrize("kind, status", [("", 415), ("text/plain", 415), ("multipart/form-data", 415)])
def test_body_of_another_type_is_refused(shop, provider, kind, status):
    browser = shop.browser()
    url, fields = form_of(provider_page(shop, browser))
    fields = [("Content-Type", kind)]
    answer = browser.open(url, method="POST", body=b"code=x&state=y", initiator=shop.url("/"), headers=fields)
    assert answer.status == status and provider.seen("token") == []


def test_body_that_is_too_large_is_refused(shop):
    browser = shop.browser()
    url, fields = form_of(provider_page(shop, browser))
    answer = post(browser, url, {**fields, "user": "x" * 70_000}, initiator=shop.provider.issuer)
    assert answer.status == 413


def test_values_that_could_leave_the_form_stay_in_it(shop, provider):
    evil = "\"'><script>alert(1)</script>&amp;<input name=\"x"
    browser = shop.browser()
    answer = submit(browser, provider_page(shop, browser), code=evil, iss=evil)
    assert answer.text.count("<script>") == 1 and "alert(1)</script>" not in answer.text
    assert form_of(answer)[1]["code"] == evil and form_of(answer)[1]["iss"] == evil


def test_code_is_in_no_log(site):
    format = "log_format plain '$request|$request_uri|$args|$request_body|$http_referer|$status|';"
    site.start("access_log plain.log plain;", provider=LINES, http=format)
    browser = site.browser()
    page = own_page(site, browser)
    secrets = [form_of(page)[1][name] for name in ("code", "state")]
    assert submit(browser, page).status == 200
    file = site.nginx.prefix / "plain.log"
    wait_until(lambda: file.read_text().count("|\n") == 4, "four lines in the log")
    assert "POST /oidc_callback HTTP" in file.read_text()
    assert not any(one in file.read_text() for one in secrets)


def test_providers_of_one_callback_each_have_their_own_way(make_site, make_provider):
    by_form, by_query = make_provider(), make_provider()
    site = make_site(by_form)
    for provider in (by_form, by_query):
        provider.behave(response={"iss": provider.issuer})
    blocks = "".join(
        f"oidc_provider {name} {{ issuer {one.issuer}; client_id shop; client_secret {one.client_secret}; {lines} }}\n"
        for name, one, lines in [("form", by_form, LINES), ("query", by_query, SCOPE)]
    )
    site.start(text=blocks + """
        server { @LISTEN@
            location /form { auth_oidc form; proxy_pass @BACKEND@; }
            location /query { auth_oidc query; proxy_pass @BACKEND@; }
        }""")
    assert log_in(site, site.browser(), "/form").status == 200
    browser = site.browser()
    assert browser.open(site.url("/query")).status == 200
    # And none has the other's.
    browser = site.browser()
    away = browser.open(site.url("/query"), follow=False).location
    url, _, query = browser.open(away, follow=False).location.partition("?")
    answer = browser.open(url, method="POST", body=query.encode(), initiator=site.url("/"), follow=False)
    assert answer.status == 400 and len(by_query.seen("token")) == 1
