"""What is tortured: commands, and what they leave when nothing happens to them."""

from dataclasses import dataclass
from pathlib import Path

from tests.helpers.runs import TINY
from tests.helpers.training import assert_same_run
from tests.torture.process import Ended, finish

QUICK = (*TINY, "epochs=3", "batch_size=128")


@dataclass
class Scenario:
    """One command.

    arguments: without the directory it writes to.
    runs: the directories of runs that it makes, inside its own; none: it only reads `subject`.
    subject: a finished run, to be given to a command as its first argument.
    """

    name: str
    arguments: tuple[str, ...]
    runs: tuple[str, ...] = ()
    subject: Path | None = None
    whole: Path = Path()
    seconds: float = 0.0
    output: str = ""

    @property
    def is_sweep(self) -> bool:
        return self.arguments[0] == "sweep"

    def command(self, directory: Path) -> tuple[str, ...]:
        """All its arguments, to work in a directory."""
        if not self.runs:
            return self.arguments
        quoted = str(directory).replace("'", r"\'")
        return (*self.arguments, f"hydra.{'sweep' if self.is_sweep else 'run'}.dir='{quoted}'")

    def rest(self, directory: Path) -> tuple[str, ...]:
        """The arguments that complete what has begun in a directory."""
        begun = "multirun.yaml" if self.is_sweep else "checkpoints/last.safetensors"
        return ("resume", str(directory)) if (directory / begun).is_file() else self.command(directory)

    def prepare(self, place: Path) -> None:
        """Do it undisturbed: what all trials are compared with."""
        self.whole = place / "whole" / self.name
        self.whole.parent.mkdir(exist_ok=True)
        ended = finish(self.command(self.whole), place)
        if ended.code:
            raise RuntimeError(f"{self.name} fails by itself: {ended.errors}")
        self.seconds, self.output = ended.seconds, ended.output

    def compare(self, directory: Path, ended: Ended) -> None:
        """Raises AssertionError unless everything is as if nothing had happened."""
        assert ended.code == 0, f"exit code {ended.code} at the end: {ended.errors}"
        for run in self.runs:
            assert_same_run(self.whole / run, directory / run)
        if not self.runs:
            assert ended.output == self.output, "another output"


def scenarios(place: Path) -> list[Scenario]:
    """All of them, prepared in a folder of their own."""
    jobs = tuple(f"0{number}_seed={number}" for number in range(2))
    sweep = ("sweep", *QUICK, "seed=0,1", "parallel.workers=1")
    made = [
        Scenario("run", (*QUICK, "parallel.workers=1"), (".",)),
        Scenario("two workers", (*QUICK, "parallel.workers=2"), (".",)),
        Scenario("sweep", sweep, jobs),
        Scenario("sweep by joblib", (*sweep, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"), jobs),
    ]
    for scenario in made:
        scenario.prepare(place)
    run = str(made[0].whole)
    reading = [
        Scenario("evaluate", ("evaluate", run, "--json")),
        Scenario("export", ("export", run, "--to", str(place / "weights.npz"), "--json")),
        Scenario("summary", ("summary", *TINY, f"hydra.run.dir='{place / 'summary'}'")),
    ]
    for scenario in reading:
        scenario.prepare(place)
    return made + reading
