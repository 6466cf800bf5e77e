"""How many worker processes."""

from typing import Literal

from models import Graph


class Processes:
    """A batch is split over worker processes of this machine.

    workers: their number; auto: see `size`. Raises ValueError for a number below one.
    """

    def __init__(self, workers: int | Literal["auto"] = "auto") -> None:
        if workers != "auto" and workers < 1:
            raise ValueError(f"workers: {workers} is not auto or at least 1")
        self.workers = workers

    def size(self, graph: Graph, batch_size: int) -> int:
        """The number of workers, this process among them."""
        return 1 if self.workers == "auto" else self.workers
