"""What a login costs: a page that asks for one, the callback and the call to the token endpoint."""

from bench.cpu import Spent, alternating, middle
from bench.place import KINDS
from bench.visitor import Visitor

ROUNDS = 9
LOGINS = 100


def log_in(visitors, kind):
    for _ in range(LOGINS):
        visitors[kind].log_in(f"/{kind}/page")


def calls_of(place, kind):
    calls = (place.front.prefix / "connections.log").read_text().split("\n")
    return sum(call.startswith(f"/{kind}") for call in calls)


def check_connections(place):
    """Each call to /closed/ must have had a connection of its own, and hardly any of those to /kept/."""
    calls = (place.front.prefix / "connections.log").read_text().split("\n")
    counts = {kind: [call.endswith(" 1") for call in calls if call.startswith(f"/{kind}/token ")] for kind in KINDS}
    assert len(counts["closed"]) == len(counts["kept"]) == LOGINS * (ROUNDS + 1), "calls to the provider are missing"
    # The first one may have the connection that brought the metadata.
    assert counts["closed"].count(False) <= 1, "connections were kept that should have been closed"
    assert counts["kept"].count(True) <= ROUNDS, "connections were closed that should have been kept"


def measure_logins(place):
    """Yields names and values."""
    http, https = (place.providers[scheme].issuer for scheme in ("http", "https"))
    visitors = {kind: Visitor(place.origin("site"), http if kind == "plain" else https, place.tls()) for kind in KINDS}
    spent = {kind: [] for kind in KINDS}
    for kind in KINDS:  # to warm up
        log_in(visitors, kind)
    calls = calls_of(place, "kept")
    for kind in alternating(ROUNDS, KINDS):
        with Spent(place.site) as time:
            log_in(visitors, kind)
        spent[kind].append(time.seconds / LOGINS * 1000)
    check_connections(place)
    yield "login_calls", (calls_of(place, "kept") - calls) / (LOGINS * ROUNDS)
    yield "login_cpu_ms", middle("a login, provider by http", spent["plain"], " ms")
    yield "login_cpu_tls_ms", middle("a login, provider by https", spent["kept"], " ms")
    more = [closed - kept for closed, kept in zip(spent["closed"], spent["kept"])]
    yield "tls_connect_cpu_ms", middle("a new TLS connection", more, " ms")
