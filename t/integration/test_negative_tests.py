"""t/negative-tests.md names tests that exist."""

import re

import pytest
from support.nginx import ROOT

PAGE = (ROOT / "t/negative-tests.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:integration|unit)/[\w/]+\.(?:py|cpp))::(\w+)`", PAGE)))


def test_every_row_names_a_test():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20 and all("::" in row for row in rows)


@pytest.mark.parametrize("file, name", NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_there_is(file, name):
    text = (ROOT / "t" / file).read_text()
    assert re.search(rf"^(def|void|static void) {name}\(", text, re.M)
