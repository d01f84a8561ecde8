"""What the session store takes, measured without nginx: see store_bench.cpp."""

import subprocess

from bench.place import HERE

BUILD = HERE.parents[1] / "build/plain"

# name: (limit, what it must not be)
LIMITS = {
    "bytes_per_session_claims": (350, "over"),
    "bytes_per_session": (400, "over"),
    "bytes_per_session_full": (800, "over"),
    "lookup_growth": (2.5, "over"),
    "session_check_us": (1.5, "over"),
    "session_check_1m_us": (2.5, "over"),
    "lock_wait_p999_us": (50, "over"),
    "logins_per_second_store": (2000, "under"),
}


def built(program):
    subprocess.run(["cmake", "--build", BUILD, "--target", program], check=True, stdout=subprocess.DEVNULL)
    return BUILD / program


def measure(_):
    done = subprocess.run([built("store_bench")], check=True, stdout=subprocess.PIPE, text=True, timeout=900)
    for line in done.stdout.splitlines():
        name, value = line.split()
        yield name, float(value)
