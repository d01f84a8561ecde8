"""docs/directives.md lists exactly the directives and variables that the module knows."""

import re

import pytest
from support import known_names
from support.nginx import ROOT

PAGE = ROOT / "docs/directives.md"


@pytest.fixture(scope="module")
def headings():
    """Names in the headings of the page."""
    assert PAGE.is_file(), f"{PAGE} is missing"
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("#")]
    return {name for line in lines for name in re.findall(r"`(\$?[a-z_]+)`?", line)}


def documented(headings):
    return {name for name in headings if not name.startswith("$")}


def test_every_directive_is_described(headings):
    known = known_names.directives() | known_names.provider_directives()
    # It exists only to say what to write instead.
    assert known - documented(headings) - {"auth_jwt_claim_set"} == set()


def test_no_directive_is_described_that_the_module_does_not_know(headings):
    known = known_names.directives() | known_names.provider_directives()
    assert documented(headings) - known == set()


def test_every_variable_is_described_and_no_other(headings):
    described = {name.lstrip("$") for name in headings if name.startswith("$")}
    assert described == known_names.variables()
