"""Free loopback ports."""

import os
import random
import socket
import time
from contextlib import contextmanager

# Outside of what the system gives to outgoing connections; apart for each process of a parallel run.
_share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 7
_ports = list(range(10_000 + 3000 * _share, 13_000 + 3000 * _share))
random.shuffle(_ports)


def free_port():
    """A port that nobody listens on and that this run has not given away before."""
    while True:
        port = _ports.pop()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_until(condition, what, seconds=10):
    """The condition's value once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


@contextmanager
def full_queue(address, port, family=socket.AF_INET):
    """This port neither accepts nor refuses, as behind a firewall that drops packets."""
    with socket.socket(family) as listener, socket.socket(family) as first, socket.socket(family) as second:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex((address, port))
        yield
