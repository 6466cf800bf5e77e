"""continuations.jsonl: what a network for texts writes, epoch after epoch."""

import json
from contextlib import suppress
from typing import Any

import numpy as np

from trainer.datasets import DataError
from trainer.ground.files import append, replacing
from trainer.ground.options import check_range
from trainer.ground.streams import stream
from trainer.runs.continuations import epoch_of
from trainer.runs.folder import CONTINUATIONS
from trainer.runs.network import Network
from trainer.runs.sampling import tokens
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

TEMPERATURE = 0.8
LEAST = 40  # characters
TRAINED = 150  # examples for each character, which takes as long as three of them: 2 % of an epoch
EVERY = 64  # epochs are all written; of the next 64 every second, of the next 128 every fourth, ...


class Continuations(Callback):
    """Lets a network for texts continue one before the first epoch and after each, in continuations.jsonl.

    Each line is an object: epoch, prompt and text. The prompt is the beginning of the validation text, or of the
    training text if nothing is validated. Characters are drawn from the network's probabilities at temperature 0.8,
    with the same random numbers in every epoch. After 64 epochs, texts become rarer. For other problems there is no
    such file (see `Problem.writes`).

    Args:
        length: The largest length of a text; texts are shorter, down to 40 characters, if an epoch has few examples.

    Raises:
        ValueError: `length` is out of range.
    """

    def __init__(self, length: int = 300) -> None:
        check_range("length", length, "[1, inf)")
        self.length = length
        self._network: Network | None = None
        self._window = np.empty(0, np.int64)

    def on_fit_start(self, run: Run) -> None:
        """Begin with the lines of the run's epochs: a killed run may have written one that its checkpoint lacks."""
        setup = run.setup
        if setup is None or not setup.problem.writes or run.probe is None or run.examples is None:
            return
        source = next(each for each in map(run.examples, ("validation", "train")) if len(each))
        self._network = Network(setup.graph, run.probe.parameters, setup.dataset, run.config)
        (name,) = setup.dataset.inputs
        self._window = np.empty((1, *source.fields[name].shape), source.fields[name].dtype)
        source.read(np.array([0]), {name: self._window}, None)
        self._length = min(self.length, max(LEAST, len(run.examples("train")) // TRAINED))
        path = run.directory / CONTINUATIONS
        lines = path.read_text("utf-8", "replace").splitlines(keepends=True) if run.step and path.exists() else []
        with replacing(path) as temporary:
            kept = [line for line in lines if (epoch := epoch_of(line)) is not None and epoch <= run.epoch]
            temporary.write_text("".join(kept), encoding="utf-8", newline="\n")
        if run.step == 0:
            self._write(run)

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        run.text = ""
        if self._network is not None and run.epoch % (1 << ((run.epoch - 1) // EVERY).bit_length()) == 0:
            self._write(run)

    def _write(self, run: Run) -> None:
        assert self._network is not None
        names, rng = self._network.classes, stream(run.config["seed"], "continuations")
        found: list[int] = []
        with suppress(DataError):  # outputs that are not finite, though those of the validation were
            found.extend(tokens(self._network, self._window[0], self._length, TEMPERATURE, rng))
        prompt, run.text = ("".join(names[token] for token in each) for each in (self._window[0], found))
        line = json.dumps({"epoch": run.epoch, "prompt": prompt, "text": run.text})
        append(run.directory / CONTINUATIONS, line + "\n")

    def state(self) -> dict[str, Any] | None:
        """Return None. It is defined so that checkpoints and trackers, which use the text, are called later."""
        return None
