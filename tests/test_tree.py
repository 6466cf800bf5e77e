"""The tests mirror the tree: whoever changes a module finds its tests under its name."""

from pathlib import Path

import trainer

TESTS = Path(__file__).parent
ROOMS = ("trainer",)
APART = {
    "trainer/evaluate.py": "the old spelling of a verb; see tests/trainer/commands/test_main.py",
    "trainer/plots.py": "the same",
    "trainer/predict.py": "the same",
    "trainer/resume.py": "the same",
    "trainer/ground/console.py": "see tests/trainer/test_surroundings.py",
    "trainer/export/error.py": "an error of trainer/ground/errors.py under another name",
    "trainer/commands/starter/my_package/data.py": "a template; see tests/trainer/commands/test_new.py",
    "trainer/commands/starter/my_package/layers.py": "the same",
    "trainer/commands/starter/test_layers.py": "the same",
}
"""Modules without tests of their name, and why."""


def without_tests() -> set[str]:
    modules = [path.relative_to(trainer.ROOT) for room in ROOMS for path in (trainer.ROOT / room).rglob("*.py")]
    return {
        module.as_posix()
        for module in modules
        if module.stem not in ("__init__", "__main__")
        and not (TESTS / module.parent / f"test_{module.stem}.py").is_file()
    }


def test_every_module_has_a_test_file_of_its_name():
    assert without_tests() - APART.keys() == set()
    assert all((trainer.ROOT / module).is_file() for module in APART)
