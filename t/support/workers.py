"""Which of nginx's workers does what."""

import os
import re
from pathlib import Path

from support.browser import connect, origin_of, read_answer

# A site needs this location for dial_worker().
WHO = 'location = /who { auth_oidc off; default_type text/plain; return 200 "$pid"; }'
TRIES = 400


def asked_who(sock, site):
    """The worker that this connection has come to; it stays open for a request."""
    sock.sendall(f"GET /who HTTP/1.1\r\nHost: {site.host}:{site.port}\r\n\r\n".encode())
    return int(read_answer(sock, "GET", site.url("/who")).body)


def dial_worker(site, pid):
    """For Browser: connections to the site come to this worker, whichever would have taken them."""

    def dial(url, ca_file=None):
        if origin_of(url) != site.origin:
            return connect(url, ca_file)
        for _ in range(TRIES):
            sock = connect(url, ca_file)
            if asked_who(sock, site) == pid:
                return sock
            sock.close()
        raise AssertionError(f"none of {TRIES} connections came to worker {pid}")

    return dial


def sockets_to(port):
    """The kernel's numbers of the sockets that are connected to this loopback port."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return {fields[9] for fields in map(str.split, lines) if fields[2].endswith(f":{port:04X}") and fields[3] == "01"}


def sockets_of(pid):
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            number = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry))
        except FileNotFoundError:
            continue
        found |= {number[1]} if number else set()
    return found


def workers_connected_to(site, port):
    wanted = sockets_to(port)
    return {pid for pid in site.nginx.worker_pids() if wanted & sockets_of(pid)}
