"""oidc-provider, which is certified, as the demonstration runs it."""

import json
import os
import subprocess
import threading
import urllib.request
from functools import lru_cache

from support.nginx import ROOT

DEMO = ROOT / "conf-examples/demo"
CUSTOMERS = {one["claims"]["sub"]: one["claims"] for one in json.loads((DEMO / "provider/customers.json").read_text())}
ZOE, AMARA = CUSTOMERS["c-1001"], CUSTOMERS["c-1002"]
CLIENT_SECRET = "a-secret-of-the-tests-4f1c9"


@lru_cache(maxsize=1)
def node():
    """The name of a Node.js; installs the packages first where they are missing."""
    done = subprocess.run([DEMO / "install"], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


class RealProvider:
    client_id = "shop"
    client_secret = CLIENT_SECRET

    def __init__(self, redirect_uris, client=None, apps=(), **options):
        """`client`: more of its registration; `apps`: registrations of other clients."""
        client = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uris": redirect_uris,
            "post_logout_redirect_uris": [uri.replace("/oidc_callback", "/goodbye") for uri in redirect_uris],
            **(client or {}),
        }
        self.client_secret = client["client_secret"]
        configuration = {"clients": [client, *apps], "autologin": True, "control_port": 0, **options}
        self.process = subprocess.Popen(
            [node(), DEMO / "provider/server.mjs"],
            env={**os.environ, "PROVIDER_CONFIG": json.dumps(configuration)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("ready "):
                break
        else:
            raise AssertionError("the provider does not start:\n" + "".join(said))
        ready = json.loads(said[-1].removeprefix("ready "))
        self.issuer, self.control = ready["issuer"], ready["control"]
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def rotate(self, keep=False):
        """New keys; `keep`: the old ones stay published."""
        url = f"{self.control}/rotate{'?keep=1' if keep else ''}"
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10).close()

    def know(self, secrets):
        secrets.add("client_secret", self.client_secret)
        for claims in CUSTOMERS.values():
            secrets.add_claims(claims)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
