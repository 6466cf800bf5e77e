"""`trainer runs`: lists runs; `runs compare` shows how some differ, `runs clean` removes those not wanted."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

from trainer.commands import command
from trainer.ground import console, strict_json
from trainer.ground.errors import UserError
from trainer.ground.text import duration
from trainer.ground.values import ConfigError, nearest, suggestion
from trainer.problems import metric_of, shown
from trainer.runs import checkpoint, difference
from trainer.runs.catalog import INTERRUPTED, RUNNING, STATUSES, Entry, entries, entry, sweep
from trainer.runs.find import OUTPUTS, find
from trainer.runs.trust import find_checkpoint

UNWANTED = ["failed", INTERRUPTED]  # what clean removes by default
ORDERS = {"name": lambda each: str(each.directory), "when": lambda each: each.modified, "size": lambda each: each.size}
DAY = 86400  # seconds
HEADS = ["run", "status", "epochs", "validation", "test", "time", "size", "last written"]
OPTIONAL = (7, 6, 2, 5)  # what a narrow terminal does without, the least important first


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    action = given[0] if given and given[0] in ACTIONS else "list"
    parser = command.Parser("runs", ACTIONS[action][0])
    return ACTIONS[action][1](parser, given[1:] if given and given[0] == action else given)


def _list(parser: command.Parser, arguments: Sequence[str]) -> int:
    _take_folders(parser)
    parser.add_argument("--status", choices=STATUSES, action="append", help="only runs that ended so; may be repeated")
    parser.add_argument(
        "--where", metavar="KEY=VALUE", action="append", default=[], help="only runs with this setting, such as lr=0.1"
    )
    parser.add_argument(
        "--sort", metavar="BY", default="when", help="name, when, size, or a figure such as test_loss, the best first"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.epilog = (
        "A sweep is one line, with the figures of its best job; its jobs are listed by trainer runs SWEEP, --status,\n"
        "--where and --json. trainer runs compare RUN RUN ... and trainer runs clean have help of their own."
    )
    return command.execute(parser, _listed, arguments)


def _listed(options: argparse.Namespace) -> None:
    found = _found(options.folders)
    if options.status:
        found = [each for each in found if each.status in options.status]
    for setting in options.where:
        found = _with(found, setting)
    if not (options.status or options.where or options.json):
        found = _gathered(found, options.folders)
    found = _sorted(found, options.sort)
    if options.json:
        console.say(strict_json.dumps([_record(each) for each in found]))
    elif not found:
        console.say(f"no such run under {', '.join(map(str, options.folders))}")
    else:
        columns = get_terminal_size().columns if console.is_terminal(sys.stdout) else None
        console.say(command.table(_fitted([HEADS, *map(_row, found)], columns), left=(0, 1)))


def _found(folders: Sequence[Path]) -> list[Entry]:
    if missing := next((folder for folder in folders if not folder.is_dir()), None):
        action = nearest(str(missing), [name for name in ACTIONS if name != "list"])
        elsewhere = "go to where you trained, or name a folder of runs"
        remedy = f"did you mean 'trainer runs {action}'?" if action else elsewhere
        raise ConfigError(f"{missing}: no such folder; {remedy}")
    return [each for folder in folders for each in entries(folder)]


def _gathered(runs: Sequence[Entry], folders: Sequence[Path]) -> list[Entry]:
    """Return the runs, but the jobs of each sweep as one; a sweep among the folders is asked for its jobs."""
    jobs: dict[Path, list[Entry]] = {}
    for run in runs:
        if run.directory.parent not in folders and run.in_sweep:
            jobs.setdefault(run.directory.parent, []).append(run)
    alone = [run for run in runs if run.directory.parent not in jobs]
    return [*alone, *(sweep(directory, members) for directory, members in jobs.items())]


def _with(runs: list[Entry], setting: str) -> list[Entry]:
    """Return the runs with this setting; its key may be the end of a longer one, as lr of optimizer.lr."""
    key, equals, value = setting.partition("=")
    if not equals:
        raise ConfigError(f"--where {setting}: write KEY=VALUE, such as optimizer.lr=0.1")
    known = dict.fromkeys(name for run in runs for name in run.settings)
    names = [key] if key in known else [name for name in known if name.endswith(f".{key}")]
    if known and not names:
        remedy = f"; did you mean '{meant}'?" if (meant := nearest(key, known)) else ""
        raise ConfigError(f"--where {setting}: no run has such a setting{remedy}")
    return [
        run
        for run in runs
        if any(name in run.settings and difference.text(run.settings[name]) == value for name in names)
    ]


def _sorted(runs: list[Entry], by: str) -> list[Entry]:
    """Return the runs in order: of a metric the best first; those that lack the figure come last."""
    if by in ORDERS:
        return sorted(runs, key=ORDERS[by])
    known = {name for run in runs for name in run.figures}
    if runs and by not in known:
        raise ConfigError(f"--sort {by}: no run has such a figure{suggestion(by, [*ORDERS, *sorted(known)])}")
    metric = metric_of(by.replace("test_", "val_", 1))
    sign = -1 if metric and metric.higher_is_better else 1
    return sorted(runs, key=lambda run: (by not in run.figures, sign * run.figures.get(by, 0.0)))


def _fitted(rows: Sequence[list[str]], columns: int | None) -> list[list[str]]:
    """Return the rows for a terminal: the least important cells left out, then the middle of long names."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    kept = [*range(len(widths))]
    for place in OPTIONAL:
        if columns is None or sum(widths[each] + 2 for each in kept) - 2 <= columns:
            break
        kept.remove(place)
    room = max(12, columns - sum(widths[each] + 2 for each in kept[1:])) if columns else widths[0]
    return [[_shortened(row[0], room), *(row[place] for place in kept[1:])] for row in rows]


