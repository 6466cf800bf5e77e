"""`trainer report RUN_OR_SWEEP ...`: the page that shows how a run or a sweep went."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from trainer.commands import command
from trainer.commands.verbs import VERBS
from trainer.ground import console
from trainer.ground.errors import ConfigError
from trainer.pages import server
from trainer.runs.find import NEWEST
from trainer.runs.folder import DESCRIPTION, METRICS, PAGE, RECORD, RESULT

NEWS = (METRICS, RESULT)  # whose change makes a page out of date


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = command.Parser("report", VERBS["report"].arguments)
    parser.add_argument("runs", metavar="RUN", nargs="+", help="directory of a run or of a sweep, or the word last")
    parser.add_argument("--open", action="store_true", help="show the pages in the browser")
    parser.add_argument("--live", action="store_true", help="serve one page on 127.0.0.1 that follows the run")
    parser.add_argument("--port", type=command.port, help="of --live; default: any that is free")
    parser.add_argument("--allow", metavar="PKG", action="append", default=[], help=command.ALLOW)
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    places = [command.found(run) if run == NEWEST else Path(run) for run in options.runs]
    for place in places:
        if not any((place / name).exists() for name in (RECORD, DESCRIPTION, *NEWS)):
            raise ConfigError(f"{place}: is neither a run nor a sweep; give the directory of one")
    if options.live:
        if len(places) > 1:
            raise ConfigError("--live serves one page; give one run or sweep")
        _serve(places[0], options)
        return
    for place in sorted(places, key=lambda place: (place / RECORD).is_file()):  # sweeps lead to the pages of their runs
        path = _write(place, options.allow)
        console.say(command.printable(str(path)))
        if options.open:
            server.show(path.absolute().as_uri())


def _write(place: Path, allow: Sequence[str]) -> Path:
    from trainer.pages.page import write

    path = place / PAGE
    with command.advised("--live shows it without a file"):
        write(path, _html(place, allow, keep=path))
    return path


def _html(place: Path, allow: Sequence[str], live: bool = False, keep: Path | None = None) -> str:
    """Return the page of a run or a sweep. Raises ConfigError if it shows less than a run's page at `keep`."""
    if (place / RECORD).is_file():
        from trainer.sweep.report import html as of_sweep

        return of_sweep(place, live=live)
    from trainer.pages.report import facts
    from trainer.pages.report.document import html, lacks

    found = facts.read(place, allow)
    if keep and (reason := lacks(found, keep)):
        problem = f"{keep}: is kept, since a new page would lack its predictions ({reason})"
        raise ConfigError(f"{problem}; delete it to have one without them")
    return html(found, live=live)


def _serve(place: Path, options: argparse.Namespace) -> None:
    """Serve a page until Ctrl-C."""
    answers = routes(place, lambda: _html(place, options.allow, live=True))
    command.serve(answers, options, f"shows {place}")


def routes(place: Path, html: Callable[[], str]) -> dict[str, server.Route]:
    """Return what answers: the page, and a text that changes whenever the page does."""

    def version(body: bytes) -> tuple[str, bytes]:
        found = [path.stat() for path in _watched(place) if path.is_file()]
        return "text/plain", " ".join(f"{each.st_mtime_ns}.{each.st_size}" for each in found).encode()

    return {"/": lambda body: ("text/html; charset=utf-8", html().encode()), "/version": version}


def _watched(place: Path) -> list[Path]:
    if (place / RECORD).is_file():
        return sorted(path for name in NEWS for path in place.glob(f"[0-9]*/{name}"))
    return [place / name for name in NEWS]
