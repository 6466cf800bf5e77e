"""The wheel in a new environment, beside another distribution's `datasets` package (Hugging Face's)."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import trainer
from tests.helpers.runs import TINY
from trainer.commands.new import STARTER

pytestmark = pytest.mark.process

pytest.importorskip("build")
pytest.importorskip("hatchling")


def call(*command, cwd, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HYDRA", "PYTHON"))}
    clean.update(OPENBLAS_NUM_THREADS="1", **environment)
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    process = call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=trainer.ROOT)
    assert process.returncode == 0, process.stdout + process.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A virtual environment with the wheel and a foreign `datasets`; the dependencies are this interpreter's."""
    folder = tmp_path_factory.mktemp("environment")
    process = call(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    assert process.returncode == 0, process.stderr
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", binaries / "python")
    process = call(*pip, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    assert process.returncode == 0, process.stderr
    packages = Path(call(
        binaries / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).stdout.strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    (packages / "datasets").mkdir()
    (packages / "datasets" / "__init__.py").write_text("FOREIGN = True\n")
    return binaries


def test_wheel_holds_everything_in_one_package(wheel):
    assert wheel.name.startswith("numpy_trainer-")  # `trainer` on the package index is another project
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"trainer"}
    files = [
        path.relative_to(trainer.ROOT).as_posix()
        for package in ("models", "datasets", "configs")
        for path in (trainer.ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert files
    assert {"trainer/py.typed", *(f"trainer/{name}" for name in files)} <= set(names)
    starter = [path for path in STARTER.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.relative_to(trainer.ROOT).as_posix() for path in starter} <= set(names)


def test_wheel_trains_beside_a_foreign_datasets(environment, tmp_path):
    """As a module; the script trains below."""
    process = call(environment / "python", "-m", "trainer", *TINY, "epochs=1", "seed=1", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (directory,) = (tmp_path / "outputs" / "mlp-digits").iterdir()
    assert (directory / "metrics.csv").read_text().count("\n") == 2


def test_wheel_sweeps(environment, tmp_path):
    alone = ("parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")
    options = (*TINY, *alone, "epochs=1", "seed=1,2", "hydra.sweep.dir=sweep")
    process = call(environment / "trainer", "-m", *options, cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "sweep/summary.csv").read_text().count("\n") == 3


def test_errors_of_the_wheel_name_its_files(environment, tmp_path):
    process = call(environment / "trainer", "optimizer=adm", cwd=tmp_path)
    assert process.stderr == "error: optimizer=adm: no such file configs/optimizer/adm.yaml; did you mean 'adam'?\n"


@pytest.mark.parametrize("imports", ["import datasets, models, trainer", "import trainer, datasets, models"])
def test_no_name_hides_that_of_another_package(environment, imports, tmp_path):
    """A package called datasets that is installed, and models.py in the user's own folder, in any order."""
    (tmp_path / "models.py").write_text("MINE = True\n")
    code = f"{imports}; assert datasets.FOREIGN; assert models.MINE; from trainer.models.autograd import Variable; "
    process = call(environment / "python", "-c", code + "print(Variable.__module__)", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "trainer.models.autograd.variable\n"
