"""Finds the run that a user names."""

from pathlib import Path

from trainer.ground.values import ConfigError
from trainer.runs.folder import CHECKPOINTS, RECORD, RESULT
from trainer.runs.records import RecordError, read_result, read_yaml
from trainer.training import objective

OUTPUTS = Path("outputs")
NEWEST = "last"


def find(run: Path | str) -> Path:
    """Return the path that `run` means, for every verb and for `trainer.load`.

    Args:
        run: The text `last` means the run under outputs/ with the newest checkpoint (for a folder of that name, write
            ./last). The directory of a sweep means its single run with the best objective, even if another setting is
            better in the mean over seeds. Any other path is returned as it is.

    Raises:
        ConfigError: There is no such run.
    """
    if run == NEWEST:
        return _newest()
    return _best_of(Path(run)) if (Path(run) / RECORD).is_file() else Path(run)


def _newest() -> Path:
    paths = OUTPUTS.rglob(f"{CHECKPOINTS}/*.safetensors")
    found = [(path.stat().st_mtime_ns, path) for path in paths if path.is_file()]
    if not found:
        raise ConfigError(f"{NEWEST}: no run with a checkpoint is under {OUTPUTS.absolute()}; give a run's directory")
    return max(found)[1].parent.parent


def _best_of(sweep: Path) -> Path:
    """Return the single job with the best result by the sweep's own objective."""
    try:
        goal = read_yaml(sweep / RECORD)["objective"]
        results = {path.parent: read_result(path) for path in sorted(sweep.glob(f"[0-9]*/{RESULT}"))}
        objective.check(goal)
        values = {run: objective.value(result, goal) for run, result in results.items()}
        worst, better = objective.worst(goal), max if objective.maximised(goal) else min
    except (ConfigError, RecordError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{sweep}: its record or a result in it is damaged; give one of its runs") from error
    if all(value == worst for value in values.values()):
        raise ConfigError(f"{sweep}: none of its {len(values)} runs has a {goal}; give one of them")
    return better(values, key=values.__getitem__)
