"""The server answers this machine only, by its own name only."""

import os
import signal
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from trainer.ground import signals
from trainer.ground.errors import DataError
from trainer.pages.server import HOST, address, serve, server


def echo(body: bytes) -> tuple[str, bytes]:
    return "text/plain", body or b"hello"


def removed(body: bytes) -> tuple[str, bytes]:
    raise DataError("run: was removed")


@pytest.fixture
def port() -> Iterator[int]:
    served = server({"/": echo, "/removed": removed})
    thread = threading.Thread(target=served.serve_forever, args=(0.01,))
    thread.start()
    yield served.server_address[1]
    served.shutdown()
    served.server_close()
    thread.join()


def ask(port: int, path: str, body: bytes | None = None, host: str | None = None) -> HTTPResponse:
    connection = HTTPConnection(HOST, port, timeout=10)
    headers = {"Host": host} if host else {}
    connection.request("GET" if body is None else "POST", path, body, headers)
    return connection.getresponse()


def test_pages_are_answered(port):
    answer = ask(port, "/?once=1")
    assert (answer.status, answer.read(), answer.headers["Cache-Control"]) == (200, b"hello", "no-store")
    assert ask(port, "/", b"a body").read() == b"a body"
    assert ask(port, "/other").status == 404


def test_a_foreign_name_is_refused(port):
    assert ask(port, "/", host=f"evil.example:{port}").status == 404
    assert ask(port, "/", host=f"localhost:{port}").status == 200


def test_the_address_is_of_this_machine():
    served = server({})
    assert address(served) == f"http://127.0.0.1:{served.server_address[1]}/"
    served.server_close()


@pytest.mark.skipif(os.name == "nt", reason="its signals end the process")
def test_ctrl_c_ends_it_and_is_no_failure(monkeypatch):
    served = server({"/": echo})
    monkeypatch.setattr(served, "serve_forever", lambda: signal.raise_signal(signal.SIGINT))
    with signals.handled() as received:
        serve(served)
    assert not received
    assert served.socket.fileno() == -1


@pytest.mark.skipif(os.name == "nt", reason="its signals end the process")
def test_another_signal_is_not_swallowed(monkeypatch):
    served = server({"/": echo})
    monkeypatch.setattr(served, "serve_forever", lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(signals.Interrupted, match="terminated"), signals.handled():
        serve(served)


def test_what_cannot_be_made_is_said_in_a_line_and_not_in_a_traceback(port, capfd):
    answer = ask(port, "/removed")
    assert (answer.status, answer.read()) == (503, b"run: was removed")
    assert capfd.readouterr().err == ""


def test_a_length_that_is_no_number_is_refused(port, capfd):
    connection = HTTPConnection(HOST, port, timeout=10)
    connection.request("POST", "/", headers={"Content-Length": "abc"})
    assert connection.getresponse().status == 400
    assert capfd.readouterr().err == ""


def test_a_page_that_was_closed_is_no_error(capfd):
    with server({}) as served:
        for error in (ConnectionResetError(), ZeroDivisionError()):
            try:
                raise error
            except type(error):
                served.handle_error(None, (HOST, 1))
    told = capfd.readouterr().err
    assert "ZeroDivisionError" in told
    assert "ConnectionResetError" not in told
