"""A site of one worker and a provider that costs next to nothing, for what is not about the cost of a call."""

import json
import re
import subprocess
import urllib.request
from urllib.parse import parse_qs, urlsplit

from bench.place import HERE
from support.nginx import Nginx
from support.ports import free_port
from support.real_provider import node

CLIENT_SECRET = "a-secret-of-the-benchmark"
CUSTOMER = "zoe@example.com"


class QuickProvider:
    def __init__(self):
        command = [node(), HERE / "provider.mjs", CLIENT_SECRET]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        assert said.startswith("ready "), "the benchmark's provider does not start"
        self.issuer = json.loads(said.removeprefix("ready "))["issuer"]

    def _ask(self, path, body=None):
        with urllib.request.urlopen(self.issuer + path, body, timeout=15) as answer:
            return json.load(answer)

    def behave(self, **orders):
        self._ask("/told", json.dumps(orders).encode())

    def state(self):
        return self._ask("/state")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


class Shop:
    """with Shop(directory) as shop: shop.start()"""

    def __init__(self, directory):
        self.port = free_port()
        self.origin = f"http://localhost:{self.port}"
        self.nginx = Nginx(directory / "shop")

    def __enter__(self):
        self.provider = QuickProvider()
        return self

    def __exit__(self, *_):
        self.nginx.stop()
        self.provider.stop()

    def start(self, *, zone="", lines="", timeout="connect=60s total=600s", access_log="off"):
        values = {
            "ISSUER": self.provider.issuer,
            "CLIENT_SECRET": CLIENT_SECRET,
            "PORT": self.port,
            "ZONE": zone,
            "LINES": f"timeout {timeout}; {lines}",
            "ACCESS_LOG": access_log,
        }
        text = re.sub(r"@([A-Z_]+)@", lambda match: str(values[match[1]]), (HERE / "shop.conf").read_text())
        self.nginx.write(text)
        self.nginx.start()

    def goes_to_provider(self, location):
        return location.startswith(self.provider.issuer + "/authorize?")


def callback_path(location):
    """Where this provider sends a browser back to that came with this authorization request."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    return f"/oidc_callback?code={asked['nonce']}.{asked['code_challenge']}&state={asked['state']}"


def wrk(script, origin, *arguments, threads=1, connections=1, seconds=1):
    """The numbers in the line "counted ..." that the script prints at its end."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", HERE / script, origin + "/page"]
    done = subprocess.run(
        [*command, "--", *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True, timeout=seconds + 60
    )
    return list(map(int, re.search(r"^counted (.*)$", done.stdout, re.M)[1].split()))
