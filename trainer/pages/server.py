"""A server for one user: pages on 127.0.0.1, made again for every request."""

import sys
import webbrowser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from trainer.ground import signals
from trainer.ground.errors import UserError

Route = Callable[[bytes], tuple[str, bytes]]
"""From the body of a request (empty for GET) to the content type and the content of the answer."""

HOST = "127.0.0.1"
LONGEST_REQUEST = 64 << 20  # bytes


def server(routes: Mapping[str, Route], port: int = 0) -> ThreadingHTTPServer:
    """Return a server for paths such as "/" that listens already; `serve_forever()` answers.

    Args:
        routes: What answers GET and POST, by path.
        port: 0: any free one; `server_address[1]` says which.

    Raises:
        OSError: The port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length") or "0"
            if not length.isdecimal():
                self.send_error(400)
            elif len(length) > 12 or int(length) > LONGEST_REQUEST:
                self.send_error(413)
            else:
                self._answer(self.rfile.read(int(length)))

        def _answer(self, body: bytes) -> None:
            # A foreign page must not reach it by a name that leads here (DNS rebinding).
            host = (self.headers.get("Host") or "").rpartition(":")[0]
            route = routes.get(urlsplit(self.path).path) if host in (HOST, "localhost") else None
            if route is None:
                self.send_error(404)
                return
            try:
                status, (kind, content) = 200, route(body)
            except (UserError, OSError) as error:  # the run was removed, or is damaged
                line = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
                status, kind, content = 503, "text/plain; charset=utf-8", line.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    return _Server((HOST, port), Handler)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a closed page is not an error
            super().handle_error(request, client_address)


def serve(served: ThreadingHTTPServer) -> None:
    """Answer until Ctrl-C, which is not a failure here."""
    with served:
        try:
            served.serve_forever()
        except KeyboardInterrupt:
            signals.answered()


def address(served: ThreadingHTTPServer) -> str:
    """Return the address to open in a browser."""
    return f"http://{HOST}:{served.server_address[1]}/"


def show(url: str) -> None:
    """Open a page in the user's browser, if there is one."""
    webbrowser.open(url)
