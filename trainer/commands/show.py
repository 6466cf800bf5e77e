"""`trainer show RUN`: a page in which you draw, type or move an input and watch the run's network respond."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from trainer.commands import command
from trainer.ground import console
from trainer.ground.errors import ConfigError
from trainer.pages import page, server
from trainer.pages.show.contents import about, show_page
from trainer.pages.show.layers import weights
from trainer.runs.folder import CHECKPOINTS, LAST, SHOW
from trainer.runs.network import load
from trainer.runs.trust import find_checkpoint


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = command.Parser("show")
    parser.add_run()
    parser.add_argument("--to", metavar="FILE", type=Path, help=f"the page to write; default: {SHOW} in the run")
    parser.add_argument("--open", action="store_true", help="show the page in the browser")
    parser.add_argument(
        "--live", action="store_true", help="serve the page on 127.0.0.1 and follow the weights while the run trains"
    )
    parser.add_argument("--port", type=command.port, help="of --live; default: any that is free")
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    if options.live:
        if options.to:
            raise ConfigError("--live writes no file; leave out --to")
        _serve(options)
        return
    network = load(options.run, options.allow)
    path = options.to or beside(find_checkpoint(options.run))
    if path.suffix != ".html":
        raise ConfigError(f"--to {path}: is not a page; end its name in .html")
    with command.advised("name a file elsewhere with --to FILE"):
        page.write(path, show_page(network), named=bool(options.to))
    console.say(command.printable(f"{path}: {path.stat().st_size / 1e6:.2f} MB, everything inside"))
    if options.open:
        server.show(path.absolute().as_uri())


def beside(checkpoint: Path) -> Path:
    """Return where the page goes: into the directory of the run, or beside a checkpoint that is on its own."""
    folder = checkpoint.parent
    return folder.parent / SHOW if folder.name == CHECKPOINTS else checkpoint.with_suffix(".html")


def _serve(options: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C."""
    newest = options.run / LAST if (options.run / LAST).is_file() else find_checkpoint(options.run)
    routes_of_run = routes(newest, options.allow)
    routes_of_run["/"](b"")  # whatever is wrong is reported now
    command.serve(routes_of_run, options, f"follows {newest}")


def routes(checkpoint: Path, allow: Sequence[str] = ()) -> dict[str, server.Route]:
    """Return what answers: the page; which weights are the newest; and these weights, with what is known of them."""

    def version() -> str:
        status = checkpoint.stat()
        return f"{status.st_mtime_ns}.{status.st_size}"

    def whole(body: bytes) -> tuple[str, bytes]:
        seen = version()  # before the weights, so that newer ones are never missed
        return "text/html; charset=utf-8", show_page(load(checkpoint, allow), live=seen).encode()

    def newer(body: bytes) -> tuple[str, bytes]:
        network = load(checkpoint, allow)
        found = {"weights": weights(network.parameters), "about": about(network)}
        return "application/json", json.dumps(found).encode()

    return {
        "/": whole,
        "/version": lambda body: ("application/json", json.dumps({"version": version()}).encode()),
        "/weights": newer,
    }
