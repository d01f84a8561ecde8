"""A customer opens a page, logs in at a certified provider, and gets that page."""

import re

import pytest
from support.backend import header
from support.curl import curl
from support.ports import wait_until
from support.real_provider import AMARA, ZOE

PAGES = [
    "/",
    "/members?from=mail",
    "/a%20b/c%2Fd?a=b&c=%26&d=%3F%23x",
    "/%C3%BCber?q=%fc+x&q=&bare&=",
    "//x",
    "/x?",
    "/x?y=https://evil.example/&z=//evil.example",
    "/p;v=1,2/'(x)'/~a@b:c?[0]=1|2",
    "/a/../b/./c?d=../e",
]


@pytest.fixture
def customer(real_site):
    """A browser that the provider knows as Zoë."""
    return known_as(real_site, "zoe")


def known_as(site, who):
    browser = site.browser()
    browser.set_cookie(site.provider.issuer, "autologin", who)
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_customer_comes_back_to_the_same_address_byte_for_byte(real_site, customer, page):
    answer = customer.open(real_site.start().url(page))
    assert answer.status == 200
    assert answer.history[-1].location == real_site.url(page)
    assert answer.json()["target"] == page


def test_address_too_long_for_the_state_loses_its_query_only(real_site, customer):
    answer = customer.open(real_site.start().url("/long?" + "q=0123456789&" * 200))
    assert answer.status == 200 and answer.json()["target"] == "/long"
    assert all(len(one.location) < 2000 for one in answer.history)


def test_login_redirect_is_complete_and_not_stored(real_site, customer):
    answer = customer.open(real_site.start().url("/x"), follow=False)
    assert answer.status == 302 and answer.body == b""
    assert answer.get("Content-Length") == "0"
    assert "no-store" in answer.get("Cache-Control")


def test_authorization_request_has_state_nonce_and_pkce(real_site, customer):
    answer = customer.open(real_site.start().url("/x"), follow=False)
    asked = answer.location_parameters
    assert answer.location.startswith(real_site.provider.issuer + "/")
    assert asked["response_type"] == "code" and asked["client_id"] == "shop"
    assert asked["redirect_uri"] == real_site.url("/oidc_callback")
    assert asked["scope"].split() == ["openid", "email", "profile"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"])
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,}", asked["nonce"])
    assert len(asked["state"]) >= 43 and len(asked["state"]) <= 1000
    assert "/x" not in asked["state"]


def test_no_two_logins_share_state_nonce_or_challenge(real_site, customer):
    real_site.start()
    asked = [customer.open(real_site.url("/x"), follow=False).location_parameters for _ in range(2)]
    assert all(asked[0][name] != asked[1][name] for name in ("state", "nonce", "code_challenge"))


def test_post_of_a_visitor_is_not_redirected(real_site, customer):
    answer = customer.open(real_site.start().url("/x"), method="POST", body=b"a=b", follow=False)
    assert answer.status == 401


def test_head_of_a_visitor_begins_a_login(real_site, customer):
    answer = customer.open(real_site.start().url("/x"), method="HEAD", follow=False)
    assert real_site.goes_to_provider(answer)


@pytest.mark.parametrize("workers", [1, 4])
def test_every_worker_can_finish_what_another_began(real_site, workers):
    real_site.start(workers=workers)
    for _ in range(2 * workers):
        browser = known_as(real_site, "zoe")
        assert all(browser.open(real_site.url(page)).status == 200 for page in ("/a", "/b", "/c"))
        assert sum(real_site.provider.issuer in url for _, url in browser.sent) == 1


# What the backend learns


def test_claims_reach_the_backend_by_oidc_set_header(real_site, customer):
    lines = """
        oidc_set_header X-Customer-Name $oidc_claim_name;
        oidc_set_header X-Verified $oidc_claim_email_verified;
        oidc_set_header X-Greeting "Dear $oidc_claim_given_name";
        oidc_set_header X-Encoded $oidc_claim_name encode=urlencode;
        oidc_set_header X-Base64 $oidc_claim_name encode=base64url;
    """
    seen = customer.open(real_site.start(lines).url("/")).json()
    assert header(seen, "X-Customer-Id") == ZOE["sub"]
    assert header(seen, "X-Customer-Email") == ZOE["email"]
    assert header(seen, "X-Customer-Name").encode("latin-1").decode() == ZOE["name"]
    assert header(seen, "X-Verified") == "true"
    assert header(seen, "X-Greeting").encode("latin-1").decode() == "Dear Zoë"
    assert header(seen, "X-Encoded") == "Zo%C3%AB%20M%C3%BCller"
    assert header(seen, "X-Base64") == "Wm_DqyBNw7xsbGVy"


