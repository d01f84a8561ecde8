"""What 2,000 tenants cost that the host chooses among, beside one: start, memory, reload, and a customer's request."""

import http.client
import json
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from bench.cpu import Spent, alternating, middle
from bench.place import HERE
from bench.shop import CLIENT_SECRET, CUSTOMER, QuickProvider
from bench.visitor import NAVIGATION, new_cookies
from support.nginx import Nginx, title_of
from support.ports import free_port, wait_until

TENANTS = 2000
FETCHED_AHEAD = 20
STARTS = RELOADS = 5
ROUNDS = 25
SECONDS = 1
CONNECTIONS = 30
SESSIONS = 100
PATIENCE = 60  # seconds
PAUSE = 0.001


class Town:
    """nginx with so many tenants of one provider, whose metadata are fetched for each of them."""

    def __init__(self, directory, provider, tenants):
        self.provider, self.tenants = provider, tenants
        self.port = free_port()
        self.nginx = Nginx(directory / f"tenants-{tenants}")
        self.nginx.write(self.text())

    def host(self, number):
        return f"t{number}.localhost:{self.port}"

    def block(self, number):
        return f"""oidc_provider t{number} {{
            issuer {self.provider.issuer}; client_id shop; client_secret {CLIENT_SECRET}; scope openid email;
            config_url {self.provider.issuer}/.well-known/openid-configuration?of={number};
            redirect_uri http://{self.host(number)}/oidc_callback; timeout connect=60s total=600s;
        }}"""

    def text(self):
        numbers = range(self.tenants)
        values = {
            "PORT": str(self.port),
            "HOSTS": "\n".join(f"t{number}.localhost t{number};" for number in numbers),
            "PROVIDERS": "\n".join(map(self.block, numbers)),
        }
        return re.sub(r"@([A-Z]+)@", lambda match: values[match[1]], (HERE / "tenants.conf").read_text())

    # Visitors

    def get(self, number, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Host": self.host(number), **NAVIGATION, **headers})
            answer = connection.getresponse()
            answer.text = answer.read()
            return answer
        finally:
            connection.close()

    def begin(self, number):
        answer = self.get(number, "/page")
        location = answer.headers["Location"] or ""
        assert location.startswith(self.provider.issuer + "/authorize?"), f"t{number} answers {answer.status}"
        return answer, location

    def log_in(self, number):
        """The Cookie field of a session."""
        asked, location = self.begin(number)
        parts = urlsplit(location)
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        connection.request("GET", f"{parts.path}?{parts.query}")
        callback = urlsplit(connection.getresponse().headers["Location"])
        connection.close()
        assert callback.netloc == self.host(number), "the provider sends to another host"
        done = self.get(number, f"{callback.path}?{callback.query}", Cookie=new_cookies(asked))
        assert done.status in (302, 303), f"the callback answers {done.status}"
        return new_cookies(done)

    # Workers

    def worker(self):
        (pid,) = self.nginx.worker_pids()
        return pid

    def served_by(self, old_pid=None):
        """When another worker than the old one answers."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if json.loads(self.get(0, "/status").text)["module"]["pid"] != old_pid:
                    return time.monotonic()
            except OSError:
                pass
            time.sleep(PAUSE)
        raise AssertionError(f"nobody is served for {PATIENCE} s")

    def start_ms(self):
        with ThreadPoolExecutor(1) as pool:
            began = time.monotonic()
            served = pool.submit(self.served_by)
            self.nginx.start()
            return (served.result() - began) * 1000

    def reload_ms(self):
        old = self.worker()
        began = time.monotonic()
        self.nginx.process.send_signal(signal.SIGHUP)
        ms = (self.served_by(old) - began) * 1000
        wait_until(lambda: not title_of(old), "the old worker to end")
        return ms

    def rss_mb(self):
        """What the worker alone has written to; see growth.py."""
        with open(f"/proc/{self.worker()}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:")) / 1024


def check_fetches(town, expected):
    wait_until(lambda: town.provider.state()["discoveries_answered"] >= expected, "the metadata", PATIENCE)
    assert town.provider.state()["discoveries"] == expected, "metadata were fetched that nobody needs"


def use_all(town):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(town.begin, range(town.tenants)))


def starts(town):
    for number in range(STARTS):
        yield town.start_ms()
        check_fetches(town, (number + 1) * FETCHED_AHEAD)
        if number + 1 < STARTS:
            town.nginx.stop()


def cpu_of_request(town, cookies):
    """Microseconds of a customer's request to the last tenant."""
    host = town.host(town.tenants - 1)
    url = f"http://127.0.0.1:{town.port}/page"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", f"Host: {host}", "-s", HERE / "rotate.lua"]
    with Spent(town.nginx) as time_of:
        done = subprocess.run(
            [*command, url, "--", cookies], check=True, stdout=subprocess.PIPE, text=True, timeout=60
        )
    count, size, wrong = map(int, re.search(r"^counted (\d+) (\d+) (\d+)$", done.stdout, re.M).groups())
    assert count > 0 and wrong == 0, f"{wrong} of {count} requests failed"
    return time_of.seconds / count * 1e6


def sessions_of(town, directory):
    """A file of Cookie fields."""
    last = town.tenants - 1
    cookies = [town.log_in(last) for _ in range(SESSIONS)]
    answer = town.get(last, "/page", Cookie=cookies[0])
    assert answer.status == 200 and answer.headers["X-Customer"] == CUSTOMER, "the session is not known"
    file = directory / f"cookies-{town.tenants}"
    file.write_text("\n".join(cookies))
    return file


def hot_ratio(towns, directory):
    cookies = {town.tenants: sessions_of(town, directory) for town in towns}
    spent = {town: [] for town in towns}
    for town in towns:  # to warm up
        cpu_of_request(town, cookies[town.tenants])
    for town in alternating(ROUNDS, towns):
        spent[town].append(cpu_of_request(town, cookies[town.tenants]))
    for town in towns:
        middle(f"a request among {town.tenants}", spent[town], " us")
    one, many = (spent[town] for town in towns)
    return middle("a request among many by one among one", [b / a for a, b in zip(one, many)])


def measure(directory):
    provider = QuickProvider()
    town, village = Town(directory, provider, TENANTS), Town(directory, provider, 1)
    try:
        yield "tenants_start_ms", middle("a start", list(starts(town)), " ms")
        use_all(town)
        used = STARTS * FETCHED_AHEAD + TENANTS - FETCHED_AHEAD
        check_fetches(town, used)
        yield "tenants_worker_rss_mb", town.rss_mb()
        yield "tenants_reload_ms", middle("a reload", [town.reload_ms() for _ in range(RELOADS)], " ms")
        use_all(town)
        check_fetches(town, used)
        village.nginx.start()
        yield "tenants_hot_ratio", hot_ratio((village, town), directory)
    finally:
        for one in (town, village):
            one.nginx.stop()
        provider.stop()
