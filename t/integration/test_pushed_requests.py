"""Authorization requests that nginx pushes to the provider (RFC 9126), and what becomes of a login when that fails."""

import select
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import client_proof
from support.certificates import pem_key
from support.connection import NAVIGATION, Connection
from support.key_files import private_keys, write_private
from support.ports import free_port, wait_until
from support.real_provider import ZOE, RealProvider
from support.site import SCOPE

PAR = SCOPE + "par on; timeout connect=1s total=2s;"
REAL_IP = "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;"
MOST_BEGUN = 100
MOST_UNDER_WAY = 200


@pytest.fixture
def pushes(provider):
    """The provider takes pushed requests; the metadata that says so, and more."""

    def behave(**more):
        provider.behave(metadata={"pushed_authorization_request_endpoint": f"{provider.issuer}/par", **more})

    behave()
    return behave


def first_page(site, **request):
    return site.browser().open(site.url("/x"), follow=False, **request)


def is_reference(answer):
    return set(answer.location_parameters) == {"client_id", "request_uri"}


# With a certified provider


@pytest.fixture
def make_real_site(make_site, secrets):
    started = []

    def make(lines, **options):
        port = free_port()
        started.append(RealProvider([f"http://localhost:{port}/oidc_callback"], **options))
        started[-1].know(secrets)
        return make_site(started[-1], port=port).start(provider=SCOPE + lines)

    yield make
    for one in started:
        one.stop()


def log_in_as_zoe(site):
    browser = site.browser()
    browser.set_cookie(site.provider.issuer, "autologin", "zoe")
    first = browser.open(site.url("/a?b=c"), follow=False)
    answer = browser.open(first.location, initiator=site.url("/"))
    assert answer.status == 200 and answer.url == site.url("/a?b=c")
    assert ["X-Customer-Email", ZOE["email"]] in answer.json()["headers"]
    return first


@pytest.mark.parametrize(
    "lines, offer, pushed",
    [("", "required", True), ("par auto;", "required", True), ("par on;", "allowed", True), ("par auto;", "allowed", False)],
)
def test_customer_logs_in_where_the_certified_provider_has_pushed_requests(make_real_site, lines, offer, pushed):
    assert is_reference(log_in_as_zoe(make_real_site(lines, pushed_requests=offer))) == pushed


def test_address_that_is_opened_again_leads_nowhere_and_the_site_to_a_new_login(make_real_site):
    site = make_real_site("", pushed_requests="required")
    used = log_in_as_zoe(site).location
    late = site.browser()
    late.set_cookie(site.provider.issuer, "autologin", "zoe")
    assert late.open(used).status == 400  # the provider's own page
    assert late.open(site.url("/x")).status == 200


# What is pushed


def test_browser_carries_a_reference_and_nothing_else(site, provider, pushes):
    site.start(provider=PAR + 'response_mode query; extra_auth_args "ui_locales=de&kc_idp_hint=x";')
    answer = first_page(site)
    assert site.goes_to_provider(answer) and is_reference(answer)
    assert answer.location_parameters["client_id"] == "shop"
    pushed = provider.seen("par")[0].form
    assert pushed["response_type"] == "code" and pushed["code_challenge_method"] == "S256"
    assert pushed["redirect_uri"] == site.url("/oidc_callback")
    assert (pushed["ui_locales"], pushed["kc_idp_hint"]) == ("de", "x")
    assert provider.seen("par")[0].body.count("client_id=") == 1 and "request_uri" not in pushed


def test_login_is_the_customer_s_own(site, provider, pushes):
    browser = site.start(provider=PAR).customer("/members?x=1")
    assert site.is_customer(browser) and len(provider.seen("par")) == 1
    other = site.begin(site.browser(), "/mine")
    assert site.come_back(site.browser(), other).status == 400  # another browser's


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_proves_itself_by_its_secret(site, provider, pushes, method):
    site.start(provider=PAR + f"client_auth {method};").customer()
    assert ("client_secret" in provider.seen("par")[0].form) == (method == "client_secret_post")


