"""`trainer plots RUN_OR_SWEEP [NAME ...]`: pictures of a run or a sweep."""

import argparse
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.commands import command
from trainer.commands.verbs import RUN
from trainer.ground import console
from trainer.ground.errors import ForeignError, UserError
from trainer.ground.text import printable
from trainer.ground.values import ConfigError, suggestion
from trainer.runs.folder import CHECKPOINTS, METRICS, RECORD, pictures
from trainer.views import plots
from trainer.views.film import Film
from trainer.views.style import FORMATS, save
from trainer.views.subject import Subject, UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILM = "gif"

Drawer = Callable[[], "Figure | Film"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = command.Parser("plots")
    parser.add_argument("of", metavar="RUN_OR_SWEEP", help=RUN.replace(" (its best run)", ""))
    parser.add_argument("names", metavar="NAME", nargs="*", default=[], help="pictures; default: all that apply")
    parser.add_argument(
        "--format", metavar="png,svg,pdf", type=_formats, default=["png"], help="one or several; default: png"
    )
    parser.add_argument("--to", metavar="FOLDER", type=Path, help="where to write; default: plots/ in the directory")
    parser.add_argument("--example", metavar="N", type=_number, default=0, help="whose feature maps; default: 0")
    parser.add_allow()
    if {"-h", "--help"} & {*given}:
        parser.epilog = _known()
    return command.execute(parser, _run, given)


def _run(options: argparse.Namespace) -> int:
    with np.errstate(all="ignore"):  # what a network that diverged gives is drawn as far as it can be
        if (Path(options.of) / RECORD).is_file():
            directory, drawers, notes = Path(options.of), _of_sweep(Path(options.of)), []
        else:
            subject = Subject(command.found(options.of), options.allow, options.example)
            if subject.run.is_dir() and not any((subject.run / name).exists() for name in (CHECKPOINTS, METRICS)):
                raise ConfigError(f"{subject.run}: is neither a run nor a sweep; give the directory of one")
            directory, drawers, notes = subject.directory, _of_run(subject), subject.notes
        chosen = [_named(name, drawers) for name in options.names] or [*drawers]
        folder = options.to or pictures(directory)
        code = _write({name: drawers[name] for name in chosen}, folder, options.format, bool(options.names))
    for note in notes:
        console.tell(printable(f"left out: {note}"))
    return code


def _named(name: str, known: Collection[str]) -> str:
    """Return the picture that a name or its beginning means."""
    found = [name] if name in known else [each for each in known if each.startswith(name)]
    if len(found) != 1:
        raise ConfigError(f"{name}: no such picture{suggestion(name, known)}")
    return found[0]


def _of_run(subject: Subject) -> dict[str, Drawer]:
    return {name: partial(_drawn, name, subject) for name in plots.names()}


def _drawn(name: str, subject: Subject) -> "Figure | Film":
    picture: Figure | Film = plots.find(name).draw(subject)
    return picture


def _of_sweep(directory: Path) -> dict[str, Drawer]:
    from trainer.sweep.layer_plots import draw_layers
    from trainer.sweep.summary import Summary

    summary = Summary(directory)
    return {**dict(summary.pictures()), "layers": partial(draw_layers, summary.jobs, summary.short, summary.objective)}


def _write(drawers: Mapping[str, Drawer], folder: Path, formats: Sequence[str], named: bool) -> int:
    """Draw pictures, and say where they are and which there are not; return the exit code."""
    reasons: dict[str, list[str]] = {}
    wrong: dict[str, int] = {}  # exit codes, by reason; that a picture does not suit is wrong only if it was asked for
    for name, draw in drawers.items():
        try:
            picture = draw()
        except UserError as error:
            if isinstance(error, ForeignError):
                error.advised("--allow {}")
            reason = printable(str(error))
            reasons.setdefault(reason, []).append(name)
            if named or not isinstance(error, UnsuitableError):
                wrong[reason] = error.exit_code
            continue
        endings = [FILM] if isinstance(picture, Film) else formats
        for ending in endings:
            path = folder / f"{name}.{ending}"
            with command.advised("name a folder elsewhere with --to FOLDER"):
                folder.mkdir(parents=True, exist_ok=True)
                picture.write(path) if isinstance(picture, Film) else save(picture, path)
            console.say(printable(str(path)))
    for reason, names in reasons.items():
        line = reason if len(names) == len(drawers) > 1 else f"{', '.join(names)}: {reason}"
        command.complain(line) if reason in wrong else console.tell(f"left out: {line}")
    return next(iter(wrong.values()), 0)


def _known() -> str:
    width = max(map(len, plots.names()))
    lines = [f"  {name:<{width}}  {plots.describe(name)}" for name in plots.names()]
    sweep = "pictures of a sweep: curves, effects, layers; of a search also history, importance"
    return "\n".join(["pictures of a run:", *lines, "", sweep])


def _formats(text: str) -> list[str]:
    found = text.split(",")
    for each in found:
        if each not in FORMATS:
            raise argparse.ArgumentTypeError(f"{each or 'nothing'} is none of {', '.join(FORMATS)}")
    return found


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text} is not the number of an example")
    return int(text)
