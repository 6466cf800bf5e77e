"""The optimizer contract: a rule over flat arrays, and options for some of the parameters in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np

from trainer.ground.options import check_range
from trainer.ground.patterns import select
from trainer.ground.values import ConfigError, suggestion
from trainer.models import Segment

CHUNK = 1 << 17  # elements; smaller chunks stay in faster caches, but the additional calls cost more

Groups = Mapping[str, Mapping[str, float]]
"""Options by pattern of parameter names: `{"*.bias": {"weight_decay": 0}}`."""

GROUP_OPTIONS = {"lr_factor": "[0, inf)", "weight_decay": "[0, inf)"}


class Run(NamedTuple):
    """A stretch of the flat arrays whose parameters have the same options."""

    options: dict[str, float]  # lr_factor and weight_decay
    rule: Optimizer  # with this weight_decay
    part: slice
    segments: tuple[Segment, ...]  # counted from the beginning of the part


class Optimizer(ABC):
    """An update rule.

    All learned parameters of a network are one flat array, and so are their gradients and every state array ("slot") of
    the rule. Workers share the work: each updates one contiguous part of the arrays. A rule that treats every element
    alike derives from `Elementwise`. One that looks at parameters as a whole (at a norm or a matrix) derives from this
    class: then no part cuts a parameter in two, and segments say where each parameter lies. Both pass `groups` on:

        class NormalizedSGD(Optimizer):
            def __init__(self, lr: float = 0.01, weight_decay: float = 0.0, groups: Groups | None = None) -> None:
                super().__init__(lr, weight_decay, groups)

            def _update_part(self, parameters, gradients, slots, lr, step, segments):
                for name, shape, place in segments:
                    p, g = parameters[place], gradients[place]  # flat; .reshape(shape) gives the matrix
                    norm = np.linalg.norm(g)
                    p *= 1 - lr * self.weight_decay
                    if norm:
                        p -= lr / norm * g

    Args:
        lr: Base learning rate; the schedule multiplies it.
        weight_decay: As the rule defines it.
        groups: Options for the parameters whose names match a pattern (`*.bias`, `norm*`): `weight_decay`, and
            `lr_factor`, by which their learning rate is multiplied. Where several patterns match, options given later
            replace those given earlier. With an lr_factor of 0 parameters are frozen: neither they nor their slots
            change, and `clip_norm` does not see their gradients. Parameters that a layer keeps without learning
            them, such as the running statistics of BatchNorm, are not the optimizer's.

    Attributes:
        slots: Names of the rule's state arrays, which begin as zeros and are saved in checkpoints.
        whole_parameters: Whether a worker's part must not cut a parameter in two.

    Raises:
        ValueError: An option is out of range or unknown; names it first.
    """

    slots: tuple[str, ...] = ()
    whole_parameters = True

    def __init__(self, lr: float, weight_decay: float = 0.0, groups: Groups | None = None) -> None:
        check_range("lr", lr, "[0, inf)")
        check_range("weight_decay", weight_decay, "[0, inf)")
        self.lr = lr
        self.weight_decay = weight_decay
        self.groups = dict(groups or {})
        for pattern, options in self.groups.items():
            for name, value in options.items():
                if name not in GROUP_OPTIONS:
                    raise ValueError(f"groups: '{pattern}' has no option '{name}'{suggestion(name, GROUP_OPTIONS)}")
                check_range(f"groups: '{pattern}': {name}", value, GROUP_OPTIONS[name])
        self._planned: tuple[Sequence[Segment], list[Run]] = ((), [])

    def check(self, names: Iterable[str]) -> None:
        """Raise ConfigError if a group's pattern matches none of the `names` of a network's learned parameters."""
        names = list(names)
        for pattern in self.groups:
            try:
                select(pattern, names, "parameter")
            except ValueError as error:
                raise ConfigError(str(error), "optimizer.groups") from None

    def create_state(self, size: int, dtype: np.dtype) -> dict[str, np.ndarray]:
        """Return the state before the first step: an array of `size` zeros for each slot."""
        return {name: np.zeros(size, dtype) for name in self.slots}

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        state: dict[str, np.ndarray],
        lr: float,
        step: int,
        segments: Sequence[Segment] = (),
    ) -> None:
        """Change parameters and state in place by one step; gradients stay as they are.

        Args:
            parameters, gradients, state: 1-D, contiguous, of one size and one floating dtype.
            lr: Learning rate of this step: base rate times schedule.
            step: Counts from 1.
            segments: Where each parameter lies in these arrays; only groups and rules of whole parameters need them.
                Give the same object at every step, so that the plan for it is made only once.

        Raises:
            ValueError: There are groups, but no segments.
        """
        lr = float(lr)  # unlike a NumPy scalar, a Python float never widens a float32 operation
        slots = [state[name] for name in self.slots]
        if not self.groups:
            self._update_part(parameters, gradients, slots, lr, step, segments)
            return
        if parameters.size and not segments:
            raise ValueError("groups: need the segments of the parameters")
        for options, rule, part, inside in self._runs(segments):
            if options["lr_factor"]:
                rate, parts = lr * options["lr_factor"], [slot[part] for slot in slots]
                rule._update_part(parameters[part], gradients[part], parts, rate, step, inside)

    def frozen(self, segments: Sequence[Segment]) -> list[slice]:
        """Return where the frozen parameters lie in the arrays that `segments` describe."""
        if not self.groups:
            return []
        return [run.part for run in self._runs(segments) if not run.options["lr_factor"]]

    @abstractmethod
    def _update_part(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: list[np.ndarray],
        lr: float,
        step: int,
        segments: Sequence[Segment],
    ) -> None:
        """Update, in place, a part of the arrays whose parameters all have the same options.

        Args:
            parameters, gradients: Flat, of one size; gradients stay as they are.
            slots: The part of each state array, in the order of `self.slots`.
            lr: Learning rate of these parameters at this step.
            step: Counts from 1.
            segments: The parameters that lie in the part, each (name, shape, slice); slices count from its beginning.
        """

    def _runs(self, segments: Sequence[Segment]) -> list[Run]:
        """Return the stretches of equal options, in order."""
        planned_for, runs = self._planned
        if planned_for is not segments:
            runs = self._plan(segments)
            self._planned = segments, runs
        return runs

    def _plan(self, segments: Sequence[Segment]) -> list[Run]:
        stretches: list[tuple[dict[str, float], list[Segment]]] = []
        for segment in segments:
            options = self._options(segment.name)
            if not stretches or stretches[-1][0] != options:
                stretches.append((options, []))
            stretches[-1][1].append(segment)
        runs = []
        for options, inside in stretches:
            rule = copy(self)  # it shares the scratch
            rule.weight_decay = options["weight_decay"]
            start, stop = inside[0].slice.start, inside[-1].slice.stop
            moved = [s._replace(slice=slice(s.slice.start - start, s.slice.stop - start)) for s in inside]
            runs.append(Run(options, rule, slice(start, stop), tuple(moved)))
        return runs

    def _options(self, name: str) -> dict[str, float]:
        """Return the options of one parameter."""
        options = {"lr_factor": 1.0, "weight_decay": self.weight_decay}
        for pattern, given in self.groups.items():
            if fnmatchcase(name, pattern):
                options |= given
        return options


class Elementwise(Optimizer):
    """A rule that treats every element alike, whichever parameter it belongs to.

    For example:

        class SignSGD(Elementwise):
            def __init__(self, lr: float = 0.001, weight_decay: float = 0.0, groups: Groups | None = None) -> None:
                super().__init__(lr, weight_decay, groups)

            def _update_chunk(self, p, g, slots, scratch, lr, step):
                np.sign(g, out=scratch[0])
                scratch[0] += self.weight_decay * p
                scratch[0] *= lr
                p -= scratch[0]

    Arguments and errors are those of `Optimizer`.
    """

    whole_parameters = False

    def __init__(self, lr: float, weight_decay: float = 0.0, groups: Groups | None = None) -> None:
        super().__init__(lr, weight_decay, groups)
        self._scratch: dict[np.dtype, np.ndarray] = {}

    @abstractmethod
    def _update_chunk(
        self, p: np.ndarray, g: np.ndarray, slots: list[np.ndarray], scratch: np.ndarray, lr: float, step: int
    ) -> None:
        """Update the chunk `p` and its slots in place from the gradients `g`; scratch is two arrays of its size."""

    def _update_part(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: list[np.ndarray],
        lr: float,
        step: int,
        segments: Sequence[Segment],
    ) -> None:
        """Update the part in chunks that fit a cache."""
        size, dtype = parameters.size, parameters.dtype
        if dtype not in self._scratch:
            self._scratch[dtype] = np.empty((2, CHUNK), dtype)
        scratch = self._scratch[dtype]
        for start in range(0, size, CHUNK):
            stop = min(start + CHUNK, size)
            self._update_chunk(
                parameters[start:stop],
                gradients[start:stop],
                [slot[start:stop] for slot in slots],
                scratch[:, : stop - start],
                lr,
                step,
            )