def test_claims_reach_the_backend_by_proxy_set_header(real_site, customer):
    lines = "proxy_set_header X-Plain $oidc_claim_email; proxy_set_header X-Nothing $oidc_claim_nothing;"
    seen = customer.open(real_site.start(lines).url("/")).json()
    assert header(seen, "X-Plain") == ZOE["email"]
    assert header(seen, "X-Nothing") is None


def test_claims_reach_the_backend_by_fastcgi(real_site, customer, fastcgi):
    locations = f"""
        location / {{
            fastcgi_param REMOTE_USER $oidc_claim_email;
            fastcgi_pass 127.0.0.1:{fastcgi.port};
        }}
    """
    params = customer.open(real_site.start("", locations).url("/")).json()["params"]
    assert ["REMOTE_USER", ZOE["email"]] in params
    assert ["HTTP_X_CUSTOMER_EMAIL", ZOE["email"]] in params


def test_variables_tell_who_is_logged_in_and_how(real_site, customer):
    names = ["authenticated", "provider", "subject", "id_token", "access_token", "userinfo"]
    lines = "".join(f"proxy_set_header X-{name.replace('_', '-')} $oidc_{name};" for name in names)
    seen = customer.open(real_site.start(lines).url("/")).json()
    assert header(seen, "X-authenticated") == "1"
    assert header(seen, "X-provider") == "shop"
    assert header(seen, "X-subject") == ZOE["sub"]
    assert header(seen, "X-id-token").count(".") == 2
    assert header(seen, "X-access-token")
    assert f'"sub":"{ZOE["sub"]}"' in header(seen, "X-userinfo").replace('": ', '":')


def test_backend_never_learns_code_and_state(real_site, customer, backend):
    customer.open(real_site.start().url("/a"))
    assert [seen["target"] for seen in backend.seen] == ["/a"]
    assert "code=" not in str(backend.seen)


# Cookies


def test_cookies_on_http_are_for_this_host_scripts_and_other_sites_excluded(real_site, customer):
    begun = customer.open(real_site.start().url("/"), follow=False).new_cookies()
    assert set(begun) == {"NGX_OIDC_LOGIN"}
    assert re.fullmatch(r"NGX_OIDC_LOGIN=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax", begun["NGX_OIDC_LOGIN"])
    done = customer.open(real_site.url("/")).history[-1].new_cookies()
    assert set(done) == {"NGX_OIDC_LOGIN", "NGX_OIDC_SESSION"}
    assert re.fullmatch(r"NGX_OIDC_SESSION=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax", done["NGX_OIDC_SESSION"])


def test_cookies_on_https_are_secure_and_of_this_host_alone(real_tls_site):
    browser = known_as(real_tls_site.start(), "zoe")
    answer = browser.open(real_tls_site.url("/"))
    assert answer.status == 200
    begun, done = answer.history[0].new_cookies(), answer.history[-1].new_cookies()
    pattern = "__Host-NGX_OIDC_{}=[\\w-]{{43}}; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert re.fullmatch(pattern.format("LOGIN"), begun["__Host-NGX_OIDC_LOGIN"])
    assert re.fullmatch(pattern.format("SESSION"), done["__Host-NGX_OIDC_SESSION"])


def test_valid_login_cookie_is_kept_until_the_login(real_site, customer):
    first = customer.open(real_site.start().url("/"), follow=False).new_cookies()
    assert "NGX_OIDC_LOGIN" in first
    assert customer.open(real_site.url("/"), follow=False).new_cookies() == {}
    before = customer.cookies(real_site.url())["NGX_OIDC_LOGIN"]
    customer.open(real_site.url("/"))
    assert customer.cookies(real_site.url())["NGX_OIDC_LOGIN"] != before


def test_login_cookie_of_a_wrong_shape_is_replaced(real_site, customer):
    customer.set_cookie(real_site.url(), "NGX_OIDC_LOGIN", "x" * 10)
    answer = customer.open(real_site.start().url("/"))
    assert answer.status == 200 and "NGX_OIDC_LOGIN" in answer.history[0].new_cookies()


def test_callback_sends_no_referrer_and_is_not_stored(real_site, customer):
    callback = customer.open(real_site.start().url("/")).history[-1]
    assert callback.get("Referrer-Policy") == "no-referrer"
    assert "no-store" in callback.get("Cache-Control")


