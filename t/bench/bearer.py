"""What a bearer token takes, measured without nginx: see bearer_bench.cpp."""

import subprocess

from bench.store import built

# name: (limit, what it must not be)
LIMITS = {
    "jwt_bearer_us": (60, "over"),
    "jwt_bearer_cached_us": (3, "over"),
}


def measure(_):
    done = subprocess.run([built("bearer_bench")], check=True, stdout=subprocess.PIPE, text=True, timeout=300)
    for line in done.stdout.splitlines():
        name, value = line.split()
        yield name, float(value)
