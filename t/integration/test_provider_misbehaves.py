"""Whatever comes from the provider in place of an answer: who logs in gets a page that says so, the log says what to
do, and customers who are logged in notice nothing."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from support import tokens, wire
from support.nginx import SLOW
from support.ports import free_port, full_queue
from support.site import SCOPE

QUICK = SCOPE + f"userinfo on; timeout connect={500 * SLOW}ms total={1000 * SLOW}ms;"
# As the log names what each endpoint answers.
ANSWERS = {
    "discovery": "provider metadata",
    "jwks": "key set",
    "token": "token response",
    "userinfo": "userinfo response",
}


def busy(retry_after, status=429):
    return {"status": status, "headers": {"Retry-After": retry_after}}


NOT_IN_TIME = "did not answer within"
NOT_COMPLETE = "closed the connection before its answer was complete"
NOT_JSON = "is not valid JSON"
TOO_LONG = "is longer than 262144 bytes"
NOT_HTTP = "is not valid HTTP"
ZIPPED = "compressed, which was not asked for"
BUSY = "check its rate limits"

# What is done, the status of the page, what the log says.
WRONG = {
    "comes too late": ({"delay": 2 * SLOW}, 504, NOT_IN_TIME),
    "never comes": ({"hang": True}, 504, NOT_IN_TIME),
    "hangs after its headers": ({"wire": wire.hangs_after_its_headers}, 504, NOT_IN_TIME),
    "hangs in the middle": ({"wire": wire.hangs_in_the_middle}, 504, NOT_IN_TIME),
    "drips a byte a second": ({"wire": wire.drips}, 504, NOT_IN_TIME),
    "drips its headers": ({"wire": wire.drips_headers}, 504, NOT_IN_TIME),
    "is a reset": ({"reset": True}, 502, NOT_COMPLETE),
    "is a reset in the middle": ({"wire": wire.cut_in_the_middle}, 502, NOT_COMPLETE),
    "is a closed connection": ({"wire": wire.closed_before_the_answer}, 502, NOT_COMPLETE),
    "ends in its headers": ({"wire": wire.closed_in_the_headers}, 502, ""),
    "ends between two chunks": ({"wire": wire.closed_between_chunks}, 502, NOT_COMPLETE),
    "is shorter than announced": ({"wire": wire.more_announced_than_sent}, 502, NOT_COMPLETE),
    "is longer than announced": ({"wire": wire.less_announced_than_sent}, 502, NOT_JSON),
    "has 10 MB": ({"wire": wire.ten_megabytes}, 502, TOO_LONG),
    "has chunks without end": ({"wire": wire.endless_chunks}, 502, TOO_LONG),
    "has a body without end": ({"wire": wire.endless_body}, 502, TOO_LONG),
    "has headers without end": ({"wire": wire.endless_headers}, 502, "headers are longer than"),
    "has a header line without end": ({"wire": wire.endless_header_line}, 502, "header line"),
    "is interim without end": ({"wire": wire.endless_interim_answers}, 502, "headers are longer than"),
    "is a gzip bomb": ({"wire": wire.gzip_bomb}, 502, ZIPPED),
    "is compressed": ({"wire": wire.zipped}, 502, ZIPPED),
    "is compressed for the way": ({"wire": wire.zipped_chunks}, 502, ZIPPED),
    "is of another protocol": ({"wire": wire.another_protocol}, 502, NOT_HTTP),
    "is a body without headers": ({"wire": wire.only_a_body}, 502, NOT_HTTP),
    "has two lengths": ({"wire": wire.two_lengths}, 502, ""),
    "has a negative length": ({"wire": wire.negative_length}, 502, ""),
    "has a chunk of no size": ({"wire": wire.chunk_of_no_size}, 502, ""),
    "switches protocols": ({"wire": wire.switched_protocols}, 502, ""),
    "is status 500": ({"status": 500}, 502, "HTTP status 500; check the provider"),
    "is status 503": (busy("7", 503), 503, BUSY),
    "is status 429 with seconds": (busy("7"), 503, BUSY),
    "is status 429 with a date": (busy(formatdate(time.time() + 90, usegmt=True)), 503, BUSY),
    "is status 429 with garbage": (busy("soon, \x01"), 503, BUSY),
    "is status 429 for ages": (busy("9" * 40), 503, BUSY),
    "is status 429 with a negative number": (busy("-5"), 503, BUSY),
    "is a redirect": ({"status": 302, "headers": {"Location": "/jwks"}, "body": ""}, 502, "a redirect"),
    "is empty": ({"status": 204, "body": ""}, 502, "HTTP status 204"),
    "is HTML": ({"body": "<html>", "content_type": "text/html"}, 502, "HTML"),
    "is JSON nested too deep": ({"body": '{"a":' + "[" * 40 + "]" * 40 + "}"}, 502, "nested deeper"),
    "is JSON with a member twice": ({"body": '{"sub":"a","sub":"b"}'}, 502, NOT_JSON),
    "is JSON with a huge number": ({"body": '{"a":' + "9" * 400 + "}"}, 502, NOT_JSON),
    "is JSON with a huge exponent": ({"body": '{"a":1e999}'}, 502, NOT_JSON),
    "is JSON with a NUL": ({"body": '{"a":"\\u0000"}'}, 502, NOT_JSON),
    "is JSON with a byte order mark": ({"body": '\ufeff{"a":"b"}'}, 502, NOT_JSON),
    "is JSON in UTF-16": ({"body": '{"a":"b"}'.encode("utf-16")}, 502, NOT_JSON),
    "is JSON in Latin-1": ({"body": b'{"a":"\xfc"}'}, 502, NOT_JSON),
    "is JSON with something after it": ({"body": "{}{}"}, 502, NOT_JSON),
}


def each(table, *endpoints):
    """A test for each line of the table at each of these endpoints."""
    cases = [pytest.param(end, *line, id=f"{end} {name}") for end in endpoints for name, line in table.items()]
    return pytest.mark.parametrize("endpoint, order, status, words", cases)


def errors(site):
    return [line for line in site.nginx.log().splitlines() if "[error]" in line and 'ciam: provider "shop": ' in line]


def assert_says_so(site, answer, status, *words):
    assert answer.status == status and "<h1>" in answer.text and "no-store" in answer.get("Cache-Control")
    assert 0 < int(answer.get("Retry-After")) <= 3600
    lines = errors(site)
    assert lines and all(word in line for line in lines for word in words), lines
    assert all(";" in line.split("ciam:")[1] for line in lines), f"what to do is missing: {lines}"


@each(WRONG, "discovery", "jwks")
def test_first_customer_gets_a_page_when_the_answer_of(site, provider, endpoint, order, status, words):
    provider.behave(**{endpoint: order})
    begin = time.monotonic()
    answer = site.start(provider=QUICK).browser().open(site.url("/"), follow=False)
    assert time.monotonic() - begin < 6 * SLOW
    assert_says_so(site, answer, status, ANSWERS[endpoint], words)


def open_meanwhile(site, browser, customer):
    """A login, and the longest that a customer on the same worker has waited meanwhile."""
    times = []
    with ThreadPoolExecutor() as pool:
        login = pool.submit(browser.open, site.url("/"))
        while not times or not login.done():
            begin = time.monotonic()
            assert site.is_customer(customer)
            times.append(time.monotonic() - begin)
            time.sleep(0.02)
    return login.result(), max(times)


@each(WRONG, "token", "userinfo")
def test_login_ends_on_a_page_and_customers_notice_nothing_when_the_answer_of(
    site, provider, endpoint, order, status, words
):
    customer = site.start(provider=QUICK).customer()
    provider.behave(**{endpoint: order})
    browser = site.browser()
    answer, longest = open_meanwhile(site, browser, customer)
    assert longest < SLOW
    assert_says_so(site, answer, status, ANSWERS[endpoint], words)
    assert site.session_cookie not in browser.cookies(site.url())
    assert len(errors(site)) == 1
    provider.behave_well()
    site.customer()


AWAY = {"jwks": "jwks_uri", "token": "token_endpoint", "userinfo": "userinfo_endpoint"}


@pytest.mark.parametrize("endpoint", AWAY)
def test_login_ends_on_a_page_when_nobody_listens_at(site, provider, endpoint):
    provider.behave(metadata={AWAY[endpoint]: f"http://127.0.0.1:{free_port()}/{endpoint}"})
    answer = site.start(provider=QUICK).browser().open(site.url("/"))
    assert_says_so(site, answer, 502, ANSWERS[endpoint], "Connection refused; check that this server can reach it")


def test_login_ends_on_a_page_when_a_firewall_drops_what_is_sent_to_the_provider(site, provider):
    customer = site.start(provider=QUICK).customer()
    browser = site.browser()
    callback = site.begin(browser)
    provider.stop()
    with full_queue("127.0.0.1", provider.port):
        answer = site.come_back(browser, callback)
        assert site.is_customer(customer)
    assert_says_so(site, answer, 504, "no connection to 127.0.0.1:")


def test_hundred_logins_that_hang_leave_customers_alone_and_all_end(site, provider):
    customer = site.start(provider=QUICK).customer()
    provider.behave(token={"wire": wire.drips})
    times = []
    with ThreadPoolExecutor(100) as pool:
        logins = [pool.submit(site.browser().open, site.url("/")) for _ in range(100)]
        while not all(login.done() for login in logins):
            begin = time.monotonic()
            assert site.is_customer(customer)
            times.append(time.monotonic() - begin)
            time.sleep(0.02)
    assert {login.result().status for login in logins} == {504} and max(times) < SLOW


NASTY = {name: WRONG[name] for name in WRONG if WRONG[name][1] == 504 or "without end" in name or "gzip" in name}


@each(NASTY, "discovery", "jwks")
def test_customers_notice_nothing_when_keys_have_changed_and_the_answer_of(
    site, provider, endpoint, order, status, words
):
    customer = site.start(provider=QUICK).customer()
    provider.use_key(tokens.SigningKey(kid="key-2", number=1))
    provider.behave(**{endpoint: order})
    answer, longest = open_meanwhile(site, site.browser(), customer)
    assert longest < SLOW and answer.status == 502 and "<h1>" in answer.text
    assert any(ANSWERS[endpoint] in line and words in line for line in errors(site))


# What is seldom, and right

FINE = {
    "in chunks": {"wire": wire.in_chunks},
    "by HTTP/1.0": {"wire": wire.by_http_1_0},
    "until the connection closes": {"wire": wire.until_it_closes},
    "after interim answers": {"wire": wire.after_interim_answers},
    "in pieces": {"wire": wire.in_pieces},
    "late and in time": {"delay": 0.5},
    "as text/plain": {"content_type": "text/plain"},
    "as bytes": {"content_type": "application/octet-stream"},
    "with a charset": {"content_type": "Application/JSON; charset=UTF-8"},
    "with a coding that is none": {"headers": {"Content-Encoding": "identity"}},
    "with cookies": {"headers": {"Set-Cookie": "provider=1; Path=/"}},
    "with a Retry-After": {"headers": {"Retry-After": "3600"}},
}


@pytest.mark.parametrize("order", FINE.values(), ids=FINE.keys())
def test_login_works_when_all_answers_come(site, provider, order):
    provider.behave(**{endpoint: order for endpoint in ANSWERS})
    site.start(provider=SCOPE + "userinfo on;").customer()
    site.customer()
    assert all(request.header("Cookie") is None for request in provider.requests if request.endpoint in ANSWERS)


def test_metadata_and_keys_may_be_long(site, provider):
    provider.behave(metadata={"ui_locales_supported": ["x" * 100] * 1000})
    site.start().customer()


def test_metadata_that_are_too_long_to_be_shared_are_refused(site, provider):
    provider.behave(metadata={"ui_locales_supported": ["x" * 100] * 2000})
    answer = site.start(provider=QUICK).browser().open(site.url("/"))
    assert_says_so(site, answer, 502, "larger than 160 KB")


def another_answer_behind(status, headers, body):
    """What a login must not take for its own."""
    yield wire.sized(status, headers, body) + wire.sized(200, headers, b'{"sub":"mallory"}')
    yield wire.KEEP


@pytest.mark.parametrize("endpoint", ANSWERS)
def test_bytes_behind_an_answer_are_not_taken_for_the_next_one(site, provider, endpoint):
    provider.behave(**{endpoint: {"wire": another_answer_behind}})
    site.start(provider=SCOPE + "userinfo on;")
    for _ in range(3):
        site.customer()
    assert errors(site) == []


CLOCKS = {
    "provider is an hour behind": {"exp": -3000, "iat": -3600},
    "provider is an hour ahead": {"exp": 4200, "iat": 3600},
}


@pytest.mark.parametrize("times", CLOCKS.values(), ids=CLOCKS.keys())
def test_log_says_to_check_the_clocks_when_the(site, provider, times):
    provider.behave(id_token={name: int(time.time()) + seconds for name, seconds in times.items()})
    assert site.start().browser().open(site.url("/")).status == 502
    assert [line for line in errors(site) if "clock" in line]


def test_words_of_the_provider_forge_no_line_of_the_log(site, provider):
    forged = "x\r\n2026/01/01 00:00:00 [alert] 1#1: ciam: forged \x1b[2J"
    provider.behave(token={"status": 400, "body": json.dumps({"error": forged, "error_description": forged})})
    assert site.start().browser().open(site.url("/")).status == 502
    assert "forged" not in site.nginx.log() and "\x1b" not in site.nginx.log()
