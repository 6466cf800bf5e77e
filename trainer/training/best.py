"""The weights of the epoch that validated best."""

import numpy as np

from trainer.models import ParameterStore
from trainer.problems import Problem
from trainer.training.run import Run


class Best:
    """Keeps a copy of the parameters of the epoch that validated best: by the problem's headline, then by loss.

    Args:
        run: Its `best` is set to that epoch and its figures.
        problem: Says what is better.
        parameters: Those that training changes.
    """

    def __init__(self, run: Run, problem: Problem, parameters: ParameterStore) -> None:
        self.run, self.problem, self.parameters = run, problem, parameters
        self._kept: tuple[np.ndarray, np.ndarray] | None = None

    def see(self, row: dict[str, float | None]) -> None:
        """Copy the parameters if this epoch, with the figures in `row`, validated better than those before."""
        if row["val_loss"] is None:
            return
        best, score = self.run.best, {name: row[name] for name in row if name == "epoch" or name.startswith("val_")}
        if best is None or self._rank(score) > self._rank(best):
            self.run.best = score
            self.keep()

    def keep(self) -> None:
        """Copy the parameters as they are now."""
        self._kept = self.parameters.data.copy(), self.parameters.kept.copy()

    def restore(self) -> None:
        """Put the copy back into the parameters; without a copy they stay as they are."""
        if self._kept is not None:
            for flat, best in zip((self.parameters.data, self.parameters.kept), self._kept, strict=True):
                np.copyto(flat, best)

    def _rank(self, score: dict[str, float | None]) -> tuple[float, float]:
        return self.problem.rank({name.removeprefix("val_"): value for name, value in score.items()})
