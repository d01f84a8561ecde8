"""The demonstration as its user starts it, on ports of its own."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "conf-examples/demo/run"
CUSTOMERS = ROOT / "conf-examples/demo/provider/customers.json"
STOP_SECONDS = 30


class Demo:
    def __init__(self, port=0, **environment):
        self.process = subprocess.Popen(
            [RUN],
            env={**os.environ, "PORT": str(port), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def wait_until_ready(self):
        """`run` gives up by itself when something does not answer."""
        for line in self.process.stdout:
            self.output += line
            if line.startswith("Ctrl-C"):
                said = dict(re.findall(r"^The (shop|provider): +(\S+)/$", self.output, re.M))
                self.site, self.issuer = said["shop"], said["provider"]
                self.directory = Path(re.search(r"^Logs: +(\S+)$", self.output, re.M)[1])
                return self
        raise AssertionError(f"the demo does not start:\n{self.output}")

    def stop(self, number=signal.SIGINT):
        """Its exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        rest, _ = self.process.communicate(timeout=STOP_SECONDS)
        self.output += rest
        return self.process.returncode

    def children(self):
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def log(self):
        return "".join(log.read_text(errors="replace") for log in self.directory.glob("error.log"))


def passwords():
    return {one["claims"]["email"]: one["password"] for one in json.loads(CUSTOMERS.read_text())}
