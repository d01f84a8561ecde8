"""docs/directives.md describes exactly the directives and variables that the module knows."""

import re

import pytest
from support import known_names
from support.nginx import ROOT

PAGE = ROOT / "docs/directives.md"


def sections():
    """Heading to text, of every heading that is a name."""
    assert PAGE.is_file(), f"{PAGE} is missing"
    parts = re.split(r"^### `(\$?[a-z_]+)[A-Z]*`\n", PAGE.read_text(), flags=re.M)
    return dict(zip(parts[1::2], (re.split(r"^## ", part, flags=re.M)[0] for part in parts[2::2])))


def described():
    return {name for name in sections() if not name.startswith("$")}


def line_of(section, name):
    found = re.search(rf"^    {name}: +(.+)$", section, re.M)
    return found and found[1]


def example_of(section):
    """Its indented lines, without those at its head."""
    lines = [line for line in section.splitlines() if line.startswith("    ")]
    return "\n".join(line for line in lines if not re.match(r"    (Syntax|Default|Context): |     ", line))


def test_every_directive_is_described():
    known = known_names.directives() | known_names.provider_directives()
    # It exists only to say what to write instead.
    assert known - described() - {"auth_jwt_claim_set"} == set()


def test_no_directive_is_described_that_the_module_does_not_know():
    assert described() - known_names.directives() - known_names.provider_directives() == set()


def test_every_variable_is_described_and_no_other():
    assert {name[1:] for name in sections() if name.startswith("$")} == known_names.variables()


@pytest.mark.parametrize("name", sorted(known_names.directives() | known_names.provider_directives()))
def test_directive_is_described_where_it_may_stand(name):
    if name == "auth_jwt_claim_set":
        assert name not in described()
        return
    section = sections()[name]
    expected = set()
    if name in known_names.provider_directives():
        expected |= {"oidc_provider"}
    if name in known_names.http_directives() | known_names.location_directives():
        expected |= {"http"}
    if name in known_names.content_directives():
        expected |= {"location"}
    if name in known_names.location_directives():
        expected |= {"server", "location"}
    if name == "auth_require":
        expected |= {"limit_except"}
    assert set(re.split(", *", line_of(section, "Context"))) == expected
    assert f"{line_of(section, 'Syntax')} ".startswith(name + " ") and line_of(section, "Default")


# The example of secret_key_file begins with the command that makes a key.
WITH_EXAMPLE = known_names.provider_directives() - {"issuer", "client_id", "secret_key_file"}


@pytest.mark.parametrize("name", sorted(WITH_EXAMPLE))
def test_example_of_a_provider_directive_is_taken(check, site, authority, name):
    files = {
        "ssl_trusted_certificate": authority.file,
        "ssl_crl": authority.revocation_list(),
        "client_secret_file": "@DIR@/secret",
        "client_key": "@DIR@/ec.key kid=KEYID00000",
        "client_certificate": " ".join(map(str, authority.issue("client.example"))),
        "id_token_decrypt_key": "@DIR@/rsa.key",
    }
    example = example_of(sections()[name])
    assert name in example, f"{name} has no example"
    for directive, file in files.items():
        example = re.sub(rf"\b{directive} [^;]+;", f"{directive} {file};", example)
    required = "issuer https://login.example; client_id shop;"
    zones = "".join(f"oidc_session_zone zone={zone}:1m;" for zone in re.findall(r"session_store (\w+);", example))
    outside = "http" if re.search(r"^    (oidc_provider|server|oidc_session_zone|keyval_zone)\b", example, re.M) else None
    verdict = check(None, http=example) if outside else check(example, required=required, http=zones)
    assert verdict.ok, verdict.text
