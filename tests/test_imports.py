"""Modules import one way: no circle, and no room imports one that stands above it.

Counted are imports that run when a module is imported; those inside functions or for type checkers only are not.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import trainer

PACKAGES = {"trainer": "trainer", "models": "trainer.models", "datasets": "trainer.datasets"}

ROOMS = (
    *("ground", "models", "datasets", "problems", "engine", "runs", "views", "pages", "training", "compose"),
    *("commands", "sweep", "plugins", "export", "api", "sklearn"),
)
"""Each may import what stands before it. What is not here are the doors, such as trainer/__main__.py."""

APART = {("models", "datasets"), ("datasets", "models")}

EXCEPTIONS = {
    ("runs", "trainer.training.objective"): "which run of a sweep is its best follows from the objective",
    ("commands", "trainer.export"): "a verb for it",
    ("runs", "trainer.compose.schema"): "the configuration in a file is checked as one from the command line is",
    ("engine", "trainer.training.optimizers"): "every worker updates its part of the parameters",
    ("engine", "trainer.training.schedules"): "Setup makes and checks all that a configuration says of the arithmetic",
    ("engine", "trainer.training.limit"): "Setup reads the examples, as many as are wanted",
    ("commands", "trainer.sweep.resume"): "the application resumes sweeps",
    ("commands", "trainer.sweep.folds"): "a cross-validation is a sweep",
    ("commands", "trainer.sweep.job"): "and does their jobs",
}
"""Room and module that it imports from above, and why."""


def modules() -> dict[str, Path]:
    """The file of each module, by its full name."""
    found = {}
    for folder, package in PACKAGES.items():
        for file in (trainer.ROOT / folder).rglob("*.py"):
            parts = file.relative_to(trainer.ROOT / folder).with_suffix("").parts
            found[".".join((package, *parts)).removesuffix(".__init__")] = file
    return found


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run when the module does."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not for_type_checkers(node):
            for part in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body)


def for_type_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imported(name: str, is_package: bool, source: str, known: Mapping[str, Path]) -> set[str]:
    """The modules of ours that module `name` imports."""
    found = set()
    for node in statements(ast.parse(source).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            continue
        parents = name.split(".")[: len(name.split(".")) - node.level + is_package] if node.level else []
        base = ".".join([*parents, *filter(None, [node.module])])
        found |= {full if (full := f"{base}.{alias.name}") in known else base for alias in node.names}
    return found & known.keys() - {name}


FILES = modules()
IMPORTS = {name: imported(name, file.stem == "__init__", file.read_text(), FILES) for name, file in FILES.items()}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def upward() -> Iterator[tuple[str, str]]:
    """Modules that import from a room above theirs, or beside it, with what they import."""
    for module, names in IMPORTS.items():
        for name in names:
            here, there = room(module), room(name)
            if not {here, there} <= {*ROOMS}:
                continue
            if ROOMS.index(there) > ROOMS.index(here) or (here, there) in APART:
                yield module, name


def test_there_is_no_circle():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail("imports run in a circle: " + " <- ".join(error.args[1]))


def test_rooms_import_what_stands_before_them():
    wrong = [f"{module} imports {name}" for module, name in upward() if (room(module), name) not in EXCEPTIONS]
    assert not wrong, "move what is needed down, or say in EXCEPTIONS why not: " + "; ".join(wrong)


def test_every_exception_is_needed():
    assert EXCEPTIONS.keys() == {(room(module), name) for module, name in upward()}


HYDRA = {
    "trainer/compose": "the room that composes configurations",
    "trainer/plugins": "Hydra takes sweepers from this package alone",
}
"""Folders whose files may import Hydra and OmegaConf, and why. The others ask trainer/compose."""


def test_hydra_is_in_its_rooms():
    found = {path for path in FILES.values() if imports_hydra(path.read_text())}
    used = {path.relative_to(trainer.ROOT).as_posix() for path in found}
    assert {path for path in used if not path.startswith(tuple(f"{folder}/" for folder in HYDRA))} == set()
    assert all(any(path.startswith(f"{folder}/") for path in used) for folder in HYDRA)


def imports_hydra(source: str) -> bool:
    """Whether a module imports Hydra or OmegaConf, also within functions and for type checkers."""
    names = []
    for node in ast.walk(ast.parse(source)):
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    return any(name.partition(".")[0] in ("hydra", "hydra_plugins", "omegaconf") for name in names)


def test_every_room_has_its_place():
    doors = {"trainer", "__main__", "evaluate", "plots", "predict", "resume"}
    assert {room(module) for module in IMPORTS} - doors <= {*ROOMS}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import trainer.models.layer", {"trainer.models.layer"}),
        ("from trainer.models import layer, Layer", {"trainer.models.layer", "trainer.models"}),
        ("from . import node", {"trainer.models.node"}),
        ("from .layer import Layer\nfrom ..ground import text", {"trainer.models.layer", "trainer.ground.text"}),
        ("try:\n    import trainer.models.node\nexcept ImportError:\n    pass", {"trainer.models.node"}),
        ("class A:\n    from trainer.models.node import Node", {"trainer.models.node"}),
        ("if TYPE_CHECKING:\n    import trainer.models.node", set()),
        ("if typing.TYPE_CHECKING:\n    import trainer.models.node", set()),
        ("def f():\n    import trainer.models.node", set()),
        ("import numpy as np", set()),
    ],
)
def test_what_counts_as_an_import(source, expected):
    assert imported("trainer.models.graph", False, source, FILES) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import hydra", True),
        ("def f():\n    from omegaconf import OmegaConf", True),
        ("from hydra_plugins.hydra_ray_launcher import x", True),
        ("from trainer.compose.hydra_errors import explain", False),
        ("from . import hydra", False),
    ],
)
def test_what_counts_as_an_import_of_hydra(source, expected):
    assert imports_hydra(source) == expected
