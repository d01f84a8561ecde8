"""What the backend reads about a customer comes from nginx alone, whatever a client sends."""

import re

import pytest
from support.backend import header
from support.browser import connect, read_answer
from support.curl import curl
from support.fake_provider import CUSTOMER
from support.ports import free_port
from support.site import LOCATIONS, SERVER, provider_block

FORGED = "eve@evil.example"
SPELLINGS = [
    "X-Customer-Email", "x-customer-email", "X-CUSTOMER-EMAIL", "x_customer_email", "X_Customer-Email",
    "X.Customer.Email", "X-Customer_Email", "X~Customer!Email", "X|Customer$Email", "X-Customer-Email",
]  # fmt: skip
# nginx itself drops names with an underscore, or with any other sign, unless it is told not to.
LOOSE = "underscores_in_headers on; ignore_invalid_headers off;"


def folded(name):
    return re.sub("[^a-z0-9]", "-", name.lower())


def e_mails(seen):
    """Every value that some backend may read as the customer's address."""
    return [value for name, value in seen["headers"] if folded(name) == "x-customer-email"]


def test_forged_header_of_a_customer_is_replaced_in_every_spelling(site):
    browser = site.start(LOOSE).customer()
    for name in SPELLINGS:
        assert e_mails(browser.open(site.url("/"), headers=[(name, FORGED)]).json()) == [CUSTOMER["email"]], name


def test_forged_header_of_a_visitor_is_removed_where_login_is_optional(site):
    site.start(LOOSE + "auth_oidc_mode optional;")
    for name in SPELLINGS:
        assert e_mails(site.browser().open(site.url("/"), headers=[(name, FORGED)]).json()) == [], name


def test_forged_header_is_removed_where_login_is_off(site):
    site.start(LOOSE)
    for name in SPELLINGS:
        assert e_mails(site.browser().open(site.url("/open/"), headers=[(name, FORGED)]).json()) == [], name


@pytest.mark.parametrize("path", ["/", "/open/"])
def test_every_copy_is_removed_among_many_others(site, path):
    browser = site.start(LOOSE).customer()
    for copies in (1, 2, 25):
        others = [(f"X-Other-{number}", str(number)) for number in range(30)]
        forged = [(SPELLINGS[number % len(SPELLINGS)], FORGED) for number in range(copies)]
        mixed = [pair for both in zip(others, forged) for pair in both] + others[copies:] + forged[30:]
        seen = browser.open(site.url(path), headers=mixed).json()
        assert e_mails(seen) == ([CUSTOMER["email"]] if path == "/" else [])
        assert [value for name, value in seen["headers"] if name.startswith("X-Other-")] == [v for _, v in others]


def test_forged_header_is_removed_wherever_it_stands_in_nginxs_list(site):
    """nginx keeps request headers in parts of twenty."""
    browser = site.start().customer()
    for position in range(1, 50):
        headers = [(f"X-Other-{number}", "1") for number in range(position)] + [("X-Customer-Email", FORGED)]
        seen = browser.request(site.url("/"), headers=headers).json()
        assert e_mails(seen) == [CUSTOMER["email"]], position
        assert header(seen, f"X-Other-{position - 1}") == "1"


def test_request_of_forged_headers_alone_passes(site):
    site.start("auth_oidc off;", base="oidc_set_header Xa $oidc_subject;", locations="""
        location / { auth_oidc_mode optional; proxy_pass @BACKEND@; }
        location = /protected { auth_oidc shop; proxy_pass @BACKEND@; }
    """)  # fmt: skip
    seen = site.browser().request(site.url("/"), headers=[("xa", "1"), ("XA", "2")]).json()
    assert header(seen, "xa") is None


def test_names_that_only_begin_alike_are_left_alone(site):
    browser = site.start().customer()
    sent = [("X-Customer-Email2", "a"), ("X-Customer", "b"), ("XX-Customer-Email", "c")]
    seen = browser.open(site.url("/"), headers=sent).json()
    assert [header(seen, name) for name, _ in sent] == ["a", "b", "c"]


def test_other_server_removes_them_too(site):
    port = free_port()
    http = f"server {{ listen 127.0.0.1:{port}; {LOOSE} location / {{ proxy_pass @BACKEND@; }} }}"
    site.start(http=http)
    for name in SPELLINGS:
        seen = site.browser().open(f"http://localhost:{port}/", headers=[(name, FORGED)]).json()
        assert e_mails(seen) == []


