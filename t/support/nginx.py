"""An nginx with a prefix of its own. In the environment:

CIAM_MODULE     the module (build/ngx_http_ciam_module.so)
CIAM_SANITIZED  1: the module is built with AddressSanitizer and UndefinedBehaviorSanitizer
NGINX_BIN       the nginx to run (nginx)
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from support.ports import is_open, wait_until

ROOT = Path(__file__).resolve().parents[2]
MODULE = Path(os.environ.get("CIAM_MODULE") or ROOT / "build/ngx_http_ciam_module.so").resolve()
SANITIZED = os.environ.get("CIAM_SANITIZED") == "1"
BINARY = shutil.which(os.environ.get("NGINX_BIN") or "nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
SLOW = 4 if SANITIZED else 1
SEEN_AS_WRONG = re.compile(r"\[(alert|emerg)\]|open socket #|exited on signal|exited with code [1-9]")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Verdict(NamedTuple):
    """What `nginx -t` says."""

    ok: bool
    text: str


@lru_cache(maxsize=1)
def version():
    """Of the nginx to run, as (1, 22, 1)."""
    said = subprocess.run([BINARY, "-v"], check=True, stderr=subprocess.PIPE, text=True).stderr
    return tuple(map(int, re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said).groups()))


def runtime_library(name):
    found = subprocess.run(["gcc", f"-print-file-name={name}"], check=True, stdout=subprocess.PIPE, text=True)
    return str(Path(found.stdout.strip()).resolve())


def environment(prefix, leaks=1):
    if not SANITIZED:
        return dict(os.environ)
    log = f"log_path={prefix}/sanitizer"
    here = Path(__file__).parent
    doubles = f"suppressions={here}/doubles-of-nginx.supp"
    # gcc 12's LeakSanitizer guesses where blocks of dlopen()ed libraries' thread-locals lie, and crashes when wrong.
    no_guess = "intercept_tls_get_addr=0"
    leaks_of_nginx = f"suppressions={here}/leaks-of-nginx.supp:print_suppressions=0"
    return {
        **os.environ,
        "LD_PRELOAD": f"{runtime_library('libasan.so')} {runtime_library('libubsan.so')}",
        "ASAN_OPTIONS": f"detect_leaks={leaks}:halt_on_error=1:exitcode=99:{no_guess}:{doubles}:{log}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:halt_on_error=1:{log}",
        "LSAN_OPTIONS": leaks_of_nginx,
    }


def title_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""  # it has just ended


class Nginx:
    mode = "daemon off;"

    def __init__(self, prefix, module=MODULE, workers=1):
        self.prefix = Path(prefix)
        self.module = module
        self.workers = workers
        self.log_level = "info"
        self.before_exec = None  # done by the child, see support.own_files
        self.process = None
        self.ports = []
        self.user = pwd.getpwuid(0).pw_name  # of the workers
        self.expected = []  # patterns of what complaints() is to pass over
        (self.prefix / "temp").mkdir(parents=True, exist_ok=True)

    # Configuration

    def text(self, http, main=""):
        """A complete nginx.conf around the lines of its http block."""
        uri = "$oidc_safe_request_uri" if self.module else "$uri"
        lines = [self.mode, f"worker_processes {self.workers};", "pid nginx.pid;"]
        lines.append(f"error_log error.log {self.log_level};")
        if self.module:
            lines.append(f"load_module {self.module};")
        if os.geteuid() == 0:
            # Started by root, nginx would give its workers to a user who can't enter the prefix.
            lines.append(f"user {self.user};")
        paths = "".join(f"{name}_temp_path temp/{name};\n" for name in TEMPORARY)
        log = f"log_format safe '$remote_addr $request_method {uri} $status';\naccess_log access.log safe;\n"
        return "\n".join([*lines, main, "events { worker_connections 512; }", "http {", log + paths + http, "}", ""])

    def write(self, http, main=""):
        self.ports = [int(port) for port in re.findall(r"\blisten\s+127\.0\.0\.1:(\d+)", http)]
        (self.prefix / "nginx.conf").write_text(self.text(http, main))

    def command(self, *arguments, log="error.log"):
        if self.module and not Path(self.module).is_file():
            raise AssertionError(f"{self.module} is missing: build it, or name another one in CIAM_MODULE")
        return [BINARY, "-p", f"{self.prefix}/", "-c", "nginx.conf", "-e", log, *arguments]

    def test(self, http, main=""):
        """`nginx -t` of these lines."""
        self.write(http, main)
        done = subprocess.run(
            self.command("-t", log="stderr"),
            env=environment(self.prefix, leaks=0),  # nginx -t frees nothing, it ends
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=20 * SLOW,
        )
        return Verdict(done.returncode == 0, done.stdout.decode(errors="replace"))

    # Running

    def start(self):
        output = (self.prefix / "output.log").open("ab")
        with output:
            self.process = subprocess.Popen(
                self.command(),
                env=environment(self.prefix),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=self.before_exec,
            )
        wait_until(lambda: self.process.poll() is not None or all(map(is_open, self.ports)), "nginx", 10 * SLOW)
        if self.process.poll() is not None:
            raise AssertionError(f"nginx does not start:\n{self.log()}{self.output()}")
        wait_until(lambda: len(self.worker_pids()) == self.workers, "nginx's workers", 10 * SLOW)
        return self

    def worker_pids(self):
        """Without the processes that look after a proxy_cache."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(one) for one in children if title_of(one).startswith("nginx: worker process")}

    def reload(self, wait_for_old=True):
        """New workers are there, and the old ones have been told to end."""
        old = self.worker_pids()
        self.process.send_signal(signal.SIGHUP)

        def done():
            now = self.worker_pids()
            left = now & old
            told = not left or all(f" {pid}#{pid}: gracefully shutting down" in self.log() for pid in left)
            return len(now - old) == self.workers and (not left if wait_for_old else told)

        wait_until(done, f"new workers:\n{self.log()[-2000:]}", 10 * SLOW)

    def connections(self):
        """How many it has accepted and not closed."""
        fields = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        ends = {f":{port:04X}" for port in self.ports}
        # A connection that nobody has accepted yet has no number.
        return sum(one[1][-5:] in ends and one[3] == "01" and one[9] != "0" for one in fields)

    def kill_worker(self, pid):
        """As the kernel does when memory runs out."""
        self.expects(r"worker process \d+ exited on signal 9")
        os.kill(pid, signal.SIGKILL)

    def stop(self):
        """Asks it to end in peace, as on a reload: what a worker leaves open or waits for shows here."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(10)
            raise AssertionError(f"nginx did not end in peace:\n{self.log()[-2000:]}") from None

    # What it said

    def expects(self, pattern):
        """A test does something that nginx rightly complains about."""
        self.expected.append(pattern)

    def log(self):
        return self._read("error.log")

    def access_log(self):
        return self._read("access.log")

    def output(self):
        return self._read("output.log")

    def _read(self, name):
        path = self.prefix / name
        return path.read_text(errors="replace") if path.exists() else ""

    def complaints(self, secrets):
        """What no log may hold, whatever a test did."""
        log = self.log() + self.output()
        wrong = [line for line in log.splitlines() if SEEN_AS_WRONG.search(line)]
        wrong = [line for line in wrong if not any(re.search(pattern, line) for pattern in self.expected)]
        for report in sorted(self.prefix.glob("sanitizer*")):
            wrong.append(report.read_text(errors="replace"))
        for name, text in (("error.log", log), ("access.log", self.access_log())):
            wrong += [f"in {name}: {what}" for what in secrets.found_in(text)]
        return wrong
