"""How many lines a site needs until its backend learns the e-mail of a customer who logs in."""

import difflib

from bench.place import HERE
from bench.visitor import Visitor
from support.backend import Backend, header
from support.real_provider import ZOE

BEFORE, AFTER = "before-login.conf", "after-login.conf"


def added_lines():
    """One directive a line; what was changed has been added as well."""
    before, after = ((HERE / file).read_text().splitlines() for file in (BEFORE, AFTER))
    changes = difflib.ndiff(before, after)
    added = [line[2:].strip() for line in changes if line.startswith("+ ")]
    counted = [line for line in added if line and line != "}" and not line.startswith("#")]
    assert all(line[-1] in ";{" and line.count(";") <= 1 for line in counted), f"{AFTER}: one directive a line"
    return len(counted)


def email_at_backend(place, backend, file, log_in):
    nginx = place.nginx(file)
    nginx.write(place.fill_in(file))
    nginx.start()
    try:
        visitor = Visitor(place.origin("first_login"), place.providers["http"].issuer)
        cookies = visitor.log_in("/") if log_in else ""
        answer, _ = visitor.site.get("/", Cookie=cookies)
        assert answer.status == 200, f"{file}: the page answers {answer.status}"
        visitor.site.http.close()
    finally:
        nginx.stop()
    return header(backend.seen[-1], "X-Customer-Email")


def measure(place):
    backend = Backend()
    place.ports["first_backend"] = backend.port
    try:
        assert email_at_backend(place, backend, BEFORE, False) is None, f"{BEFORE} sends an e-mail address"
        found = email_at_backend(place, backend, AFTER, True)
        assert found == ZOE["email"], f"{AFTER}: the e-mail does not reach the backend"
    finally:
        backend.stop()
    return added_lines()