def test_forged_headers_are_removed_over_http2(tls_site, tmp_path):
    site = tls_site.start(LOOSE + "auth_oidc_mode optional;")
    for name in ("x-customer-email", "x_customer_email", "X.Customer.Email"):
        for path in ("/", "/open/"):
            body, last = curl(site, tmp_path, "--header", f"{name}: {FORGED}", site.url(path))
            assert last == "2 200" and FORGED not in body, (name, path)


def test_fastcgi_backend_is_sent_no_forged_parameter(site, fastcgi):
    locations = f"""
        location / {{ fastcgi_pass 127.0.0.1:{fastcgi.port}; }}
        location /open/ {{ auth_oidc off; fastcgi_pass 127.0.0.1:{fastcgi.port}; }}
    """
    browser = site.start(LOOSE, locations).customer()
    for path, expected in (("/", [CUSTOMER["email"]]), ("/open/", [])):
        for name in SPELLINGS:
            params = browser.open(site.url(path), headers=[(name, FORGED)]).json()["params"]
            found = [value for key, value in params if re.sub("[^A-Z0-9]", "_", key) == "HTTP_X_CUSTOMER_EMAIL"]
            assert found == expected, (path, name)


def test_error_page_that_goes_to_the_backend_removes_them(site):
    locations = LOCATIONS + """
        location = /missing { auth_oidc off; return 404; }
        location @app { auth_oidc off; proxy_pass @BACKEND@; }
    """
    site.start(LOOSE + "error_page 400 404 413 494 = @app; client_max_body_size 1k;", locations)
    for request in ({}, {"method": "POST", "body": b"x" * 2000}):
        answer = site.browser().open(site.url("/missing"), headers=[("X_Customer_Email", FORGED)], **request)
        assert answer.status == 200 and e_mails(answer.json()) == []


def test_malformed_request_that_goes_to_the_backend_has_none(site):
    """nginx enters the error page before the phases have begun."""
    locations = LOCATIONS + "location @app { auth_oidc off; proxy_pass @BACKEND@; }"
    site.start(LOOSE + "error_page 400 494 = @app;", locations)
    for broken in ("Host: a\r\nHost: b\r\n", "Content-Length: x\r\n", f"X-Big: {'x' * 40_000}\r\n"):
        with connect(site.url()) as sock:
            text = f"GET / HTTP/1.1\r\nX-Customer-Email: {FORGED}\r\n{broken}Connection: close\r\n\r\n"
            sock.sendall(text.encode())
            answer = read_answer(sock, "GET", site.url())
        assert FORGED not in answer.text
    site.browser().open(site.url("/open/"))


def test_subrequest_carries_the_customer_and_no_forged_header(site, backend):
    locations = """
        location / { auth_request /check; proxy_pass @BACKEND@; }
        location = /check { internal; proxy_pass @BACKEND@; proxy_pass_request_body off; }
        location /open/ { auth_oidc off; auth_request /check-open; proxy_pass @BACKEND@; }
        location = /check-open { internal; auth_oidc off; proxy_pass @BACKEND@; proxy_pass_request_body off; }
        location /half-open/ { auth_oidc off; auth_request /check; proxy_pass @BACKEND@; }
    """
    browser = site.start(LOOSE, locations).customer()
    backend.seen.clear()
    assert browser.open(site.url("/x"), headers=[("X_Customer_Email", FORGED)]).status == 200
    assert FORGED not in str(backend.seen)
    assert e_mails(backend.seen[-1]) == [CUSTOMER["email"]]
    backend.seen.clear()
    assert site.browser().open(site.url("/half-open/"), headers=[("X_Customer_Email", FORGED)]).status == 401
    assert backend.seen == []
    assert site.browser().open(site.url("/open/"), headers=[("X_Customer_Email", FORGED)]).status == 200
    assert len(backend.seen) == 2 and FORGED not in str(backend.seen)


def test_mirrored_request_carries_no_forged_header(site, backend):
    locations = """
        location / { mirror /mirror; proxy_pass @BACKEND@; }
        location /open/ { auth_oidc off; mirror /mirror; proxy_pass @BACKEND@; }
        location = /mirror { internal; proxy_pass @BACKEND@; }
    """
    browser = site.start(LOOSE, locations).customer()
    for path in ("/", "/open/"):
        browser.open(site.url(path), headers=[("X.Customer.Email", FORGED)])
    assert FORGED not in str(backend.seen)


