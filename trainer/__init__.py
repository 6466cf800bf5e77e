"""Trains neural networks from a configuration, on an engine written in NumPy."""

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.api import configure, train
    from trainer.runs.network import load

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent
ROOT = _PACKAGE if (_PACKAGE / "configs").is_dir() else _PACKAGE.parent
"""The folder of models, datasets and configs: this one when installed from a wheel, else the checkout's."""

CONFIGS = ROOT / "configs"

if ROOT != _PACKAGE:
    __path__.append(str(ROOT))  # so that trainer.models is one package everywhere, and its name hides no other
sys.path.append(str(_PACKAGE / "plugins"))  # where Hydra finds our sweeper


_LAZY = {"configure": "trainer.api", "train": "trainer.api", "load": "trainer.runs.network"}
"""The module of each export, imported on first use: it loads the whole engine, which an error line does not need."""

__all__ = ["CONFIGS", "ROOT", "__version__", "configure", "load", "train"]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_LAZY]
