"""`trainer doctor`."""

import json
import os
import tomllib

import pytest

import trainer
from trainer.commands import doctor
from trainer.commands.doctor import NEEDED, main, slowed_by
from trainer.ground.extras import EXTRAS

PROJECT = trainer.ROOT / "pyproject.toml"


@pytest.fixture
def found(tmp_path, monkeypatch, capsys):
    """What it finds from an empty folder, with its exit code."""

    def ask(**environment):
        monkeypatch.chdir(tmp_path)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = main(["--json"])
        return code, json.loads(capsys.readouterr().out)

    return ask


def test_it_knows_what_the_project_requires():
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert [*NEEDED] == project["dependencies"]
    extras = {name: tuple(needs) for name, needs in project["optional-dependencies"].items()}
    assert {name: extras[name] for name in EXTRAS} == EXTRAS
    assert extras.keys() - EXTRAS.keys() == {"test", "fuzz", "bench"}


@pytest.mark.process
def test_all_is_well(found, tmp_path, monkeypatch):
    monkeypatch.delenv("TRAINER_DATA", raising=False)
    code, told = found()
    assert (code, told["problems"]) == (0, [])
    assert told["trainer"]["version"] == trainer.__version__
    assert all(told["packages"].values())
    assert told["outputs"]["writable"]
    assert told["blas"]["library"]
    assert told["machine"].keys() >= {"processor", "cores", "system"}
    assert told["data"]["digits"].endswith("digits.npz")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.process
def test_the_report_says_everything(found, monkeypatch):
    monkeypatch.delenv("TRAINER_DATA", raising=False)
    text = doctor.report(found()[1])
    for part in ("numpy ", "outputs", "extra onnx", "blas", "processor", "cores", "data mnist", "Everything that"):
        assert part in text


@pytest.mark.process
def test_data_that_the_user_named_and_is_not_there(found):
    code, told = found(TRAINER_DATA="nowhere")
    assert code == 1
    assert told["data"]["mnist"].startswith("broken: TRAINER_DATA: nowhere is not a folder")
    assert any(line.startswith("data=mnist: ") for line in told["problems"])
    assert "problem" in doctor.report(told)
    assert "Everything" not in doctor.report(told)


def test_outputs_that_cannot_be_written(found, tmp_path):
    (tmp_path / "outputs").write_text("a file is in the way")
    code, told = found()
    assert code == 1
    assert told["problems"] == [
        f"{tmp_path / 'outputs'} cannot be written (Not a directory); go elsewhere, or set hydra.run.dir=DIR"
    ]


def test_a_package_that_cannot_be_imported(found, monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED", {"no-such-package>=1": "no_such_package"})
    code, told = found()
    assert code == 1
    assert told["packages"] == {"no-such-package": None}
    assert told["problems"][0].endswith('; python -m pip install "no-such-package>=1"')
    assert "blas" not in told
    assert "no-such-package missing" in doctor.report(told)


@pytest.mark.process
def test_an_extra_that_is_missing_comes_with_its_command(found, monkeypatch):
    monkeypatch.setattr(doctor, "EXTRAS", {"rare": ("no-such-package>=1", "numpy>=2")})
    _, told = found()
    assert told["extras"]["rare"]["install"] == 'python -m pip install "no-such-package>=1" "numpy>=2"'


@pytest.mark.parametrize(
    ("environment", "blas", "expected"),
    [
        ({}, {}, ""),
        ({"OPENBLAS_CORETYPE": "Zen"}, {"kernel": "Zen", "own kernel": "Zen"}, ""),
        ({"OPENBLAS_CORETYPE": "Zen"}, {"kernel": "Zen", "own kernel": "SkylakeX"}, "OPENBLAS_CORETYPE=Zen: "),
        ({"OMP_NUM_THREADS": "1"}, {}, "OMP_NUM_THREADS=1: "),
        ({"OMP_NUM_THREADS": "4"}, {}, ""),
        ({"OMP_NUM_THREADS": "many"}, {}, ""),
        ({"NPY_DISABLE_CPU_FEATURES": "AVX2"}, {}, "NPY_DISABLE_CPU_FEATURES: "),
        ({"TRAINER_POISON": "1"}, {}, "TRAINER_POISON=1: "),
    ],
)
def test_what_slows_it(environment, blas, expected):
    lines = slowed_by(environment, blas, cores=4)
    assert len(lines) == bool(expected)
    assert not expected or (lines[0].startswith(expected) and "unset it" in lines[0])


def test_the_kernel_that_the_processor_would_have(found):
    if os.environ.get("OPENBLAS_CORETYPE"):
        pytest.skip("the library is loaded already, with a kernel of somebody's choice")
    _, told = found(OPENBLAS_CORETYPE="Haswell")
    assert told["blas"]["own kernel"] == told["blas"]["kernel"]
