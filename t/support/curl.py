"""HTTP/2, which Python does not speak."""

import subprocess


def curl(site, directory, *arguments):
    """(body, "version status") of a request with the cookies kept in the directory."""
    command = ["curl", "--silent", "--show-error", "--http2", "--cacert", site.authority.file]
    command += ["--resolve", f"{site.host}:{site.port}:127.0.0.1"]
    command += ["--cookie", directory / "jar", "--cookie-jar", directory / "jar"]
    command += ["--write-out", "\n%{http_version} %{http_code}", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=30)
    body, _, last = done.stdout.rpartition("\n")
    return body, last
