"""Every example that comes with the module passes nginx -t as it is."""

import re

import pytest
from support.examples import EXAMPLES, with_files

FILES = sorted(EXAMPLES.glob("*.conf"))


def test_there_are_examples():
    assert FILES, f"{EXAMPLES} holds no *.conf"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_example_passes_nginx_t(site, file):
    text = with_files(site, file.read_text())
    # Ports under 1024 belong to root.
    text = re.sub(r"\blisten\s+(\[::\]:)?(80|443)\b", lambda match: f"listen {match[1] or ''}1{match[2]:0>4}", text)
    if re.search(r"^\s*http\s*\{", text, re.M):
        assert False, f"{file.name} holds a whole nginx.conf; examples are included into http"
    verdict = site.check(text=text)
    assert verdict.ok, verdict.text
    warnings = [line for line in verdict.text.splitlines() if "[warn]" in line and '"user"' not in line]
    assert all("http:" in line and "issuer" in line for line in warnings), warnings


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_example_says_at_its_head_what_it_is_for(file):
    assert file.read_text().startswith("# ")
