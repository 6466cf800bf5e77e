"""Resumes a run: `trainer resume RUN [KEY=VALUE ...]`, which is `resume=RUN` among the overrides.

The configuration is the one in the run's last checkpoint. The command line may change it, except for options on which
the steps already done depend.
"""

import hashlib
import json
import logging
from functools import reduce
from pathlib import Path
from typing import Any, cast

import yaml

from trainer.ground.files import replacing
from trainer.ground.values import ConfigError, child
from trainer.runs import checkpoint, data, history
from trainer.runs.checkpoint import Checkpoint, CheckpointError
from trainer.runs.folder import BEST, CONFIG, DESCRIPTION, LAST, resume_command

FROZEN = (
    *("model", "data", "limit", "validation", "loss", "optimizer._target_"),
    *("batch_size", "accumulate", "drop_last", "seed", "precision", "freeze", "metrics", "fold"),
)
"""What cannot change in the middle of a run: the network, its examples, their order, and what is computed from them."""

NEWER: dict[str, Any] = {"drop_last": False, "freeze": [], "metrics": [], "fold": None}
"""Those that some checkpoints do not have, and what they were then."""

log = logging.getLogger("trainer")


def load(config: dict[str, Any], directory: Path) -> Checkpoint:
    """Return the last checkpoint of the run in `directory`, to resume it with `config`, and log what has changed.

    Raises:
        CheckpointError: It cannot be read.
        ConfigError: Something has changed that cannot change.
    """
    saved = checkpoint.read(directory / LAST)
    changed = list(changes(NEWER | saved.metadata["config"], config))
    paths = [f"data.{name}" for name in data.places(config)]
    for key, old, new in changed:
        if key not in paths and any(f"{key}.".startswith(f"{frozen}.") for frozen in (*FROZEN, "start_from")):
            raise ConfigError(f"cannot be {_show(new)} in a run that began with {_show(old)}; start a new run", key)
    epoch, step = saved.metadata["epoch"], saved.metadata["step"]
    if config["epochs"] < epoch:
        raise ConfigError(f"{config['epochs']} is less than the {epoch} that the run has finished", "epochs")
    history.content(saved, directory)
    began = saved.metadata["config"]
    if saved.metadata["fingerprint"] not in (fingerprint(began), _hash(began)):  # an earlier version wrote the second
        raise CheckpointError(f"{saved.origin}: its fingerprint is not that of its configuration")
    log.info("resuming %s after epoch %d, step %d", directory, epoch, step)
    for key, old, new in changed:
        log.info("  %s: %s -> %s", key, _show(old), _show(new))
    if changed:
        (directory / DESCRIPTION).mkdir(exist_ok=True)
        with replacing(directory / CONFIG) as path:
            path.write_text(yaml.safe_dump(json.loads(json.dumps(config)), sort_keys=False), encoding="utf-8")
    return saved


def check_data(saved: Checkpoint, found: str, config: dict[str, Any]) -> None:
    """Raise CheckpointError unless the data, with the hash `found`, are those that the run began with.

    Checkpoints of earlier versions have no hash, and pass.
    """
    if saved.metadata.get("data", found) != found:
        advice = "".join(f"; give their place with data.{name}=PATH" for name in data.places(config)[:1])
        raise CheckpointError(f"{saved.origin}: the data are not those that the run began with{advice}")


def remedy(directory: Path, config: dict[str, Any]) -> str:
    """Return how to resume a run that ended early; empty if it has saved nothing."""
    if not (directory / LAST).exists():
        return ""
    allowed = [f"allow=[{','.join(config['allow'])}]"] if config["allow"] else []
    return f"continue with: {resume_command(directory, allowed)}"


def best_of(saved: Checkpoint, directory: Path) -> Checkpoint | None:
    """Return the checkpoint of the run's best epoch, where `saved` is its last; None if no epoch was validated.

    Raises:
        CheckpointError: It cannot be read, or is of another epoch.
    """
    best, metadata = saved.metadata["best"], saved.metadata
    if best is None:
        return None
    if best.get("epoch") == metadata["epoch"] and metadata["step"] == metadata["epoch"] * metadata["steps_per_epoch"]:
        return saved  # the run may have ended before this was written as the best
    found = checkpoint.read(directory / BEST)
    fingerprints = {fingerprint(each.metadata["config"]) for each in (found, saved)}
    if found.metadata["epoch"] != best.get("epoch") or len(fingerprints) > 1:
        raise CheckpointError(f"{found.origin}: is not of epoch {best.get('epoch')}, the best of {saved.origin}")
    return found


def fingerprint(config: dict[str, Any]) -> str:
    """Return a hash of what cannot change in the middle of a run, without the paths to the data."""
    return _hash(data.without_places(config))


def _hash(config: dict[str, Any]) -> str:
    keys = [key for key in FROZEN if key not in NEWER or config.get(key)]
    frozen = [reduce(lambda node, name: (node or {}).get(name), key.split("."), cast(Any, config)) for key in keys]
    return hashlib.sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest()


def changes(old: Any, new: Any, key: str = "") -> list[tuple[str, Any, Any]]:
    """Return where two configurations differ: keys with old and new value, None for a missing one."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = [name for name in {**old, **new} if child(key, name) not in ("resume", "allow")]
        return [change for name in names for change in changes(old.get(name), new.get(name), child(key, name))]
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        old, new = list(old), list(new)
    return [] if old == new else [(key, old, new)]


def _show(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
