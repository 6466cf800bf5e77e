"""metrics.csv: one row per epoch."""

import hashlib

from trainer.ground.files import append, replacing
from trainer.runs.folder import METRICS
from trainer.runs.history import Written
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

DECIMALS = {"seconds": 3, "samples_per_second": 1}  # everything else in full, so that equal runs give equal text


class MetricsCsv(Callback):
    """Writes each epoch's row to metrics.csv as the epoch ends.

    The columns are those of the first row, without metrics the task does not have (None). `run.written` says what the
    file holds, so that checkpoints need not hold it too.
    """

    def on_fit_start(self, run: Run) -> None:
        """Begin with exactly the run's history: a killed run may have written epochs that its checkpoint lacks."""
        path, written = run.directory / METRICS, run.written or Written(0, 0, hashlib.sha256().hexdigest())
        there = path.read_bytes()[: written.bytes] if written.bytes else b""
        header = there.partition(b"\n")[0].decode()
        self._columns = header.split(",") if header else []
        self._hash, self._bytes, self._complete, run.written = hashlib.sha256(there), len(there), True, written
        rows = run.history[written.rows :]
        lines = [self._line(row) for row in rows]
        with replacing(path) as temporary:
            temporary.write_bytes(there + b"".join(lines))
        for row, line in zip(rows, lines, strict=True):
            self._note(run, row, line)

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        line = self._line(row)
        append(run.directory / METRICS, line.decode())
        self._note(run, row, line)

    def _line(self, row: dict[str, float]) -> bytes:
        """Return the row as text, after the header if it is the first."""
        header = ""
        if not self._columns:
            self._columns = [name for name, value in row.items() if value is not None]
            header = ",".join(self._columns) + "\n"
        return (header + ",".join(_number(name, row.get(name)) for name in self._columns) + "\n").encode()

    def _note(self, run: Run, row: dict[str, float], line: bytes) -> None:
        """Count a row that has been written, up to the first one with a value for which there is no column."""
        self._hash.update(line)
        self._bytes += len(line)
        self._complete &= all(value is None or name in self._columns for name, value in row.items())
        if self._complete and run.written is not None:
            run.written = Written(run.written.rows + 1, self._bytes, self._hash.hexdigest())


def _number(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    value = float(value)  # a NumPy scalar's repr is not a number
    return repr(round(value, DECIMALS[name]) if name in DECIMALS else value)
