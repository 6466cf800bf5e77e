"""result.json: the result of the run."""

import json
import platform
from math import isfinite

import numpy as np

from trainer import __version__
from trainer.ground.files import replacing
from trainer.runs.folder import RESULT
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run


class ResultJson(Callback):
    """Writes the result and the versions it was obtained with to result.json, as strict JSON.

    Metrics the task does not have (None) are left out; a number that is not finite becomes null.
    """

    def on_fit_end(self, run: Run, result: dict) -> None:
        content = {name: _plain(value) for name, value in result.items()} | {"versions": versions()}
        content["error"] = content.pop("error", None)  # last, where it is looked for
        with replacing(run.directory / RESULT) as path:
            path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def versions() -> dict[str, str]:
    """Return the versions on which the bits of a result depend, besides config and seed."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "trainer": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
    }


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