# Logins beside and after each other


def test_each_login_makes_a_new_session_and_ends_the_old_one(real_site, customer):
    customer.open(real_site.start().url("/"))
    old = customer.cookies(real_site.url())["NGX_OIDC_SESSION"]
    # Without its cookie the browser logs in again; meanwhile the old one is put back, as a thief would.
    customer.forget_cookies(real_site.url(), "NGX_OIDC_SESSION")
    callback = customer.open(customer.open(real_site.url("/"), follow=False).location, follow=False).location
    customer.set_cookie(real_site.url(), "NGX_OIDC_SESSION", old)
    assert real_site.come_back(customer, callback).status == 302
    assert customer.cookies(real_site.url())["NGX_OIDC_SESSION"] != old
    thief = real_site.browser()
    thief.set_cookie(real_site.url(), "NGX_OIDC_SESSION", old)
    assert not real_site.is_customer(thief)


def test_session_cookie_chosen_by_somebody_else_is_not_taken(real_site, customer):
    customer.set_cookie(real_site.url(), "NGX_OIDC_SESSION", "A" * 43)
    customer.open(real_site.start().url("/"))
    assert customer.cookies(real_site.url())["NGX_OIDC_SESSION"] != "A" * 43
    other = real_site.browser()
    other.set_cookie(real_site.url(), "NGX_OIDC_SESSION", "A" * 43)
    assert not real_site.is_customer(other)


def test_several_tabs_each_end_at_their_own_page(real_site, customer):
    real_site.start()
    begun = [customer.open(real_site.url(f"/tab{number}"), follow=False).location for number in range(4)]
    pages = [customer.open(url).json()["target"] for url in begun]
    assert pages == ["/tab0", "/tab1", "/tab2", "/tab3"]


def test_several_tabs_that_come_back_together_each_end_at_their_own_page(real_site, customer):
    real_site.start(workers=2)
    begun = [customer.open(real_site.url(f"/tab{number}"), follow=False).location for number in range(3)]
    callbacks = [customer.open(url, follow=False).location for url in begun]
    pages = [real_site.come_back(customer, url, follow=True).json()["target"] for url in reversed(callbacks)]
    assert pages == ["/tab2", "/tab1", "/tab0"]


def test_two_customers_do_not_see_each_other(real_site):
    real_site.start(workers=2)
    zoe, amara = known_as(real_site, "zoe"), known_as(real_site, "amara")
    for browser, claims in ((zoe, ZOE), (amara, AMARA), (zoe, ZOE)):
        assert header(browser.open(real_site.url("/")).json(), "X-Customer-Email") == claims["email"]


def test_ready_made_login_page_is_shown_where_the_provider_asks(real_site):
    page = real_site.start().browser().open(real_site.url("/x"))
    assert page.status == 200 and "password" in page.text
    assert page.url.startswith(real_site.provider.issuer + "/interaction/")


# HTTP/2


def test_login_over_http2(real_tls_site, tmp_path, secrets):
    site = real_tls_site.start()
    for page in ("/a%20b?c=%26", "/again"):
        navigation = ["--header", "Sec-Fetch-Mode: navigate", "--header", "X-Autologin: zoe"]
        body, last = curl(site, tmp_path, "--location", *navigation, site.url(page))
        assert last == "2 200" and f'"target": "{page}"' in body and ZOE["email"] in body
    cookies = (tmp_path / "jar").read_text()
    assert "__Host-NGX_OIDC_SESSION" in cookies


def test_request_with_a_body_over_http2_is_refused_and_the_connection_stays(real_tls_site, tmp_path):
    site = real_tls_site.start()
    body, last = curl(site, tmp_path, "--data", "x" * 100_000, site.url("/"), "--next", "--http2", "--cacert",
                      site.authority.file, "--resolve", f"{site.host}:{site.port}:127.0.0.1",
                      "--write-out", "%{http_code} %{num_connects}", site.url("/open/"))  # fmt: skip
    assert '"login_required"' in body + last and last.endswith("200 0")


def test_customer_who_leaves_in_the_middle_of_a_login_harms_nobody(real_site, customer):
    real_site.start()
    callback = customer.open(customer.open(real_site.url("/"), follow=False).location, follow=False).location
    customer.leave(callback)
    wait_until(lambda: "/oidc_callback" in real_site.nginx.access_log(), "the callback's line in the log")
    assert customer.open(real_site.url("/")).status == 200
