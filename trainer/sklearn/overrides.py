"""The overrides of an estimator: applied as on the command line, or refused with the reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trainer import CONFIGS
from trainer.compose.configure import Override, compose, parse, without_hydra
from trainer.compose.schema import validate
from trainer.ground.errors import ConfigError
from trainer.ground.overrides import with_quotes
from trainer.ground.targets import instantiate
from trainer.ground.values import child
from trainer.training.callbacks import Callback, EarlyStopping, Target, TimeLimit

WATCHERS = (EarlyStopping, Target, TimeLimit)  # the callbacks of ours that a fit can use
REPORTS = (
    "checkpoints", "continuations", "curves", "layers", "metrics_csv", "progress_line", "report", "result_json",
)  # fmt: skip
"""The callbacks of ours that are left out."""
_RUN = "it is for runs of the command line; use python -m trainer"
_SEVERAL = "it sets many options of a run at once; give those you want by themselves"
REFUSED = {
    "data": "the data are X and y; leave it out",
    "seed": "give the estimator random_state instead",
    "task": "a fit only trains; use python -m trainer",
    "resume": "a fit starts from scratch; use python -m trainer",
    "objective": "scikit-learn's searches compare by their own scoring; leave it out",
    "loss.class_weights": "give the estimator class_weight instead",
    "limit.test": "a fit has no test examples; leave it out",
    "experiment": _SEVERAL,
    "debug": _SEVERAL,
    "search": _SEVERAL,
    "local": _SEVERAL,
    "logger": _RUN,
    **{f"callbacks.{name}": _RUN for name in REPORTS},
    "hydra": "it configures the command line; leave it out",
}


def configuration(given: Sequence[str], data: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the checked configuration of an estimator.

    Args:
        given: Its overrides.
        data: Options of `trainer.sklearn.data.InMemory`.
        seed: The seed of the run.

    Raises:
        ConfigError, GraphError, HydraException: An override cannot be done, or something does not fit.
    """
    given = [*map(with_quotes, given)]
    overrides = parse(given)
    for override in overrides:
        if reason := _refusal(override):
            raise ConfigError(f"{override.input_line}: {reason}")
    own = [f"seed={seed}"]
    if not any(o.key_or_group == "model" and isinstance(o.value(), str) and not o.is_delete() for o in overrides):
        own.append("model=table_mlp" if data["levels"] else "model=mlp")
    if not any(o.key_or_group.startswith("parallel") for o in overrides):
        own.append("parallel.workers=1")  # searches run several fits at once
    if (CONFIGS / "local").is_dir():
        own.append("~local")  # the same estimator is to do the same everywhere
    composed = without_hydra(compose([*own, *given]))
    composed.data = {"_target_": "trainer.sklearn.data.InMemory", **data}
    config = validate(composed, given)
    config["data"]["places"] = bool(data["levels"]) or _reads("categories", config["model"])
    return config


def watchers(config: Mapping[str, Any]) -> Iterator[Callback]:
    """Yield the callbacks that can stop a fit, and the user's own. Raises ConfigError."""
    for name, spec in config["callbacks"].items():
        if spec and name not in REPORTS:
            key = f"callbacks.{name}"
            callback = instantiate(spec, Callback, key, allow=config["allow"])
            if type(callback).__module__.startswith("trainer.") and not isinstance(callback, WATCHERS):
                raise ConfigError(_RUN, key)
            yield callback


def _refusal(override: Override) -> str | None:
    """Why an override cannot be done; None where it can."""
    key, value = override.key_or_group, override.value()
    if override.is_sweep_override():
        return "several values need a search of scikit-learn's; one list is written KEY=[1,2]"
    choice = (CONFIGS / key).is_dir() and not override.is_delete()
    if override.package is not None or (choice and not isinstance(value, str | dict)):
        return "a choice is written GROUP=NAME; ~GROUP leaves one out"
    if key == "callbacks" and isinstance(value, str):
        return "give single ones, as in callbacks.early_stopping.patience=5"
    for leaf in _leaves(key.replace("/", "."), value):
        for refused, reason in REFUSED.items():
            if f"{leaf}.".startswith(f"{refused}."):
                return reason
    return None


def _leaves(key: str, value: Any) -> Iterator[str]:
    """Yield the keys that a value sets: those within it, if it is a mapping."""
    if not isinstance(value, dict) or not value:
        yield key
        return
    for name, item in value.items():
        yield from _leaves(child(key, name), item)


def _reads(name: str, model: Any) -> bool:
    """Whether a layer of a model names this input."""
    if not isinstance(model, dict):
        return False
    inputs = model.get("inputs") or ()
    return name in ([inputs] if isinstance(inputs, str) else inputs) or any(_reads(name, v) for v in model.values())
