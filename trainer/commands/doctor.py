"""`trainer doctor`: what is installed, how fast it can be, where it writes, and which data is here."""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from trainer import CONFIGS, ROOT, __version__
from trainer.commands.command import Parser, execute, printable
from trainer.ground.extras import EXTRAS, install
from trainer.ground.values import ConfigError

NEEDED = {
    "numpy>=2.1,<3": "numpy",
    "pyyaml>=6.0.1": "yaml",
    "hydra-core>=1.3.8,<1.4": "hydra",
    "tqdm>=4.66": "tqdm",
    "matplotlib>=3.9": "matplotlib",
    "pillow>=11.3": "PIL",
    "pooch>=1.8": "pooch",
    "safetensors>=0.5": "safetensors",
    "filelock>=3.16": "filelock",
    "threadpoolctl>=3.5": "threadpoolctl",
}
"""What pyproject.toml requires, each with the module to import."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 1 if something that training needs is broken."""
    parser = Parser("doctor")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> int:
    found = examine()
    print(json.dumps(found, indent=1) if options.json else report(found))
    return 1 if found["problems"] else 0


def examine() -> dict[str, Any]:
    """Return what was found, as plain values; `problems` lists what training needs and lacks, with the remedy."""
    problems: list[str] = []
    found: dict[str, Any] = {
        "trainer": {"version": __version__, "in": str(ROOT)},
        "python": {"version": platform.python_version(), "in": sys.executable},
        "packages": {_name(requirement): _package(requirement, problems) for requirement in NEEDED},
        "extras": {extra: _extra(requirements) for extra, requirements in EXTRAS.items()},
        "outputs": _outputs(problems),
    }
    if not problems:  # the rest needs these packages
        found |= {"machine": _machine(), "blas": _blas(), "data": _data(problems)}
        found["slowed by"] = slowed_by(os.environ, found["blas"], _cores())
        _share_memory(problems)
    return found | {"problems": problems}


def _name(requirement: str) -> str:
    return re.match(r"[\w-]+", requirement)[0]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _package(requirement: str, problems: list[str]) -> str | None:
    try:
        import_module(NEEDED[requirement])
    except Exception as error:  # whatever a broken installation raises
        problems.append(f"{_name(requirement)} cannot be imported ({error}); {install([requirement])}")
    return _version(_name(requirement))


def _extra(requirements: Sequence[str]) -> dict[str, Any]:
    versions = {_name(requirement): _version(_name(requirement)) for requirement in requirements}
    return {"packages": versions, "install": None if all(versions.values()) else install(requirements)}


def _outputs(problems: list[str]) -> dict[str, Any]:
    """Return whether runs can be written; nothing is left behind."""
    folder = Path("outputs").absolute()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        problems.append(f"{folder} cannot be written ({error.strerror}); go elsewhere, or set hydra.run.dir=DIR")
        return {"folder": str(folder), "writable": False}
    return {"folder": str(folder), "writable": True, "free bytes": shutil.disk_usage(there).free}


def _blas() -> dict[str, Any]:
    from trainer.engine.machine import blas

    found = blas()
    if "kernel" in found and "OPENBLAS_CORETYPE" in os.environ:
        found["own kernel"] = _own_kernel()
    return found


def _own_kernel() -> str | None:
    """Return the kernel that OpenBLAS chooses by itself."""
    code = "import numpy, threadpoolctl as t; print([l.get('architecture') for l in t.threadpool_info()][0])"
    clean = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    process = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=False)
    return process.stdout.strip() or None


def _machine() -> dict[str, str]:
    from trainer.engine.machine import machine

    return machine()


def _cores() -> int:
    from trainer.engine.processes.processes import cores

    return cores()


def _data(problems: list[str]) -> dict[str, str]:
    """Return where the examples of each choice of configs/data are, or what is wrong; nothing is downloaded."""
    from trainer import datasets
    from trainer.compose.configure import compose
    from trainer.compose.plain import plain
    from trainer.ground.targets import instantiate

    found = {}
    for file in sorted((CONFIGS / "data").glob("*.yaml")):
        try:
            spec = plain(compose([f"data={file.stem}"]).data)
            place = instantiate(spec, datasets.Dataset, "data").place()
            found[file.stem] = place or "not here; training downloads it"
        except datasets.DataError as error:
            found[file.stem] = f"broken: {error}"
            problems.append(f"data={file.stem}: {error}")
        except ConfigError:  # the first line of the file says what it wants
            found[file.stem] = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    return found


def _share_memory(problems: list[str]) -> None:
    """Try to share memory, as worker processes do."""
    from trainer.engine.processes.memory import SharedMemory

    try:
        memory = SharedMemory()
        memory.map({"array": ((1 << 18,), "<f4")})["array"][:] = 1
        memory.close()
    except OSError as error:
        problems.append(f"memory cannot be shared ({error.strerror}); train with parallel.workers=1")


def slowed_by(environment: Mapping[str, str], blas: Mapping[str, Any], cores: int) -> list[str]:
    """Return the environment variables that slow this program down, each with the remedy.

    Args:
        environment: Variables by name.
        blas: As `examine` returns it.
        cores: How many training would use.
    """
    found = []
    kernel, own = blas.get("kernel"), blas.get("own kernel")
    if kernel and own and kernel != own:
        found.append(f"OPENBLAS_CORETYPE={environment['OPENBLAS_CORETYPE']}: products run on the kernel {kernel}; "
                     f"this processor's own, {own}, may be twice as fast; unset it")
    found += [
        f"{name}={environment[name]}: evaluate and predict use this many threads on {cores} cores; unset it (training "
        "divides the cores by itself)"
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        if environment.get(name, "").isdecimal() and int(environment[name]) != cores
    ]
    if environment.get("NPY_DISABLE_CPU_FEATURES"):
        found.append("NPY_DISABLE_CPU_FEATURES: NumPy leaves out its fastest loops; unset it")
    if environment.get("TRAINER_POISON") == "1":
        found.append("TRAINER_POISON=1: every array is checked at every step; unset it unless you test a layer")
    return found


def report(found: dict[str, Any]) -> str:
    """Return what `examine` found, for the terminal."""
    outputs = found["outputs"]
    free = f", {outputs['free bytes'] / 1e9:.0f} GB free" if outputs["writable"] else ""
    rows = [
        ("trainer", f"{found['trainer']['version']} in {found['trainer']['in']}"),
        ("python", f"{found['python']['version']} in {found['python']['in']}"),
        ("packages", ", ".join(f"{name} {number or 'missing'}" for name, number in found["packages"].items())),
        ("outputs", f"{outputs['folder']}: {'writable' if outputs['writable'] else 'not writable'}{free}"),
    ]
    for name, extra in found["extras"].items():
        there = ", ".join(f"{package} {number}" for package, number in extra["packages"].items() if number)
        rows.append((f"extra {name}", f"not installed; {extra['install']}" if extra["install"] else there))
    if "blas" in found:
        blas = found["blas"]
        rows += found["machine"].items()
        rows.append(("blas", f"{blas['library'] or 'unknown'} {blas.get('version') or ''}".rstrip()))
        rows += [(f"data {name}", place) for name, place in found["data"].items()]
        rows += [("slowed by", line) for line in found["slowed by"]]
    rows += [("problem", line) for line in found["problems"]]
    width = max(len(name) for name, _ in rows)
    lines = [printable(f"{name:<{width}}  {value}") for name, value in rows]
    return "\n".join([*lines, "" if found["problems"] else "Everything that training needs is here."]).rstrip()