def test_internal_redirects_keep_one_genuine_copy(site):
    locations = """
        location /try { try_files /none @app; }
        location @app { proxy_pass @BACKEND@; }
        location /rewrite { rewrite ^ /inner last; }
        location /inner { proxy_pass @BACKEND@; }
        location / { proxy_pass @BACKEND@; }
        location /fails { error_page 404 = @app; return 404; }
    """
    browser = site.start(LOOSE, locations).customer()
    for path in ("/try", "/rewrite", "/fails"):
        seen = browser.open(site.url(path), headers=[("x_customer_email", FORGED)]).json()
        assert e_mails(seen) == [CUSTOMER["email"]], path


def test_location_reached_by_an_internal_redirect_sets_its_own_headers_only(site):
    locations = """
        location /a { oidc_set_header X-From a; error_page 404 = @b; auth_require $none error=404; }
        location @b { auth_oidc off; oidc_set_header X-From b; proxy_pass @BACKEND@; }
        location / { proxy_pass @BACKEND@; }
    """
    browser = site.start("", locations, http="map $host $none { default ''; }").customer()
    assert header(browser.open(site.url("/a")).json(), "X-From") == "b"


# Authorization


BEARER = 'oidc_set_header Authorization "Bearer $oidc_access_token";'


def test_authorization_of_the_client_passes_where_it_is_not_set(site):
    locations = LOCATIONS + f"location /api/ {{ {BEARER} proxy_pass @BACKEND@; }}"
    browser = site.start("", locations).customer()
    sent = [("Authorization", "Basic dXNlcjpwYXNz")]
    assert header(browser.open(site.url("/"), headers=sent).json(), "Authorization") == "Basic dXNlcjpwYXNz"
    assert header(browser.open(site.url("/open/"), headers=sent).json(), "Authorization") == "Basic dXNlcjpwYXNz"


def test_authorization_of_the_client_is_replaced_where_it_is_set(site):
    browser = site.start(BEARER).customer()
    for headers in ([], [("Authorization", "Bearer forged")], [("authorization", "a"), ("X-A", "b")]):
        value = header(browser.open(site.url("/"), headers=headers).json(), "Authorization")
        assert value.startswith("Bearer ") and value.removeprefix("Bearer ") in site.secrets.values


def test_authorization_of_a_visitor_is_removed_where_it_is_set(site):
    site.start('auth_oidc_mode optional; oidc_set_header Authorization $oidc_access_token;')
    seen = site.browser().open(site.url("/"), headers=[("Authorization", "Bearer forged")]).json()
    assert header(seen, "Authorization") is None


# Values


def test_empty_claim_leaves_the_header_out(site, provider):
    provider.customer["nickname"] = ""
    lines = "oidc_set_header X-Nick $oidc_claim_nickname; oidc_set_header X-None $oidc_claim_none;"
    seen = site.start(lines).browser().open(site.url("/"), headers=[("X-Nick", "forged")]).json()
    assert header(seen, "X-Nick") is None and header(seen, "X-None") is None


BREAKING = {"CR and LF": "a\r\nX-Customer-Email: eve@evil.example", "LF": "a\nb", "its length": "x" * 9000}


@pytest.mark.parametrize("value", BREAKING.values(), ids=BREAKING.keys())
def test_claim_that_could_break_a_header_is_not_passed_on_for(site, provider, value):
    provider.customer["nickname"] = value
    seen = site.start("oidc_set_header X-Nick $oidc_claim_nickname;").browser().open(site.url("/")).json()
    assert header(seen, "X-Nick") is None
    assert e_mails(seen) == [CUSTOMER["email"]]
    assert "nickname" in site.nginx.log()


def test_claim_with_a_nul_is_never_passed_on(site, provider):
    provider.customer["nickname"] = "a\0b"
    answer = site.start("oidc_set_header X-Nick $oidc_claim_nickname;").browser().open(site.url("/"))
    assert answer.status == 502 or header(answer.json(), "X-Nick") is None


def test_variable_with_a_line_break_passes_only_encoded(site):
    maps = "map $arg_x $broken { default 'a\n\tX-Evil: 1'; }"
    lines = "oidc_set_header X-Raw $broken; oidc_set_header X-Safe $broken encode=urlencode;"
    seen = site.start(lines, http=maps).browser().open(site.url("/")).json()
    assert header(seen, "X-Raw") is None and header(seen, "X-Evil") is None
    assert header(seen, "X-Safe") == "a%0A%09X-Evil%3A%201"


