"""metrics.csv: one row per epoch."""

from trainer.ground.files import append, replacing
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

DECIMALS = {"seconds": 3, "samples_per_second": 1}  # everything else in full, so that equal runs give equal text


class MetricsCsv(Callback):
    """Writes each epoch's row as it ends, whole, into metrics.csv.

    The columns are those of the first row, without metrics the task does not have (None).
    """

    def on_fit_start(self, run: Run) -> None:
        """Begin with exactly the run's history: a killed run may have written epochs that its checkpoint lacks."""
        self._columns: list[str] = []
        with replacing(run.directory / "metrics.csv") as path:
            path.write_text("".join(map(self._text, run.history)), newline="\n")

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        append(run.directory / "metrics.csv", self._text(row))

    def _text(self, row: dict[str, float]) -> str:
        """The row's line, after the header if it is the first."""
        header = ""
        if not self._columns:
            self._columns = [name for name, value in row.items() if value is not None]
            header = ",".join(self._columns) + "\n"
        return header + ",".join(_number(name, row.get(name)) for name in self._columns) + "\n"


def _number(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    value = float(value)  # a NumPy scalar's repr is not a number
    return repr(round(value, DECIMALS[name]) if name in DECIMALS else value)
