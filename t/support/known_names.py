"""The directives and variables that the module knows, read from its sources."""

import re

from support.nginx import ROOT

SOURCES = ROOT / "src/module"


def found(pattern, *files):
    text = "".join((SOURCES / file).read_text() for file in files)
    names = set(re.findall(pattern, text))
    assert names, f"nothing like {pattern} in {files}"
    return names


def directives():
    """Of http, server and location."""
    return found(r'ngx_string\("([a-z_]+)"\)', "directives.cpp")


def provider_directives():
    """Of the oidc_provider block."""
    return found(r'ProviderDirective\{"([a-z_]+)"', "provider_block.cpp")


def variables():
    """Without $; a prefix ends in _."""
    return found(r'variable\("(oidc_[a-z_]+)"', "variables.cpp") | found(r'claim_prefix = "([a-z_]+)"', "variables.cpp")