def test_claims_of_every_type_have_a_text(site, provider):
    provider.customer.update(
        number=42, fraction=1.5, yes=True, no=False, nothing=None, many=["a", 1, True], object={"a": [1]}, none=[]
    )
    names = ["number", "fraction", "yes", "no", "nothing", "many", "object", "none", "groups"]
    lines = "".join(f"oidc_set_header X-{name} $oidc_claim_{name};" for name in names)
    seen = site.start(lines).browser().open(site.url("/")).json()
    texts = {name: header(seen, f"X-{name}") for name in names}
    assert texts == {
        "number": "42", "fraction": "1.5", "yes": "true", "no": "false", "nothing": None, "many": "a,1,true",
        "object": '{"a":[1]}', "none": None, "groups": "members,tasters",
    }  # fmt: skip


def test_claim_name_fits_in_any_case(site, provider):
    provider.customer.update(familyName="Capital", Exact="wrong", exact="right")
    lines = "oidc_set_header X-A $oidc_claim_familyName; oidc_set_header X-B $oidc_claim_exact;"
    seen = site.start(lines).browser().open(site.url("/")).json()
    assert (header(seen, "X-A"), header(seen, "X-B")) == ("Capital", "right")


# Inheritance


def test_headers_are_inherited_name_by_name(site):
    locations = """
        location / { proxy_pass @BACKEND@; }
        location /more/ { oidc_set_header X-More "$oidc_claim_name"; proxy_pass @BACKEND@; }
        location /other/ { oidc_set_header x_customer_id other; proxy_pass @BACKEND@; }
        location /none/ { oidc_set_header X-Customer-Id ""; proxy_pass @BACKEND@; }
    """
    browser = site.start(LOOSE, locations).customer()
    plain, more, other, none = (browser.open(site.url(p)).json() for p in ("/", "/more/", "/other/", "/none/"))
    assert header(plain, "X-More") is None
    assert header(more, "X-More") and header(more, "X-Customer-Id") == CUSTOMER["sub"]
    assert header(other, "x_customer_id") == "other" and header(other, "X-Customer-Id") is None
    assert e_mails(none) == [CUSTOMER["email"]] and header(none, "X-Customer-Id") is None


def test_headers_of_the_http_level_hold_everywhere(make_site, provider):
    site = make_site(provider)
    block = provider_block(provider, lines="scope openid email;")
    site.start(text=block + SERVER + "server { @LISTEN@ " + LOCATIONS + " }")
    assert e_mails(site.customer().open(site.url("/")).json()) == [CUSTOMER["email"]]


def test_header_set_in_a_location_without_login_is_set_there_too(site):
    locations = LOCATIONS.replace("/open/ {", "/open/ { oidc_set_header X-Static 1;")
    seen = site.start("", locations).browser().open(site.url("/open/"), headers=[("X-Static", "2")]).json()
    assert header(seen, "X-Static") == "1"


# Variables


def test_customer_is_known_before_the_access_phase(site):
    locations = 'location / { if ($oidc_authenticated) { return 200 "known $oidc_claim_email"; } proxy_pass @BACKEND@; }'
    browser = site.start("", locations).browser()
    assert "known" not in browser.open(site.url("/")).history[0].text
    assert browser.open(site.url("/")).text == f"known {CUSTOMER['email']}"


def test_log_may_hold_the_customer_and_not_the_code(site):
    log = "log_format who '$oidc_provider|$oidc_subject|$oidc_safe_request_uri'; access_log who.log who;"
    site.start(log.split(";", 1)[1], http=log.split(";", 1)[0] + ";").customer("/a?b=c")
    site.stop()
    lines = (site.nginx.prefix / "who.log").read_text().splitlines()
    assert lines[-1] == f"shop|{CUSTOMER['sub']}|/a?b=c"
    assert all("code=" not in line and "state=" not in line for line in lines)
    assert any(line.endswith("|/oidc_callback") for line in lines)


def test_request_line_of_the_callback_is_logged_without_its_code(site):
    http = "log_format plain '$request|$args|$query_string'; "
    site.start("access_log plain.log plain;", http=http).customer()
    site.stop()
    text = (site.nginx.prefix / "plain.log").read_text()
    assert "GET /oidc_callback HTTP/1.1||" in text and "code=" not in text