def _shortened(name: str, room: int) -> str:
    """Return a path that fits: of a sweep's job the beginning has the number, the end the seed."""
    end = room // 2
    return name if len(name) <= room else f"{name[: room - end - 1]}…{name[-end:]}"


def _row(run: Entry) -> list[str]:
    planned = run.result.get("planned_epochs")
    headline = (run.headline or "val_loss").removeprefix("val_")
    validated, tested = run.figures.get(f"val_{headline}"), run.figures.get(f"test_{headline}")
    metric = metric_of(f"val_{headline}")
    label = metric.label if metric else headline
    return [
        str(run.directory),
        run.status,
        f"{run.epochs}/{planned}" if planned else str(run.epochs or ""),
        "" if validated is None else f"{label} {shown(validated)}",
        "" if tested is None else shown(tested),
        duration(run.figures["seconds"]) if "seconds" in run.figures else "",
        _bytes(run.size),
        f"{datetime.fromtimestamp(run.modified):%Y-%m-%d %H:%M}" if run.modified else "",
    ]


def _record(run: Entry) -> dict[str, Any]:
    record = {"run": str(run.directory), "status": run.status, **run.figures}
    return record | {"size": run.size, "error": run.result.get("error")}


def _compare(parser: command.Parser, arguments: Sequence[str]) -> int:
    parser.description = "Show how some runs differ: their settings, their figures, how far apart their weights are."
    parser.add_argument("runs", metavar="RUN", nargs="+", help="two or more directories of runs; last: the newest")
    parser.add_argument("--to", metavar="FILE.png", type=Path, help="draw their curves over each other")
    return command.execute(parser, _compared, arguments)


def _compared(options: argparse.Namespace) -> None:
    if len(options.runs) < 2:
        raise ConfigError("compare needs at least two runs")
    runs = [_run(name) for name in options.runs]
    names = [str(number) for number in range(1, len(runs) + 1)]
    console.say(command.table([[number, str(run.directory)] for number, run in zip(names, runs, strict=True)], (0, 1)))
    rows = difference.settings(runs)
    console.say(f"\n{command.table([['setting', *names], *rows])}" if rows else "\nall settings are equal")
    keys = dict.fromkeys(name for run in runs for name in run.figures)
    cells = [[key, *(_figure(key, run.figures.get(key)) for run in runs)] for key in keys]
    console.say(f"\n{command.table([['figure', *names], ['status', *(run.status for run in runs)], *cells])}")
    console.say(f"\nweights, as the distance from those of 1 over their norm: {_distances(runs, names)}")
    if options.to:
        _draw(runs, names, options.to)


