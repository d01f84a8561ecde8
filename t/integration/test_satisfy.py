"""Login beside nginx's own ways to let somebody in."""

import base64

import pytest

PASSWORD = [("Authorization", "Basic " + base64.b64encode(b"staff:porcelain").decode())]
WRONG = [("Authorization", "Basic " + base64.b64encode(b"staff:wrong").decode())]


@pytest.fixture
def passwords(tmp_path):
    file = tmp_path / "passwords"
    file.write_text("staff:{PLAIN}porcelain\n")
    return f'auth_basic "staff"; auth_basic_user_file {file};'


def test_allowed_address_needs_no_login_under_satisfy_any(site):
    site.start("satisfy any; allow 127.0.0.1; deny all;")
    assert site.browser().open(site.url("/"), follow=False).status == 200


def test_other_address_logs_in_under_satisfy_any(site):
    site.start("satisfy any; allow 192.0.2.1; deny all;")
    answer = site.browser().open(site.url("/"), follow=False)
    assert site.goes_to_provider(answer)
    assert site.is_customer(site.customer())


def test_password_needs_no_login_under_satisfy_any(site, passwords):
    site.start("satisfy any; " + passwords)
    assert site.browser().open(site.url("/"), headers=PASSWORD, follow=False).status == 200


@pytest.mark.parametrize("headers", [[], WRONG])
def test_without_the_password_a_visitor_logs_in_and_sees_no_password_window(site, passwords, headers):
    site.start("satisfy any; " + passwords)
    answer = site.browser().open(site.url("/"), headers=headers, follow=False)
    assert site.goes_to_provider(answer) and answer.get("WWW-Authenticate") is None
    assert site.is_customer(site.customer())


def test_program_without_either_gets_the_401_of_login(site, passwords):
    site.start("satisfy any; " + passwords)
    answer = site.browser().fetch(site.url("/"))
    assert answer.status == 401 and 'OIDC realm="shop"' in answer.all("WWW-Authenticate")


def test_both_are_needed_under_satisfy_all(site, passwords):
    browser = site.start(passwords).browser()
    assert site.goes_to_provider(browser.open(site.url("/"), headers=PASSWORD, follow=False))
    assert browser.open(site.url("/"), headers=PASSWORD).status == 200
    assert browser.open(site.url("/")).status == 401
    assert browser.open(site.url("/"), headers=WRONG).status == 401


def test_denied_address_stays_out_under_satisfy_all_although_logged_in(site):
    locations = "location / { proxy_pass @BACKEND@; } location /lan/ { deny all; proxy_pass @BACKEND@; }"
    browser = site.start("", locations).customer()
    assert browser.open(site.url("/lan/")).status == 403


def test_customer_is_known_where_the_address_let_him_in(site):
    locations = """
        location / { proxy_pass @BACKEND@; }
        location /lan/ { satisfy any; allow 127.0.0.1; deny all; proxy_pass @BACKEND@; }
    """
    browser = site.start("", locations).customer()
    assert ["X-Customer-Email", site.provider.customer["email"]] in browser.open(site.url("/lan/")).json()["headers"]


def test_optional_login_lets_nobody_in_under_satisfy_any(site):
    site.start("satisfy any; deny all; auth_oidc_mode optional;")
    assert site.browser().open(site.url("/"), follow=False).status in (401, 403)


def test_rule_denies_and_never_grants_under_satisfy_any(site):
    http = "map $host $no { default 0; } map $host $yes { default 1; }"
    locations = """
        location /denied/ { auth_require $no; proxy_pass @BACKEND@; }
        location /granted/ { auth_require $yes; auth_oidc off; deny all; proxy_pass @BACKEND@; }
        location / { proxy_pass @BACKEND@; }
    """
    site.start("satisfy any;", locations, http=http)
    assert site.browser().open(site.url("/granted/"), follow=False).status == 403
    assert site.browser().open(site.url("/denied/")).status == 403


@pytest.mark.parametrize("status, expected", [(204, 200), (401, None)])
def test_login_and_auth_request_are_both_needed(site, status, expected):
    locations = f"""
        location / {{ auth_request /check; proxy_pass @BACKEND@; }}
        location = /check {{ internal; return {status}; }}
    """
    browser = site.start("", locations).browser()
    assert site.goes_to_provider(browser.open(site.url("/"), follow=False))
    assert browser.open(site.url("/")).status == (expected or 401)


def test_methods_that_are_denied_stay_denied(site):
    locations = "location / { limit_except GET { deny all; } proxy_pass @BACKEND@; }"
    browser = site.start("", locations).customer()
    assert browser.open(site.url("/")).status == 200
    assert browser.open(site.url("/"), method="POST", body=b"").status == 403
    assert site.browser().fetch(site.url("/"), method="POST", body=b"").status in (401, 403)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_methods_with_rules_of_their_own_need_the_login_as_well(site, passwords, method):
    locations = f"location / {{ limit_except GET {{ {passwords} }} proxy_pass @BACKEND@; }}"
    browser = site.start("", locations).browser()
    body = {"body": b"x"} if method == "POST" else {}
    visitor = browser.fetch(site.url("/"), method=method, headers=PASSWORD, **body)
    assert visitor.status == 401 and visitor.json()["error"] == "login_required"
    browser.open(site.url("/"))
    customer = browser.fetch(site.url("/"), method=method, headers=PASSWORD, **body)
    assert ["X-Customer-Email", site.provider.customer["email"]] in customer.json()["headers"]
    assert browser.fetch(site.url("/"), method=method, **body).status == (200 if method == "GET" else 401)


def test_limit_req_holds_before_the_login(site):
    http = "limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;"
    site.start("limit_req zone=slow; limit_req_status 429;", http=http)
    statuses = [site.browser().open(site.url("/"), follow=False).status for _ in range(3)]
    assert statuses == [302, 429, 429]
    assert site.browser().open(site.url("/oidc_callback?code=a&state=b")).status == 429


def test_redirect_to_https_of_the_server_comes_before_the_callback(site):
    site.start("return 301 https://shop.example$request_uri;", "location / { }")
    answer = site.browser().open(site.url("/oidc_callback?code=a&state=b"), follow=False)
    assert answer.status == 301
