"""Real Redis servers, each in a folder of its own, and what only pretends to be one."""

import shutil
import signal
import socket
import subprocess
import threading

from support.ports import free_port, is_open, wait_until

BINARIES = ":/usr/bin:/usr/local/bin"


def binary(name):
    found = shutil.which(name) or shutil.which(name, path=BINARIES)
    assert found, f"{name} is missing: 'make deps-test' installs it"
    return found


class Redis:
    """One server. `options`: lines of its configuration. `tls`: its certificate, key and authority, all files."""

    def __init__(self, folder, *, options=(), password=None, program="redis-server", unix=None, tls=None):
        self.folder, self.options, self.password = folder, list(options), password
        self.program, self.unix, self.tls = program, unix, tls
        self.port = free_port()
        self.process = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self):
        if self.tls:
            return f"rediss://localhost:{self.port}/0"
        return f"unix:{self.unix}" if self.unix else f"redis://127.0.0.1:{self.port}/0"

    def _tls_lines(self):
        if not self.tls:
            return [f"port {self.port}"]
        files = zip(("tls-cert-file", "tls-key-file", "tls-ca-cert-file"), self.tls)
        return ["port 0", f"tls-port {self.port}", "tls-auth-clients no", *(f"{name} {file}" for name, file in files)]

    def start(self):
        lines = [*self._tls_lines(), "bind 127.0.0.1", f"dir {self.folder}", 'save ""', "appendonly no"]
        lines += [f"unixsocket {self.unix}"] if self.unix else []
        file = self.folder / "redis.conf"
        file.write_text("\n".join(lines + self.options) + "\n")
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                [binary(self.program), str(file)], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        wait_until(lambda: is_open(self.port), self.program, 20)
        return self

    def command(self, *words, user=None):
        """What redis-cli prints."""
        who = ["-u", f"redis://127.0.0.1:{self.port}"]
        if self.password:
            who = ["-p", str(self.port), "-a", self.password, "--no-auth-warning"]
        if self.tls:
            certificate, key, authority = self.tls
            who += ["--tls", "--cert", certificate, "--key", key, "--cacert", authority, "--sni", "localhost"]
        done = subprocess.run(
            [binary("redis-cli"), *who, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True, timeout=20
        )
        return done.stdout.strip()

    def reports(self, section, text):
        """Whether INFO holds this; False too where the server just then drops its clients."""
        try:
            return text in self.command("INFO", section)
        except subprocess.CalledProcessError:
            return False

    def keys(self, pattern="*"):
        return sorted(self.command("--raw", "KEYS", pattern).split())

    def calls(self, name):
        """How often the command was called since the server began."""
        lines = self.command("INFO", "commandstats").splitlines()
        found = [line for line in lines if line.startswith(f"cmdstat_{name}:")]
        return int(found[0].split("calls=")[1].split(",")[0]) if found else 0

    def kill(self):
        self._signal(signal.SIGKILL)
        self.process.wait(10)

    def freeze(self):
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def _signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()  # a frozen one too


class Impostor:
    """Listens where Redis should be, and answers everything with the same bytes."""

    def __init__(self, answer, port=None):
        self.answer = answer
        self.server = socket.create_server(("127.0.0.1", port or 0))
        self.port = self.server.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.visits = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            self.visits += 1
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client):
        with client:
            try:
                while client.recv(65536):
                    client.sendall(self.answer)
            except OSError:
                pass

    def stop(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