# RFC 9126 section 2: the provider takes its issuer and its token endpoint.
@pytest.mark.parametrize("audience", ["issuer", "token_endpoint"])
def test_client_proves_itself_by_an_assertion_that_is_good_once(site, provider, pushes, tmp_path, audience):
    provider.client_secret = ""
    key = private_keys()["ec.key"]
    expected = provider.issuer if audience == "issuer" else f"{provider.issuer}/token"
    provider.check_client = client_proof.Assertions(provider, client_proof.by_key(key.public_key()), audience=expected)
    file = write_private(tmp_path / "ec.key", pem_key(key))
    site.start(provider=PAR + f"client_auth private_key_jwt aud={audience}; client_key {file};").customer()
    assert len(provider.check_client.seen_ids) == 2  # here and at the token endpoint


def test_nothing_is_pushed_where_it_is_only_offered(site, provider, pushes):
    site.start(provider=SCOPE).customer()
    pushes(require_pushed_authorization_requests=True)
    site.reload(provider=SCOPE + "par off;")
    site.customer()
    assert provider.seen("par") == []


def test_visit_that_is_not_redirected_pushes_nothing(site, provider, pushes):
    browser = site.start(provider=PAR).browser()
    assert browser.fetch(site.url("/x")).status == 401
    assert provider.seen("par") == []


# When it fails


@pytest.mark.parametrize("lines, metadata", [("par on;", {}), ("", {"require_pushed_authorization_requests": True})])
def test_provider_without_the_endpoint_is_an_error_that_says_so(site, provider, lines, metadata):
    provider.behave(metadata=metadata)
    site.start(provider=SCOPE + lines)
    assert first_page(site).status == 500
    assert "pushed_authorization_request_endpoint" in site.nginx.log() and "par off;" in site.nginx.log()


BAD = {
    "invalid_request": ({"status": 400, "body": '{"error":"invalid_request"}'}, 502, "invalid_request"),
    "invalid_client": ({"status": 401, "body": '{"error":"invalid_client"}'}, 500, "client_secret"),
    "an error of its own": ({"status": 400, "body": '{"error":"two words"}'}, 502, '"unknown"'),
    "no JSON": ({"status": 400, "body": "no"}, 502, "HTTP status 400"),
    "413": ({"status": 413, "body": ""}, 502, "HTTP status 413"),
    "429": ({"status": 429, "headers": {"Retry-After": "7"}}, 503, "rate limits"),
    "500": ({"status": 500}, 502, "HTTP status 500"),
    "503": ({"status": 503}, 503, "busy"),
    "a redirect": ({"status": 302, "headers": {"Location": "/other"}}, 502, "HTTP status 302"),
    "200": ({"status": 200}, 502, "HTTP status 200"),
    "no request_uri": ({"body": '{"expires_in":60}', "status": 201}, 502, "request_uri"),
    "an empty request_uri": ({"body": '{"request_uri":""}', "status": 201}, 502, "request_uri"),
    "a number as request_uri": ({"body": '{"request_uri":1}', "status": 201}, 502, "request_uri"),
    "an endless request_uri": ({"body": '{"request_uri":"%s"}' % ("x" * 3000), "status": 201}, 502, "request_uri"),
    "too much": ({"body": "x" * 100_000, "status": 201}, 502, "longer than"),
    "silence": ({"hang": True}, 504, "did not answer within"),
    "a reset": ({"reset": True}, 502, "connection"),
}


@pytest.mark.parametrize("order, status, words", BAD.values(), ids=BAD.keys())
def test_visitor_gets_a_page_and_one_call_is_made_when_the_answer_is(site, provider, pushes, order, status, words):
    customer = site.start(provider=PAR).customer()
    before = len(provider.seen("par"))
    provider.behave(par=order)
    answer = first_page(site)
    assert answer.status == status and "<h1>" in answer.text and answer.get("Cache-Control") == "no-store"
    assert ("Retry-After" in dict(answer.headers)) == (status != 500)
    # libcurl asks once more where a connection that was kept turns out to be closed.
    assert before < len(provider.seen("par")) <= before + (2 if "reset" in order else 1)
    assert words in site.nginx.log()
    assert site.is_customer(customer)
    provider.orders.pop("par")
    site.customer()