def _draw(runs: Sequence[Entry], names: Sequence[str], path: Path) -> None:
    """Draw the runs' validation curves as those of a sweep. Raises ConfigError if none has finished an epoch."""
    from trainer.sweep.jobs import Job
    from trainer.sweep.plots import draw_curves
    from trainer.views import save

    if not any(run.history for run in runs):
        raise ConfigError("--to: none of the runs has finished an epoch")
    goal = next((f"best_{run.headline}" for run in runs if run.headline), "best_val_loss")
    jobs = [Job(run.directory, [], {"run": number}) for number, run in zip(names, runs, strict=True)]
    save(draw_curves(jobs, {"run": "run"}, goal), path)
    console.say(command.printable(str(path)))


def _run(name: str) -> Entry:
    directory = find(name)
    if not directory.is_dir():
        raise ConfigError(f"{name}: is not the directory of a run; see trainer runs")
    return entry(directory)


def _figure(key: str, value: float | None) -> str:
    if value is None:
        return ""
    return duration(value) if key == "seconds" else str(value) if key == "epochs" else shown(value)


def _distances(runs: Sequence[Entry], names: Sequence[str]) -> str:
    tensors = []
    for run in runs:
        try:
            tensors.append(checkpoint.read(find_checkpoint(run.directory)).tensors)
        except UserError:
            tensors.append({})
    if not tensors[0]:
        return "1 has none"
    found = (difference.distance(tensors[0], other) for other in tensors[1:])
    pairs = zip(names[1:], found, strict=True)
    return ", ".join(f"{name} {'another network' if far is None else format(far, '.3g')}" for name, far in pairs)


def _clean(parser: command.Parser, arguments: Sequence[str]) -> int:
    parser.description = "Remove runs that are not wanted, after asking: by default those that did not come to an end."
    _take_folders(parser)
    parser.add_argument(
        "--status",
        choices=[status for status in STATUSES if status != RUNNING],
        action="append",
        help=f"runs that ended so; may be repeated; default: {' and '.join(UNWANTED)}",
    )
    parser.add_argument("--older", metavar="DAYS", type=command.positive, help="only what was last written before that")
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    parser.epilog = "The jobs of a sweep stay: its summary counts them. Remove the directory of the sweep instead."
    return command.execute(parser, _cleaned, arguments)


def _cleaned(options: argparse.Namespace) -> int:
    latest = datetime.now().timestamp() - options.older * DAY if options.older else float("inf")
    statuses = options.status or UNWANTED
    wanted = [
        run
        for run in _found(options.folders)
        if run.status in statuses and run.modified < latest and run.is_ours and not run.directory.is_symlink()
    ]
    found = [run for run in wanted if not run.in_sweep]
    jobs = len(wanted) - len(found)
    stays = f", except {jobs} {'job' if jobs == 1 else 'jobs'} of sweeps" if jobs else ""
    for run in [each for each in found if each.holds_more]:
        found.remove(run)
        console.tell(command.printable(f"{run.directory} is kept: you are in it, or it holds other runs"))
    if not found:
        places = ", ".join(map(str, options.folders))
        console.say(f"nothing to remove: no run under {places} is {' or '.join(statuses)}{stays}")
        return 0
    console.say(command.table([[str(run.directory), run.status, _bytes(run.size)] for run in found], left=(0, 1)))
    these = "this run" if len(found) == 1 else f"these {len(found)} runs"
    if not options.yes and not _agreed(f"remove {these}, {_bytes(sum(run.size for run in found))}?"):
        console.say("nothing was removed")
        return 1
    for run in found:
        if entry(run.directory).status in statuses:  # it may have been resumed meanwhile
            shutil.rmtree(run.directory)
    console.say(f"removed {len(found)} {'run' if len(found) == 1 else 'runs'}")
    return 0


def _agreed(question: str) -> bool:
    if not console.is_terminal(sys.stdin):
        raise ConfigError("cannot ask for confirmation here; give --yes to remove them")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _take_folders(parser: command.Parser) -> None:
    parser.add_argument(
        "folders", metavar="FOLDER", nargs="*", type=Path, default=[OUTPUTS], help=f"where to look; default: {OUTPUTS}/"
    )


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


ACTIONS = {
    "list": ("[FOLDER ...] [--status STATUS] [--where KEY=VALUE] [--sort BY] [--json]", _list),
    "compare": ("compare RUN RUN ... [--to FILE.png]", _compare),
    "clean": ("clean [FOLDER ...] [--status STATUS] [--older DAYS] [--yes]", _clean),
}
"""What can be done with runs: the arguments as help shows them, and who does it."""
