"""What a request with a session costs, beside the same one without login."""

import re
import subprocess

from bench.cpu import Spent, alternating, middle
from bench.place import HERE, Place
from bench.shop import CLIENT_SECRET, CUSTOMER, QuickProvider
from bench.visitor import Connection, Visitor

ROUNDS = 25
SECONDS = 1
CONNECTIONS = 30  # fewer than hot.conf keeps to the backend
SESSIONS = 10_000
PATHS = ("/without", "/session")  # of one length


def check_equal(place, cookies):
    """Both send as much to the backend, which repeats the headers in its answer."""
    site = Connection(place.origin("site"))
    answers = [site.get(path, Cookie=cookies) for path in PATHS]
    assert [answer.status for answer, _ in answers] == [200, 200], "the backend is not reached"
    (_, without), (_, session) = answers
    assert CUSTOMER.encode() in session, "the e-mail does not reach the backend"
    assert len(without) == len(session), "the backend is not sent as much with and without a session"
    return len(session)


def cpu_of_request(place, path, cookies, body_size):
    """Microseconds."""
    url = place.origin("site") + path
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", HERE / "rotate.lua", url, "--", cookies]
    with Spent(place.site) as time:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    count, size, wrong = map(int, re.search(r"^counted (\d+) (\d+) (\d+)$", done.stdout, re.M).groups())
    assert count > 0 and wrong == 0, f"{wrong} of {count} requests for {path} failed"
    assert size / count >= body_size, f"some answers for {path} were not the backend's"
    return time.seconds / count * 1e6


def measure_ratio(place, cookies, body_size):
    workers = f"with {place.site.workers} worker(s)"
    spent = {path: [] for path in PATHS}
    for path in PATHS:  # to warm up
        cpu_of_request(place, path, cookies, body_size)
    for path in alternating(ROUNDS, PATHS):
        spent[path].append(cpu_of_request(place, path, cookies, body_size))
    for path in PATHS:
        middle(f"a request for {path} {workers}", spent[path], " us")
    ratios = [without / session for without, session in zip(spent["/without"], spent["/session"])]
    return middle(f"a request without login by one with a session {workers}", ratios)


def measure_with(workers, directory):
    place = Place(directory)
    place.site = place.nginx("site", workers=workers)
    provider = QuickProvider()
    place.running.callback(provider.stop)
    try:
        place.start(place.nginx("backend", module=None), "backend.conf")
        place.start(place.site, "hot.conf", ISSUER=provider.issuer, CLIENT_SECRET=CLIENT_SECRET)
        visitor = Visitor(place.origin("site"), provider.issuer)
        sessions = [visitor.log_in("/session") for _ in range(SESSIONS)]
        assert len(set(sessions)) == SESSIONS, "there are too few sessions"
        cookies = directory / "cookies"
        cookies.write_text("\n".join(sessions))
        return measure_ratio(place, cookies, check_equal(place, sessions[0]))
    finally:
        place.stop()


def measure(directory):
    for workers, name in ((1, "hot_cpu_ratio"), (2, "hot_cpu_ratio_2_workers")):
        (directory / name).mkdir()
        yield name, measure_with(workers, directory / name)
