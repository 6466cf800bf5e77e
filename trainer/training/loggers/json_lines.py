"""RUN/log.jsonl: everything about a run in one file, for programs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.ground.files import append, replacing
from trainer.training.loggers.logger import Logger
from trainer.training.run import Run

NAME = "log.jsonl"


class JsonLines(Logger):
    """Writes a line of JSON for each event: settings, figures or a text of an epoch, a picture or a file, the end.

    Each has the key `event`; figures and texts have `epoch`, pictures and files their `path`.
    """

    forgets = True

    def begin(self, run: Run, identity: str | None, settings: Mapping[str, Any]) -> str | None:
        self._path = run.directory / NAME
        if run.epoch and self._path.exists():
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if line.endswith("\n") and _stays(json.loads(line), run.epoch)]
            with replacing(self._path) as temporary:
                temporary.write_text("".join(kept), encoding="utf-8", newline="\n")
        self._write(event="settings", settings=dict(settings))
        return None

    def figures(self, figures: Mapping[str, float], epoch: int) -> None:
        self._write(event="figures", epoch=epoch, figures=dict(figures))

    def text(self, name: str, text: str, epoch: int) -> None:
        self._write(event="text", epoch=epoch, name=name, text=text)

    def picture(self, name: str, path: Path, epoch: int) -> None:
        self._write(event="picture", name=name, path=str(path))

    def file(self, name: str, path: Path) -> None:
        self._write(event="file", name=name, path=str(path))

    def end(self, status: str) -> None:
        self._write(event="end", status=status)

    def _write(self, **values: Any) -> None:
        append(self._path, json.dumps(values) + "\n")


def _stays(event: Mapping[str, Any], epoch: int) -> bool:
    """Return whether a run that goes on after this epoch will not write an event again: it trains, then tests."""
    is_test = event["event"] == "figures" and all(name.endswith("/test") for name in event["figures"])
    return event.get("epoch", 0) <= epoch and not is_test
