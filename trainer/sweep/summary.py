"""summary.csv, summary.md and the pictures of a sweep, made from its directories alone."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.ground import console
from trainer.ground.errors import ConfigError
from trainer.ground.files import replacing
from trainer.ground.text import cell, printable
from trainer.problems import shown
from trainer.runs.folder import PAGE, PLOTS, RECORD, REPORT, TABLE, pictures
from trainer.runs.records import RecordError, read_yaml
from trainer.sweep import jobs as listing
from trainer.sweep.effects import draw_effects
from trainer.sweep.jobs import Job, pruned
from trainer.sweep.plots import draw_curves, heading
from trainer.sweep.settings import REPEATS, Setting, mean_and_deviation, rank, repeated, settings
from trainer.training import objective
from trainer.views import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DECIMALS = {"seconds": 1}  # in tables to be read; 4 of everything else


class Summary:
    """What a sweep's directory shows at this moment, during or after the sweep."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        record = read_yaml(directory / RECORD)
        try:
            self.objective = record.get("objective") or "best_val_accuracy"
            self.searched = bool(record["hydra"]["sweeper"].get("search"))
            sources = record["hydra"]["runtime"]["config_sources"]
            self.config_dir = next((Path(s["path"]) for s in sources if s["provider"] == "command-line"), None)
            objective.check(self.objective)
        except (AttributeError, KeyError, TypeError, ConfigError) as error:
            raise RecordError(f"{directory / RECORD}: is damaged; give the sweep's command again") from error
        self.settings = settings(listing.read(directory, listing.Kept), self.objective)
        self.jobs = [job for setting in self.settings for job in setting.jobs]
        if len(self.settings) > 1:
            self.jobs.sort(key=lambda job: rank(job, self.objective))
        self.short = listing.short_names([*(self.jobs[0].values if self.jobs else ())])
        self.metrics = _metrics(self.jobs)

    def write(self) -> None:
        """(Re)write the tables and pictures."""
        rows = [self._row(job) for job in self.jobs]
        columns = _present(rows)
        folder = pictures(self.directory)
        with replacing(self.directory / TABLE) as path, path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
        with replacing(self.directory / REPORT) as path:
            path.write_text(self._markdown(rows, columns), encoding="utf-8")
        for name, draw in self.pictures():
            if problem := drawn(draw, folder / f"{name}.png"):
                console.tell(printable(problem))
                break  # the others would fail as well

    def pictures(self) -> Iterator[tuple[str, Callable[[], Figure]]]:
        """Give the name of each picture, and what draws it."""
        if any(job.metrics for job in self.jobs):
            yield "curves", lambda: draw_curves(self.jobs, self.short, self.objective)
            if self.settings[0].values:
                yield "effects", lambda: draw_effects(self.jobs, self.short, self.objective)
        if self.searched and self.best:
            from trainer.sweep.search_plots import draw_history, draw_importance

            title = heading(self.jobs, self.short, self.objective)
            yield "history", lambda: draw_history(self.jobs, self.objective, title)
            if importance := self.importances():
                yield "importance", lambda: draw_importance(importance, title[0])

    def importances(self) -> dict[str, float]:
        """Return the importance of each parameter of a search, by its short name; empty if it is not known."""
        if not self.searched or find_spec("optuna") is None:
            return {}
        from trainer.sweep.search_plots import importances

        return importances(self.jobs, self.short, self.objective)

    def ending(self) -> str:
        """Return the last lines of the sweep on the terminal: how it ended, what is best, and where everything is."""
        counts = Counter("pruned" if pruned(job) else job.status for job in self.jobs)
        statuses = ", ".join(f"{count} {status}" for status, count in counts.items())
        lines = [f"{len(self.jobs)} jobs: {statuses}"]
        setting, best = self.best_setting, self.best
        if setting:
            lines += [f"{'best setting' if setting.values else 'mean'}: {self.in_words(setting)}"]
        if best:
            what = "best single run" if setting else "best"
            elsewhere = ", of another setting" if setting and best not in setting.jobs else ""
            lines += [f"{what}: {best.name}, {self.objective} {shown(self._value(best))}{elsewhere}"]
            lines += [f"  {self.reproduce(best)}"]
        if not setting and not best and self.jobs and all(job.status == "completed" for job in self.jobs):
            lines += [f"none is best: no run has a {self.objective}; validate with validation=0.1"]
        pictures = ", ".join(sorted(path.stem for path in self.directory.glob(f"{PLOTS}/*.png")))
        more = f", {PLOTS}/ ({pictures})" if pictures else ""
        page = f", {PAGE}" if (self.directory / PAGE).is_file() else ""
        lines += [f"everything is in {self.directory}: {REPORT}{page}{more}"]
        return "\n".join(map(printable, lines))

    @property
    def best(self) -> Job | None:
        """The job with the best objective; None if none has one, or if only seeds or folds differ: it would be luck."""
        if self.best_setting and not self.best_setting.values:
            return None
        return self.jobs[0] if self.jobs and isfinite(self._value(self.jobs[0])) else None

    @property
    def best_setting(self) -> Setting | None:
        """The setting with the best mean objective over its seeds and folds.

        None where neither were swept, or none has one.
        """
        found = self.settings[0] if self._repeats and self.settings else None
        return found if found and found.objectives else None

    @property
    def _repeats(self) -> list[str]:
        """In which of seed and fold the jobs differ."""
        return [key for key in REPEATS if key in self.short]

    def in_words(self, setting: Setting) -> str:
        """Name, mean objective and its deviation, and over how many seeds or folds."""
        count = repeated(self.short, len(setting.objectives))
        count += f", {setting.failures} more failed" if setting.failures else ""
        figure = f"{self.objective} {mean_and_deviation(setting.objectives)}"
        return ", ".join(filter(None, [setting.name(self.short), f"{figure} ({count})"]))

    def reproduce(self, job: Job) -> str:
        """Return the command that runs a job alone."""
        alone = ["hydra.mode=RUN"] if any(override.startswith("search=") for override in job.overrides) else []
        return listing.command([*job.overrides, *alone], self.config_dir)

    def _value(self, job: Job) -> float:
        return objective.value(job.result, self.objective)

    def _row(self, job: Job) -> dict[str, Any]:
        result = job.result or {}
        row = {"job": job.name, "status": job.status} | {self.short[key]: value for key, value in job.values.items()}
        validated = [f"val_{name}" for name in self.metrics]
        figures = [("best", name) for name in ("epoch", *validated)]
        figures += [("final", name) for name in ("train_loss", *validated)]
        figures += [("test", name) for name in self.metrics]
        return row | {f"{when}_{name}": (result.get(when) or {}).get(name) for when, name in figures} | {
            "epochs": result.get("epochs"),
            "seconds": result.get("seconds"),
            "reason": result.get("error") or result.get("reason"),
        }

    def _markdown(self, rows: list[dict], columns: list[str]) -> str:
        lines = [f"# {self.directory.name}", "", self.ending().splitlines()[0] + self._order(), ""]
        if setting := self.best_setting:
            lines += [f"{'The best setting' if setting.values else 'Mean'}: {self.in_words(setting)}.", ""]
        if self.best:
            lines += [f"The best run, {self.best.name}, alone:", "", f"    {self.reproduce(self.best)}", ""]
        if groups := self._repeated({row["job"]: row for row in rows}):
            over = " and ".join(f"{key}s" for key in self._repeats)
            lines += [f"## Mean ± standard deviation over {over}", "", *_table(groups, _present(groups)), ""]
        return "\n".join([*lines, "## Runs", "", *_table(rows, columns), ""])

    def _order(self) -> str:
        return f", sorted by {self.objective}" if len(self.settings) > 1 else ""

    def _repeated(self, rows: Mapping[str, dict]) -> list[dict[str, Any]]:
        """Return a row for each setting, that with the best mean objective first; none without seeds or folds."""
        if not self._repeats:
            return []
        averaged = [f"{when}_{name}" for when in ("best_val", "test") for name in self.metrics] + ["seconds"]
        if self.objective not in averaged:
            averaged.insert(0, self.objective)
        table = []
        for setting in self.settings:
            done = [rows[job.name] for job in setting.jobs if job.status == "completed"]
            row = {self.short[key]: value for key, value in setting.values.items()}
            row["runs"] = f"{len(done)}" + (f" of {len(setting.jobs)}" if len(done) < len(setting.jobs) else "")
            for figure in averaged:
                numbers = [member[figure] for member in done if member.get(figure) is not None]
                row[figure] = mean_and_deviation(numbers, DECIMALS.get(figure, 4)) if numbers else None
            table.append(row)
        return table


def _metrics(jobs: Sequence[Job]) -> list[str]:
    """Return the names of the metrics that the results hold, the loss last."""
    names = ["loss"]
    for job in jobs:
        result = job.result or {}
        names += (name.removeprefix("val_") for name in result.get("best") or {} if name.startswith("val_"))
        names += result.get("test") or {}
    return sorted(dict.fromkeys(names), key=lambda name: name == "loss")


def _present(rows: Sequence[dict]) -> list[str]:
    """Return the columns that have a value in some row."""
    names = rows[0] if rows else {}
    return [name for name in names if any(row[name] not in (None, "") for row in rows)]


def _table(rows: Sequence[dict], columns: Sequence[str]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [columns, ["---"] * len(columns), *([_cell(name, row[name]) for name in columns] for row in rows)]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _cell(column: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.{DECIMALS.get(column, 4)}f}"
    return "" if value is None else printable(str(value)).replace("|", r"\|")
