"""The pages of t/ name tests that exist, and answer each of their rows."""

import re

import pytest
from support.nginx import ROOT

NEGATIVE, BUGS, CONFORMANCE = "negative-tests.md", "security-bugs.md", "conformance.md"
PAGES = {name: (ROOT / "t" / name).read_text() for name in (NEGATIVE, BUGS, CONFORMANCE)}
TEST = re.compile(r"`((?:integration|unit)/[\w/]+\.(?:py|cpp))::(\w+)`")
NAMED = sorted({found for text in PAGES.values() for found in TEST.findall(text)})


def tables(page):
    """Each table's rows, as lists of cells."""
    blocks = re.findall(r"(?:^\|.*\n)+", PAGES[page], re.M)
    return [[row.strip("| ").split(" | ") for row in block.splitlines()[2:]] for block in blocks]


@pytest.mark.parametrize("file, name", NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_there_is(file, name):
    text = (ROOT / "t" / file).read_text()
    assert re.search(rf"^(def|void|static void) {name}\(", text, re.M)
    assert file.endswith(".py") or re.search(rf"cmocka_unit_test\w*\(\s*{name}\b", text), "it is never run"


def test_every_row_of_what_must_be_refused_names_a_test():
    rows = [row for table in tables(NEGATIVE) for row in table]
    assert len(rows) > 20 and all(TEST.search(where) for _, where in rows)


def test_every_module_of_the_conformance_suite_names_a_test_and_how_it_ends():
    rows = [row for table in tables(CONFORMANCE) for row in table]
    assert len(rows) >= 48
    for module, _, ends, where in rows:
        assert TEST.search(where) and TEST.sub("", where).replace(", ", "") == "", module
        assert ends in ("passed", "skipped", "review"), module


def test_every_security_bug_has_a_test_or_the_sentence_why_it_cannot_apply():
    proxies, libraries = tables(BUGS)
    assert len(proxies) >= 46 and len(libraries) >= 145
    for table in (proxies, libraries):
        assert [row[0] for row in table] == [str(number) for number in range(1, len(table) + 1)]
        for number, bug, _, answer in table:
            can_apply = not re.fullmatch(r"Cannot apply: \S.*\.", answer)
            rest = TEST.sub("", answer).replace(", ", "")
            assert not can_apply or (TEST.search(answer) and rest == ""), (number, bug)


def test_every_number_of_an_advisory_stands_in_one_row():
    numbers = re.findall(r"(?:CVE-\d+-\d+|GHSA(?:-\w{4}){3})", PAGES[BUGS])
    assert len(numbers) > 50 and len(set(numbers)) == len(numbers)
