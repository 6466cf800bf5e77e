import hashlib
import logging
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trainer.datasets import DataError
from trainer.datasets.download import download

CONTENT = {"first.gz": b"first content" * 1000, "second.gz": b"second content" * 1000}
FILES = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT under several paths, each with its own manners; notes what was asked for."""

    def __init__(self, requests: list[str], *arguments) -> None:
        self.requests = requests
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.requests.append(self.path)
        _, manners, name = self.path.split("/")
        if manners == "missing":
            self.send_error(404)
            return
        data = CONTENT[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write({"good": data, "corrupt": data[::-1], "interrupted": data[:-1]}[manners])

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture
def server():
    """Address of a server on this machine, and the list of the paths it was asked for."""
    requests = []
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, requests))
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}", requests
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


DEAD = "http://127.0.0.1:9"  # nothing listens there


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_download_brings_the_files(server, tmp_path):
    url, requests = server
    download(FILES, [f"{url}/good"], tmp_path / "a" / "b")
    assert contents(tmp_path / "a" / "b") == CONTENT
    download(FILES, [f"{url}/good"], tmp_path / "a" / "b")
    assert len(requests) == 2  # the second time nothing was fetched


def test_download_passes_bad_mirrors_once(server, tmp_path, caplog):
    url, requests = server
    bad = ["missing", "corrupt", "interrupted"]
    with caplog.at_level(logging.INFO, "trainer.datasets.download"):
        download(FILES, [DEAD, *(f"{url}/{manners}" for manners in bad), f"{url}/good"], tmp_path)
    assert contents(tmp_path) == CONTENT
    assert requests == [f"/{manners}/first.gz" for manners in bad] + ["/good/first.gz", "/good/second.gz"]
    assert caplog.messages[0] == f"fetching {DEAD}/first.gz"


@pytest.mark.parametrize("manners", ["missing", "corrupt", "interrupted"])
def test_failed_download_leaves_nothing_and_says_why(server, tmp_path, manners):
    url, _ = server
    with pytest.raises(DataError) as caught:
        download(FILES, [DEAD, f"{url}/{manners}"], tmp_path / "cache")
    message = str(caught.value)
    assert "\n" not in message
    for part in ("first.gz, second.gz", "data.root=FOLDER", f"{DEAD} (ConnectionError)", f"{url}/{manners} ("):
        assert part in message
    assert list(tmp_path.iterdir()) == []


def test_files_that_arrived_before_a_failure_are_kept(server, tmp_path):
    url, _ = server
    with pytest.raises(DataError, match=r"^second\.gz: "):
        download({**FILES, "second.gz": "0" * 64}, [f"{url}/good"], tmp_path)
    assert contents(tmp_path) == {"first.gz": CONTENT["first.gz"]}


def test_damaged_file_is_replaced(server, tmp_path):
    url, _ = server
    (tmp_path / "first.gz").write_bytes(b"damaged")
    download(FILES, [f"{url}/good"], tmp_path)
    assert contents(tmp_path) == CONTENT


def test_interrupt_leaves_nothing(tmp_path, monkeypatch):
    import pooch

    def interrupted(self, url, output_file, *arguments):
        with open(output_file, "wb") as file:  # noqa: PTH123
            file.write(b"some of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        download(FILES, [DEAD], tmp_path / "cache")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_made(server, tmp_path):
    url, _ = server
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.raises(DataError, match="cannot be written"):
        download(FILES, [f"{url}/good"], tmp_path / "cache")
