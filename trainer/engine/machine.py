"""What a result was obtained on: versions, and the machine."""

import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from trainer import __version__
from trainer.engine.processes.processes import cores

CPUINFO = Path("/proc/cpuinfo")


def versions() -> dict[str, str]:
    """Return the versions on which the bits of a result depend, besides config and seed."""
    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "trainer": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{built.get('name', 'unknown')} {built.get('version', '')}".strip(),
    }


def machine() -> dict[str, str]:
    """Return what this machine is, in words: the kernel of its BLAS, its processor, cores, memory and system.

    What cannot be found out is left out.
    """
    used, all_cores = cores(), os.cpu_count()
    found = {
        "blas kernel": blas().get("kernel"),
        "processor": processor(),
        "cores": f"{used} for training, of {all_cores} that the system counts" if used != all_cores else str(used),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
    }
    return {name: value for name, value in found.items() if value}


def processor() -> str:
    """Return the model of the processor; if the system does not tell it, its kind, such as "arm64"."""
    model = os.environ.get("PROCESSOR_IDENTIFIER", "")  # Windows
    with suppress(OSError, subprocess.SubprocessError):
        if platform.system() == "Darwin":
            asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            model = subprocess.run(asked, capture_output=True, text=True, timeout=1, check=True).stdout
        elif CPUINFO.exists():
            with CPUINFO.open(encoding="utf-8", errors="replace") as lines:  # some KB for each of many cores
                model = next((line.partition(":")[2] for line in lines if line.startswith("model name")), "")
    return model.strip() or platform.machine()


def blas() -> dict[str, Any]:
    """Return NumPy's library for matrix products: "library", "version", and the "kernel" chosen for this processor.

    The library is None if it is not a known one.
    """
    found = next((each for each in threadpool_info() if each["user_api"] == "blas"), None)
    if found is None:
        return {"library": None}
    return {"library": found["internal_api"], "version": found["version"], "kernel": found.get("architecture")}


def _memory() -> str:
    """Return the size of the memory, "7.8 GB"; empty if the system does not tell it."""
    with suppress(AttributeError, OSError, ValueError):
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB"
    return ""
