"""nginx in the background, as a distribution runs it: the only kind that can be replaced by USR2."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from support.nginx import MODULE, SANITIZED, SLOW, Nginx, environment
from support.ports import is_open, wait_until

# nginx passes nothing else of its environment on to the new one.
NEEDED = ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


class Process:
    """A process that is no child of ours, with the methods that Nginx needs of a Popen."""

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        """None while it runs."""
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return 0 if state == "Z" else None  # dead; whoever adopted it has not noticed

    def send_signal(self, number):
        os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("nginx", seconds)
            time.sleep(0.01)

    def children(self):
        if self.poll() is not None:
            return set()
        return {int(one) for one in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()}


class Daemon(Nginx):
    """Its module is a copy of its own, which may be replaced. `process` is the master that is asked from now on."""

    mode = "daemon on;" + ("".join(f" env {name};" for name in NEEDED) if SANITIZED else "")

    def __init__(self, prefix):
        super().__init__(prefix, module=Path(prefix) / "module.so")
        self.masters = []
        self.install()

    def install(self):
        """As `make install` does it: a new file takes the name of the one that is in use."""
        new = self.prefix / "module.so.new"
        shutil.copyfile(MODULE, new)
        new.rename(self.module)

    def start(self):
        with (self.prefix / "output.log").open("ab") as output:
            subprocess.run(
                self.command(),
                env=environment(self.prefix, leaks=0),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
            )
        self.adopt()
        wait_until(lambda: all(map(is_open, self.ports)), "nginx", 10 * SLOW)
        return self

    def adopt(self):
        """The master that nginx.pid names, once it has its workers."""
        self.process = Process(int(wait_until(lambda: self._read("nginx.pid").strip(), "nginx.pid", 10 * SLOW)))
        self.masters.append(self.process)
        wait_until(lambda: len(self.worker_pids()) == self.workers, f"workers:\n{self.log()[-2000:]}", 10 * SLOW)

    def workers_of(self, master):
        return master.children() - {one.pid for one in self.masters}

    def worker_pids(self):
        return self.workers_of(self.process)

    # Replacing it

    def upgrade(self):
        """Both run. The old master."""
        old = self.process
        old.send_signal(signal.SIGUSR2)
        wait_until(lambda: (self.prefix / "nginx.pid.oldbin").exists(), "nginx.pid.oldbin", 10 * SLOW)
        wait_until(lambda: self._read("nginx.pid").strip() not in ("", str(old.pid)), "a new master", 10 * SLOW)
        self.adopt()
        return old

    def end(self, master):
        master.send_signal(signal.SIGQUIT)
        wait_until(lambda: master.poll() is not None, f"the end of a master:\n{self.log()[-2000:]}", 10 * SLOW)

    def roll_back(self, old):
        """The old one has workers again, and the new one ends."""
        new, self.process = self.process, old
        old.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self.worker_pids()) == self.workers, "the old one's workers", 10 * SLOW)
        self.end(new)

    def stop(self):
        for master in reversed(self.masters):
            self.process = master
            super().stop()
