"""CPU time of nginx's workers."""

import statistics
import sys
import time


def cpu_seconds(nginx):
    """All threads of its workers, since they started."""
    # What clock_getcpuclockid() makes of a process id; /proc tells no more than hundredths.
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in nginx.worker_pids())


class Spent:
    """with Spent(nginx) as spent: ...; then spent.seconds"""

    def __init__(self, nginx):
        self.nginx = nginx

    def __enter__(self):
        self.before = cpu_seconds(self.nginx)
        return self

    def __exit__(self, *_):
        self.seconds = cpu_seconds(self.nginx) - self.before


def alternating(rounds, names):
    """The names in turn for so many rounds, forwards and backwards."""
    for number in range(rounds):
        for name in names if number % 2 else reversed(names):
            yield name


def middle(what, values, unit=""):
    """The median, with a note about how far the values were apart."""
    low, median, high = min(values), statistics.median(values), max(values)
    print(f"{what}: median {median:.3f}{unit}, {low:.3f} to {high:.3f}, {len(values)} rounds", file=sys.stderr)
    return median
