"""What can be installed besides."""

import tomllib

import pytest

import trainer
from trainer.ground.extras import EXTRAS, install, install_hint


def test_they_are_those_of_the_project():
    project = tomllib.loads((trainer.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name: tuple(needs) for name, needs in project["optional-dependencies"].items()}
    assert {name: declared[name] for name in EXTRAS} == EXTRAS


def test_requirements_are_quoted_since_shells_read_signs():
    assert install(["numpy>=2", "b<3,>=2"]) == 'python -m pip install "numpy>=2" "b<3,>=2"'
    assert install_hint("sklearn") == 'python -m pip install "scikit-learn>=1.6"'


def test_an_extra_that_there_is_not_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        install_hint("sci")
