"""Runs that were trained for a moment, and a run whose every name is hostile."""

import json
from pathlib import Path

import pytest

from tests.helpers import tables
from tests.helpers.runs import composed
from tests.helpers.training import small_config, train
from trainer.pages.report import facts as facts_of_runs
from trainer.pages.report.facts import Facts

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028\x1b[2J"


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Facts:
    """A classifier of pictures, after three epochs."""
    directory = tmp_path_factory.mktemp("digits")
    train(small_config("epochs=3", "optimizer.lr=0.03"), directory)
    return facts_of_runs.read(directory)


def _table(directory: Path, target: str, rows: list[dict[str, str]]) -> Facts:
    file = tables.write(directory / "houses.csv", rows)
    train(composed(*tables.TABLE, f"data.file={file}", f"data.target={target}", "epochs=8"), directory / "run")
    return facts_of_runs.read(directory / "run")


@pytest.fixture(scope="session")
def prices(tmp_path_factory) -> Facts:
    """A regression on a table."""
    return _table(tmp_path_factory.mktemp("prices"), "price", tables.without(tables.houses(200), "dear"))


@pytest.fixture(scope="session")
def writer(tmp_path_factory) -> Facts:
    """A network for texts."""
    directory = tmp_path_factory.mktemp("text")
    (directory / "text.txt").write_text("to be or not to be, that is the question.\n" * 40)
    options = (f"data.file={directory}/text.txt", "data.context=8", "epochs=1", "callbacks.report=null")
    train(
        composed("model=char_mlp", "data=text", *options, "callbacks.curves=null", "parallel.workers=1"),
        directory / "run",
    )
    return facts_of_runs.read(directory / "run")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory) -> Facts:
    """A run on a table whose columns, classes and settings are what nobody should trust."""
    rows = [
        {HOSTILE: str(place % 7), "kind": HOSTILE + str(place % 2), "answer": f"<b>{place % 2}"} for place in range(120)
    ]
    facts = _table(tmp_path_factory.mktemp("hostile"), "answer", rows)
    (facts.directory / ".hydra").mkdir()
    (facts.directory / ".hydra" / "overrides.yaml").write_text(json.dumps(["model=mlp", f"x={HOSTILE}"]))
    result = json.loads((facts.directory / "result.json").read_text())
    (facts.directory / "result.json").write_text(
        json.dumps(result | {"reason": HOSTILE, "versions": {HOSTILE: HOSTILE}})
    )
    return facts_of_runs.read(facts.directory)
