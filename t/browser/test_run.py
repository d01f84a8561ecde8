"""The runner of the demonstration: it starts, says what is wrong, and leaves nothing behind."""

import os
import signal
import socket
import urllib.request
from pathlib import Path

import pytest
from demo import Demo


@pytest.fixture
def start():
    started = []

    def start_one(**options):
        started.append(Demo(**options))
        return started[-1]

    yield start_one
    for demo in started:
        if demo.process.poll() is None:
            demo.stop()


def exists(pid):
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_every_process_and_removes_every_file(start, number):
    demo = start().wait_until_ready()
    children = demo.children()
    assert len(children) == 3 and demo.directory.is_dir()
    assert demo.stop(number) == 0
    assert not any(exists(pid) for pid in children)
    assert not demo.directory.exists()


def test_end_of_one_part_ends_the_rest_and_is_told(start):
    demo = start().wait_until_ready()
    children = demo.children()
    os.kill(children[0], signal.SIGKILL)
    assert demo.wait() == 1
    assert "demo: shop has ended" in demo.output
    assert not any(exists(pid) for pid in children)
    assert not demo.directory.exists()


def test_port_in_use_is_told_and_another_one_taken(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        demo = start(port=port).wait_until_ready()
        assert f"Port {port} is in use" in demo.output
        assert not demo.site.endswith(f":{port}")
        with urllib.request.urlopen(demo.site) as answer:
            assert answer.status == 200


def test_words_of_nginx_are_shown_when_it_does_not_start(start, tmp_path):
    no_module = tmp_path / "module.so"
    no_module.write_text("not a module")
    demo = start(CIAM_MODULE=str(no_module))
    assert demo.wait() == 1
    assert "demo: nginx has ended" in demo.output
    assert "[emerg]" in demo.output and "module.so" in demo.output


def test_missing_module_is_told(start, tmp_path):
    demo = start(CIAM_MODULE=str(tmp_path / "none.so"))
    assert demo.wait() == 1
    assert "none.so is missing: run make first" in demo.output
