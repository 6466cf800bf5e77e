"""result.json: the result of the run."""

from typing import Any

from trainer.engine.machine import machine, versions
from trainer.ground import strict_json
from trainer.ground.files import replacing
from trainer.runs.folder import RESULT
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run


class ResultJson(Callback):
    """Writes the result, and the versions and the machine it was obtained with, to result.json, as strict JSON.

    Metrics the task does not have (None) are left out; a number that is not finite becomes null.
    """

    def on_fit_end(self, run: Run, result: dict) -> None:
        content = {name: _known(value) for name, value in result.items()}
        content |= {"versions": versions(), "machine": machine()}
        content["error"] = content.pop("error", None)  # last, where it is looked for
        with replacing(run.directory / RESULT) as path:
            path.write_text(strict_json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _known(value: Any) -> Any:
    """Return a value without what is None in it."""
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items() if item is not None}
    return value
