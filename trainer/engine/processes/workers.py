"""The workers of a run, seen from its main process."""

import json
import os
import pickle
import subprocess
import sys
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any

import numpy as np

from trainer.datasets import Splits
from trainer.engine.processes import blas, shared
from trainer.engine.processes.mailbox import Mailbox
from trainer.engine.processes.memory import SharedMemory
from trainer.engine.setup import Setup
from trainer.engine.shard import SPLITS, Generators
from trainer.engine.tally import Tally
from trainer.engine.watch import Watched
from trainer.ground import signals
from trainer.ground.errors import WorkerError
from trainer.models import ParameterStore

BLAS_THREADS = ("OPENBLAS", "OMP", "MKL", "BLIS", "VECLIB_MAXIMUM")
PROGRAM = "import sys; sys.path[:] = {path!r}; from trainer.engine.processes.worker import main; main()"


class Workers:
    """One worker for each shard of a batch. This process is worker 0; the others, if any, are separate processes.

        with Workers(config, size) as workers:
            workers.start(setup, splits)
            workers.train(indices, lr, step)

    The processes start at `with`, and import what they need while this one reads its data. They get the configuration
    and build the network from it as this one does. They end with the block or with this process, however that ends.

    Args:
        config: As `trainer.compose.schema.validate` returns it.
        size: How many workers.

    Raises:
        WorkerError: From any method, if a worker has failed or was killed.
    """

    def __init__(self, config: dict[str, Any], size: int) -> None:
        self.config, self.size = config, size
        self.counts: dict[str, int] = {}  # examples in each split
        self._processes: list[subprocess.Popen] = []
        self._limits = ExitStack()

    def __enter__(self) -> "Workers":
        # BLAS with several threads is slower than workers, and slower than one thread wherever one worker is chosen;
        # and the bits of a result would depend on the number of threads.
        self._limits.enter_context(blas.one_thread())
        if self.size > 1:
            self._memory = SharedMemory()
            try:
                self._processes += (self._spawn(rank) for rank in range(1, self.size))
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the processes at once: they have nothing to save. The arrays stay valid."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            with suppress(OSError):  # what is unsent stays unsent
                process.stdin.close()
            process.stdout.close()
        self._processes = []
        if self.size > 1:
            self._memory.close()
        self._limits.close()

    def start(self, setup: Setup, splits: Splits, generators: Generators | None = None) -> None:
        """Give every worker its shard, and all of them the initial parameters and one copy of the examples.

        Args:
            setup: The setup of the run.
            splits: The examples.
            generators: States from which the network's random streams continue, by layer; None: they start afresh.
        """
        self.counts = {name: len(getattr(splits, name)) for name in SPLITS}
        parameters = setup.parameters()
        state = setup.optimizer.create_state(parameters.data.size, parameters.dtype)
        if self.size == 1:
            self.shard = setup.shard(parameters, splits, state, generators=generators)
            return
        numbers = shared.numbers(parameters, state)
        description, examples = shared.examples(splits)
        layout = shared.layout(numbers | examples, self.size, max(self.counts.values()))
        arrays = self._memory.map(layout)
        for name, values in examples.items():
            np.copyto(arrays[name], values)
        self._mailbox = Mailbox(arrays)
        message = {"layout": layout, "examples": description, "generators": generators}
        self._write(pickle.dumps(message), self._processes)
        self.shard = shared.shard(setup, arrays, description, 0, self.size, self._check, generators)
        self.shard.communicator.total(np.zeros(1))  # wait until all workers are here
        for name, values in numbers.items():
            np.copyto(arrays[name], values)

    @property
    def parameters(self) -> ParameterStore:
        """The parameters of all workers."""
        return self.shard.parameters

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The optimizer's slots, of all workers."""
        return self.shard.state

    @property
    def generators(self) -> Generators:
        """The states of the network's streams of random numbers by layer: after a step, the same in all workers."""
        return {name: stream.bit_generator.state for name, stream in self.shard.workspace.generators.items()}

    def train(self, indices: np.ndarray, lr: float, step: int, watched: Watched | None = None, epoch: int = 0) -> Tally:
        """Do one optimisation step on the training examples at `indices`; steps count from 1, epochs from 0.

        `watched` is filled with what it asks for.
        """
        more = {} if watched is None else {"watched": Watched()}
        self._command("train", indices, lr=lr, step=step, epoch=epoch, **more)
        return self.shard.train(indices, lr, step, watched, epoch)

    def evaluate(self, split: str, indices: np.ndarray) -> Tally:
        """Return loss and measures of examples of a split, with running statistics and without dropout."""
        self._command("evaluate", indices, split=split)
        return self.shard.evaluate(split, indices)

    def _spawn(self, rank: int) -> subprocess.Popen:
        """Start worker `rank`; the module `__main__`, whatever it may be, is not imported again."""
        program = PROGRAM.format(path=[os.path.abspath(place) for place in sys.path])  # noqa: PTH100  "" is the folder
        settings = {f"{library}_NUM_THREADS": "1" for library in BLAS_THREADS}
        windows = sys.platform == "win32"
        try:
            with signals.withheld():  # they are for this process, which ends its workers
                process = subprocess.Popen(
                    [sys.executable, "-P", "-c", program],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=os.environ | settings,
                    pass_fds=self._memory.descriptors,
                    process_group=None if windows else 0,  # not the one that Ctrl-C interrupts
                    creationflags=subprocess.CREATE_NEW_PROCESS_GROUP if windows else 0,
                )
        except OSError as error:
            problem = f"worker {rank} cannot be started: {error.strerror}"
            raise WorkerError(f"{problem}; raise the limit (ulimit) or set parallel.workers=1") from error
        start = {"config": self.config, "rank": rank, "size": self.size, "memory": self._memory.handle}
        process.stdin.write(pickle.dumps(start | {"parent": os.getpid()}))
        process.stdin.flush()
        return process

    def _command(self, action: str, indices: np.ndarray, **arguments: Any) -> None:
        if self._processes:  # pickling an array takes ten times as long as bytes
            asleep = self._mailbox.send((action, indices.tobytes(), arguments))
            self._write(b"!", [self._processes[rank - 1] for rank in asleep])

    def _write(self, message: bytes, processes: list[subprocess.Popen]) -> None:
        for process in processes:
            try:
                process.stdin.write(message)
                process.stdin.flush()
            except OSError:
                process.wait()
                self._check()

    def _check(self) -> None:
        """Raise WorkerError when a process has ended."""
        for rank, process in enumerate(self._processes, 1):
            code = process.poll()
            if code is None:
                continue
            if report := process.stdout.read():
                problem = json.loads(report)
                error = WorkerError(f"worker {rank}: {problem['error']}")
                error.add_note(problem["traceback"])
                raise error
            end = f"was killed (signal {-code})" if code < 0 else f"ended (exit code {code})"
            raise WorkerError(
                f"worker {rank} {end} and the run stops; if memory ran out, lower batch_size or parallel.workers"
            )
