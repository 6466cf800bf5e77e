"""The name of a run in a title, and a summary of its result."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainer import CONFIGS
from trainer.ground.overrides import parts
from trainer.problems import known_metrics, shown
from trainer.runs.folder import MACHINERY, OVERRIDES
from trainer.runs.records import RecordError, read_yaml

LONGEST_ERROR = 90
IMAGES = "datasets.Images"


def name(directory: Path, config: Mapping[str, Any]) -> str:
    """Return "lenet5 on digits", from the run's directory or else from its configuration.

    Data in the user's own files have the name of the file, or of the folder, and that of a table's target:
    "table_mlp on houses.csv, price".

    Args:
        directory: The directory of the run.
        config: Its configuration.
    """
    chosen = choices(directory)
    model, _, data = directory.absolute().parent.name.partition("-")
    if not all((CONFIGS / group / f"{each}.yaml").is_file() for group, each in (("model", model), ("data", data))):
        model, data = "a network", ""
    model = chosen.get("model", model)
    spec = config.get("data") or {}
    data = _own(spec) or chosen.get("data") or data or str(spec.get("_target_", "")).rpartition(".")[2]
    return f"{model} on {data}" if data else model


def _own(spec: Mapping[str, Any]) -> str:
    """Return the name of the user's own data; empty where a data set has a name itself."""
    place = spec.get("file") or (spec.get("root") if spec.get("_target_") == IMAGES else None)
    target = spec.get("target")
    return Path(str(place)).name + (f", {target}" if isinstance(target, str) else "") if place else ""


def title(directory: Path, config: Mapping[str, Any]) -> str:
    """Return name and seed of a run: "lenet5 on digits, seed 0"."""
    seed = f", seed {config['seed']}" if "seed" in config else ""
    return name(directory, config) + seed


def choices(directory: Path) -> dict[str, str]:
    """Return the choices of model and data, as far as the directory has them."""
    found: dict[str, Any] = {}
    unusable = (OSError, RecordError, KeyError, TypeError, AttributeError, ValueError)
    with suppress(*unusable):
        for override in read_yaml(directory / OVERRIDES) or ():
            given = parts(str(override))
            found[given.key] = given.value
    with suppress(*unusable):
        found |= read_yaml(directory / MACHINERY)["hydra"]["runtime"]["choices"]
    return {key: str(found[key]) for key in ("model", "data") if found.get(key)}


def reached(result: Mapping[str, Any]) -> str:
    """Return what a run has reached, from what result.json holds: "test accuracy 0.9833, weights of epoch 8 of 8".

    Where it did not complete, how it ended; for a run in progress, an empty text.
    """
    best, test = result.get("best") or {}, result.get("test") or {}
    metric = str(result.get("best_by") or "val_loss").removeprefix("val_")
    known = known_metrics().get(metric)
    label, epochs = known.label if known else metric, result.get("epochs") or 0
    figures = [
        f"{split} {label} {shown(value)}"
        for split, value in (("test", test.get(metric)), ("validation", best.get(f"val_{metric}")))
        if value is not None
    ]
    found = figures[:1]
    if best.get("epoch") and epochs:
        found.append(f"weights of epoch {best['epoch']} of {epochs}")
    elif epochs:
        found.append(f"epoch {epochs}")
    if result.get("status") in ("failed", "stopped"):
        planned = result.get("planned_epochs")
        place = f"{result['status']} after epoch {epochs}" + (f" of {planned}" if planned else "")
        reason = " ".join(str(result.get("error") or "").split())
        shortened = reason if len(reason) <= LONGEST_ERROR else reason[: LONGEST_ERROR - 1] + "…"
        found.append(": ".join(filter(None, [place, shortened if result["status"] == "failed" else ""])))
    return ", ".join(found)
