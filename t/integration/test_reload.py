"""A reload in the middle of whatever customers do: nobody gets a wrong answer, and old workers end."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import read_answer
from support.load import Load, customer, visitor
from support.nginx import SLOW
from support.ports import wait_until
from support.site import LOCATIONS, SCOPE
from support.workers import WHO, dial_worker

PATIENT = SCOPE + "userinfo on; timeout connect=5s total=30s;"
PIECE = b"0123456789abcdef" * 1024


def old_workers_end(site, old):
    wait_until(lambda: not old & site.nginx.worker_pids(), f"the end of {old}:\n{site.nginx.log()[-2000:]}", 10 * SLOW)


def hup(site):
    site.nginx.process.send_signal(signal.SIGHUP)


# In the middle of a login


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_callback_is_finished_by_the_old_worker_that_waits_for(site, provider, held, endpoint):
    browser = site.start(provider=PATIENT).browser()
    callback = site.begin(browser, "/page")
    answer, old = held(endpoint), site.nginx.worker_pids()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(site.come_back, browser, callback)
        wait_until(lambda: provider.seen(endpoint), endpoint)
        site.reload(provider=PATIENT, wait_for_old=False)
        assert old <= site.nginx.worker_pids() and not waiting.done()
        answer.set()
        assert waiting.result().location == site.url("/page")
    assert site.is_customer(browser)
    old_workers_end(site, old)


def test_visitors_who_wait_for_the_metadata_are_answered_by_old_and_new_workers(site, provider, held):
    answer = held("discovery")
    site.start(provider=PATIENT, workers=2)
    wait_until(lambda: provider.seen("discovery"), "the discovery")
    old = site.nginx.worker_pids()

    def first_page():
        return site.browser().open(site.url("/"), follow=False).status

    with ThreadPoolExecutor(20) as pool:
        before = [pool.submit(first_page) for _ in range(10)]
        wait_until(lambda: site.nginx.connections() >= 10, "ten visitors")
        site.reload(provider=PATIENT, wait_for_old=False)
        after = [pool.submit(first_page) for _ in range(10)]
        wait_until(lambda: site.nginx.connections() >= 20, "twenty visitors")
        assert not any(one.done() for one in before + after)
        answer.set()
        assert [one.result() for one in before + after] == [302] * 20
    old_workers_end(site, old)
    site.customer()


# Under load


def test_ten_reloads_under_load_lose_no_request(site):
    site.start(workers=2)
    asks = [customer(site, site.customer()) for _ in range(3)] + [visitor(site) for _ in range(3)]
    with Load(*asks) as load:
        for _ in range(10):
            site.reload(wait_for_old=False)
    assert set(load.outcomes) == {"page", "redirect"}, load.outcomes
    assert min(load.outcomes.values()) > 20


def test_logins_under_load_outlive_ten_reloads(site):
    site.start(workers=2)

    def log_in():
        return site.browser().open(site.url("/page")).status

    with Load(log_in, log_in, log_in) as load:
        for _ in range(10):
            site.reload(wait_for_old=False)
    assert set(load.outcomes) == {200}, load.outcomes


def test_old_workers_end_after_reloads_in_quick_succession(site):
    browser = site.start(workers=2).customer()
    seen = set(site.nginx.worker_pids())
    for _ in range(10):
        site.reload(wait_for_old=False)
        seen |= site.nginx.worker_pids()
    now = site.nginx.worker_pids()
    wait_until(lambda: len(site.nginx.worker_pids()) == 2, "the end of all old workers", 10 * SLOW)
    assert len(seen) >= 20 and site.nginx.worker_pids() <= now
    assert site.is_customer(browser)
    site.customer()


def test_reloads_asked_for_at_once_leave_one_set_of_workers(site):
    browser = site.start(workers=2).customer()
    old = site.nginx.worker_pids()
    for _ in range(10):
        hup(site)
    wait_until(lambda: len(site.nginx.worker_pids() - old) >= 2, "new workers", 10 * SLOW)
    wait_until(lambda: len(site.nginx.worker_pids()) == 2, "the end of all old workers", 20 * SLOW)
    assert site.is_customer(browser)


# Answers that take longer than a reload


def test_slow_download_goes_on_while_new_workers_serve(site, tmp_path):
    (tmp_path / "file").write_bytes(PIECE * 32)
    download = f"location /download {{ alias {tmp_path}/file; limit_rate 400k; }}"
    locations = WHO + download + LOCATIONS
    browser = site.start(locations=locations).customer()
    old = site.nginx.worker_pids()
    browser.dial = dial_worker(site, *old)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(browser.open, site.url("/download"))
        wait_until(lambda: site.nginx.connections(), "the download")
        site.reload(locations=locations, wait_for_old=False)
        new = site.nginx.worker_pids() - old
        other = site.browser(dial=dial_worker(site, *new))
        other.jar = browser.jar
        assert site.is_customer(other) and not waiting.done()
        assert waiting.result().body == PIECE * 32
    old_workers_end(site, old)


WEBSOCKET = """
    location /socket {
        proxy_pass @BACKEND@; proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
    }
"""


def test_websocket_stays_open_over_a_reload(site):
    browser = site.start(locations=WEBSOCKET + LOCATIONS).customer()
    old = site.nginx.worker_pids()
    with open_websocket(site, browser) as socket:
        assert echo(socket, b"before") == b"before"
        site.reload(locations=WEBSOCKET + LOCATIONS, wait_for_old=False)
        assert echo(socket, b"after") == b"after" and old <= site.nginx.worker_pids()
        assert site.is_customer(browser)
    old_workers_end(site, old)


def open_websocket(site, browser):
    url = site.url("/socket")
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies_for(url))
    fields = [("Host", f"{site.host}:{site.port}"), ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    socket = browser._send(url, "GET", [*fields, ("Cookie", cookies)], None)
    assert read_answer(socket, "GET", url).status == 101
    return socket


def echo(socket, data):
    socket.sendall(data)
    return socket.recv(len(data))
