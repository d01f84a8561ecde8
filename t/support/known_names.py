"""The directives and variables that the module knows, read from its sources."""

import re

from support.nginx import ROOT

SOURCES = ROOT / "src/module"


def found(pattern, *files):
    text = "".join((SOURCES / file).read_text() for file in files)
    names = set(re.findall(pattern, text))
    assert names, f"nothing like {pattern} in {files}"
    return names


def http_directives():
    """Of http alone."""
    return found(r'main_directive\("([a-z_]+)"', "directives.cpp")


def location_directives():
    """Of http, server and location."""
    return found(r'location_directive\("([a-z_]+)"', "directives.cpp")


def content_directives():
    """Of a location alone, which they answer in."""
    return found(r'content_directive\("([a-z_]+)"', "directives.cpp")


def directives():
    return http_directives() | location_directives() | content_directives()


def provider_directives():
    """Of the oidc_provider block."""
    return found(r'ProviderDirective\{"([a-z_]+)"', "provider_block.cpp")


def variables():
    """Without $; a prefix ends in _."""
    return found(r'variable\("(oidc_[a-z_]+)"', "variables.cpp") | found(r'claim_prefix = "([a-z_]+)"', "variables.cpp")