def test_reference_can_not_leave_the_parameter_it_stands_in(site, provider, pushes):
    provider.behave(par={"status": 201, "body": '{"request_uri":"x&scope=evil#y z\\r\\nSet-Cookie: a=b"}'})
    answer = first_page(site.start(provider=PAR))
    assert answer.location_parameters["request_uri"] == "x&scope=evil#y z\r\nSet-Cookie: a=b"
    assert is_reference(answer) and answer.location.startswith(provider.issuer + "/authorize?")


def test_endpoint_that_has_moved_is_found_again(site, provider, pushes):
    pushes(pushed_authorization_request_endpoint=f"http://127.0.0.1:{free_port()}/")
    site.start(provider=PAR)
    assert first_page(site).status == 502
    pushes()

    def begins_a_login():
        time.sleep(0.3)
        return site.goes_to_provider(first_page(site))

    wait_until(begins_a_login, "a login", 20)


def test_login_that_waits_is_begun_by_the_old_worker_after_a_reload(site, provider, pushes, held):
    lines = SCOPE + "par on; timeout connect=5s total=30s;"
    site.start(provider=lines)
    answer = held("par")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(first_page, site)
        wait_until(lambda: provider.seen("par"), "a pushed request")
        site.reload(provider=lines, wait_for_old=False)
        answer.set()
        assert is_reference(waiting.result())


# What strangers may make it do


def test_visits_of_one_address_stop_reaching_the_provider(site, provider, pushes):
    site.start(REAL_IP, provider=PAR)

    def visit(address):
        return first_page(site, headers=[("X-Real-IP", address)])

    answers = [visit("192.0.2.1") for _ in range(2 * MOST_BEGUN + 5)]  # a minute may begin in between
    assert answers[-1].status == 429 and int(answers[-1].get("Retry-After")) == 60
    assert len(provider.seen("par")) == [answer.status for answer in answers].count(302) >= MOST_BEGUN
    assert visit("192.0.2.2").status == 302
    assert "begun and not finished" in site.nginx.log()


def test_address_whose_logins_are_finished_may_begin_more(site, provider, pushes):
    site.start(provider=PAR)
    for _ in range(40):  # one of four, whenever a minute begins
        site.customer()
        assert [first_page(site).status for _ in range(3)] == [302] * 3


def begin(site, address):
    connection = Connection(site)
    connection.send(connection.head("/x", extra=NAVIGATION + f"X-Real-IP: {address}\r\n"))
    return connection


def is_answered(connection):
    return bool(select.select([connection.sock], [], [], 0.3)[0])


def test_requests_that_wait_for_the_provider_are_bounded(site, provider, pushes, held):
    site.start(REAL_IP, provider=SCOPE + "par on; timeout connect=5s total=60s;")
    site.customer()
    answer, connections = held("par"), []
    try:
        while len(connections) <= MOST_UNDER_WAY or not is_answered(connections[-1]):
            assert len(connections) < 2 * MOST_UNDER_WAY + 5, "as many as a minute that begins in between allows"
            connections.append(begin(site, f"192.0.2.{len(connections) % 250}"))
        refused = connections.pop().answer()
        assert refused.status == 503 and refused.get("Retry-After")
        assert "limit_req" in site.nginx.log()
        before = len(provider.seen("par"))
        for connection in connections[:100]:
            connection.reset()  # who leaves gives his place back

        def is_begun():
            connections.append(begin(site, "198.51.100.1"))
            return not is_answered(connections[-1])

        wait_until(is_begun, "a place")
        wait_until(lambda: len(provider.seen("par")) > before, "a pushed request")
    finally:
        answer.set()
        for connection in connections[100:]:
            connection.close()
