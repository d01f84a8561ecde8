"""How long customers wait for nginx after a restart, and after a reload, with a million sessions in the zone's file."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.cpu import middle
from bench.shop import Shop
from bench.store import built
from bench.visitor import Connection
from support.nginx import title_of
from support.ports import wait_until

SESSIONS = 1_000_000
MEGABYTES = 512
ROUNDS = 5
PATIENCE = 60  # seconds
PAUSE = 0.001


def fill(shop, file, key):
    """The Cookie field of a session in the file."""
    provider = ["shop", shop.provider.issuer, "shop"]
    command = [built("fill_zone"), file, str(MEGABYTES), str(SESSIONS), key, *provider]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600)
    return f"NGX_OIDC_SESSION={done.stdout.strip()}"


def status(site):
    answer, text = site.get("/status")
    assert answer.status == 200, "oidc_status does not answer"
    return json.loads(text)


def is_served(shop, cookie, old_pid):
    """The customer gets his page, by a worker that is not the old one."""
    site = Connection(shop.origin)
    try:
        if old_pid and status(site)["module"]["pid"] == old_pid:
            return False
        answer, _ = site.get("/page", Cookie=cookie)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        site.http.close()
    assert answer.status == 200 and "@" in answer.headers["X-Customer"], "the session is not known"
    return True


def time_when_served(shop, cookie, old_pid=None):
    end = time.monotonic() + PATIENCE
    while not is_served(shop, cookie, old_pid):
        assert time.monotonic() < end, f"no customer is served for {PATIENCE} s"
        time.sleep(PAUSE)
    return time.monotonic()


def restart_ms(shop, cookie):
    """From the start of an nginx that is not there to the customer's page."""
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        served = pool.submit(time_when_served, shop, cookie)
        shop.nginx.start()
        ms = (served.result() - began) * 1000
    (zone,) = status(Connection(shop.origin))["session_zones"]
    assert zone["sessions"] == SESSIONS, f"{zone['sessions']} sessions were found"
    return ms


def reload_ms(shop, cookie):
    """From the signal to the customer's page by a new worker."""
    (old,) = shop.nginx.worker_pids()
    assert status(Connection(shop.origin))["module"]["pid"] == old, "oidc_status names another process"
    began = time.monotonic()
    shop.nginx.process.send_signal(signal.SIGHUP)
    ms = (time_when_served(shop, cookie, old) - began) * 1000
    wait_until(lambda: not title_of(old), "the old worker to end")
    return ms


def kill_all(shop):
    """As the kernel does when memory runs out, but to all of nginx."""
    workers = shop.nginx.worker_pids()
    shop.nginx.process.kill()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    shop.nginx.process.wait(10)
    wait_until(lambda: not any(map(title_of, workers)), "the workers' death")


def restarts(shop, cookie, end):
    for _ in range(ROUNDS):
        end(shop)
        yield restart_ms(shop, cookie)


def measure(directory):
    key = directory / "session.key"
    key.write_text("5e" * 32 + "\n")
    with tempfile.TemporaryDirectory(prefix="ciam-bench-", dir="/dev/shm") as memory, Shop(directory) as shop:
        file = Path(memory) / "customers"
        cookie = fill(shop, file, key)
        zone = f"secret_key_file {key}; oidc_session_zone zone=customers:{MEGABYTES}m file={file};"
        shop.start(zone=zone, lines="session_store customers;")
        print(f"{SESSIONS} sessions", file=sys.stderr)
        stopped = list(restarts(shop, cookie, lambda one: one.nginx.stop()))
        killed = list(restarts(shop, cookie, kill_all))
        yield "restart_1m_ms", max(
            middle("a restart after a stop", stopped, " ms"), middle("a restart after a kill", killed, " ms")
        )
        reloads = [reload_ms(shop, cookie) for _ in range(ROUNDS)]
        yield "reload_1m_ms", middle("a reload", reloads, " ms")
