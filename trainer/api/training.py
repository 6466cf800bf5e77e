"""`train`: runs a configuration as the command line does."""

import html
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from trainer.api.configuration import Configuration
from trainer.api.messages import messages
from trainer.compose import errors
from trainer.engine.setup import Setup
from trainer.ground.console import quietly
from trainer.ground.files import replacing
from trainer.problems import in_words, metric_of, shown
from trainer.runs.checkpoint import Checkpoint
from trainer.runs.folder import BEST, CONFIG, DESCRIPTION, LOG, OVERRIDES, PLOTS, claim, record
from trainer.runs.locked import locked
from trainer.runs.network import Network
from trainer.training import fit
from trainer.training.callbacks import Callback
from trainer.training.callbacks.make import make_callbacks
from trainer.training.run import Run


@dataclass(frozen=True)
class TrainedRun:
    """The result of a training.

    Attributes:
        name: Model and data.
        directory: The directory of the run, with the same files as from the command line.
        history: One dictionary for each epoch, as in metrics.csv; None if the task has no such figure.
        figures: What result.json holds: status, epochs, seconds, the best and final epoch, test.
        network: The trained one, with the weights of the epoch that validated best (without validation: the last).
    """

    name: str
    directory: Path
    history: list[dict[str, Any]] = field(repr=False)
    figures: dict[str, Any] = field(repr=False)
    network: Network = field(repr=False)

    def __repr__(self) -> str:
        epochs, seconds = self.figures["epochs"], self.figures["seconds"]
        return f"<TrainedRun {self.name}: {epochs} epochs in {seconds:.1f} s; {self._test()}; {self.directory}>"

    def _repr_html_(self) -> str:
        names = [name for name, value in self.history[-1].items() if value is not None] if self.history else []
        kept = (self.figures["best"] or {}).get("epoch")
        rows = [_row("th", names)]
        for epoch in self.history:
            cells = [_cell(name, epoch[name]) for name in names]
            rows.append(_row("td", [f"{cells[0]} (kept)" if epoch["epoch"] == kept else cells[0], *cells[1:]]))
        heading, place = html.escape(f"{self.name}: {self._test()}"), html.escape(str(self.directory))
        return f"<p>{heading}</p><table>{''.join(rows)}</table>{self._curves()}<p><code>{place}</code></p>"

    def _curves(self) -> str:
        """Return the picture of the learning curves, where the run drew it."""
        file = self.directory / PLOTS / "curves.png"
        if not file.exists():
            return ""
        return f'<img width="600" src="data:image/png;base64,{b64encode(file.read_bytes()).decode()}">'

    def _test(self) -> str:
        test = {name: value for name, value in (self.figures["test"] or {}).items() if value is not None}
        return f"test {in_words(test)}" if test else "not tested"


def train(config: Configuration, directory: Path | str | None = None, *, quiet: bool = False) -> TrainedRun:
    """Train as configured, and write a run directory as the command line does.

    May be called from any thread, and from several at once. In the main thread Ctrl-C ends the run after its step, as
    on the command line, with a KeyboardInterrupt that says how to resume; in other threads signals are left alone.

    Args:
        config: As `configure` returns it.
        directory: For everything that is written; made if it is missing, used as it is if it exists. None: a new one,
            outputs/<model>-<data>/<time> in the current folder, as from the command line.
        quiet: Show nothing, neither a line for each epoch nor a bar; train.log has the lines anyway.

    Raises:
        UserError: Its text is the one line that the command line shows. Here these are DataError (data cannot be
            read), TrainingError (the loss is not finite), CheckpointError (nothing can be written), WorkerError,
            GraphError and ConfigError. OSError, MemoryError, KeyboardInterrupt: as always in Python.
    """
    if not isinstance(config, Configuration):
        raise TypeError(f"train takes what configure returns, as in train(configure('model=mlp')); got {config!r}")
    values = config.to_dict()
    time = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    given = directory is not None
    place = Path(directory) if directory is not None else Path("outputs", config.name, time)
    with config.places.located():
        place = claim(place, exclusive=not given, option="directory")
        with locked(place, option="directory"):  # before anything is written into the directory of another run
            pass
    keep = _Keep()
    callbacks = make_callbacks(values)
    try:
        with config.places.located(), messages(place / LOG, quiet), quietly(quiet):
            _write_configuration(place, values, config.overrides)
            figures = fit.train(values, place, [*callbacks, keep])
    except errors.USER_ERRORS as error:
        line = errors.explain(error)
        with (place / LOG).open("a", encoding="utf-8") as log:
            log.write(f"error: {line}\n")
        record(place, "stopped" if isinstance(error, KeyboardInterrupt) else "failed", line)
        raise
    network = _network(values, keep.checkpoint, place / BEST)
    return TrainedRun(config.name, place, keep.history, figures, network)


class _Keep(Callback):
    """Keeps the history, and the weights that were tested."""

    def on_fit_end(self, run: Run, result: dict[str, Any]) -> None:
        self.history = [dict(row) for row in run.history]
        if result["status"] == "completed":
            self.checkpoint = run.snapshot()


def _network(values: dict[str, Any], weights: Checkpoint, file: Path) -> Network:
    setup = Setup(values)
    parameters = setup.parameters()
    weights.restore(parameters)
    path = file if file.exists() else None
    origin, trained_on = (weights.metadata.get(name) for name in ("started_from", "data"))
    return Network(setup.graph, parameters, setup.dataset, values, path, origin, trained_on)


def _write_configuration(directory: Path, values: dict[str, Any], overrides: Sequence[str]) -> None:
    """Write the configuration as Hydra does, but with interpolations resolved."""
    (directory / DESCRIPTION).mkdir(exist_ok=True)
    for name, content in ((OVERRIDES, list(overrides)), (CONFIG, json.loads(json.dumps(values)))):
        with replacing(directory / name) as path:
            path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _cell(name: str, value: float | None) -> str:
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    return shown(value) if metric_of(name) else f"{value:.4g}"
