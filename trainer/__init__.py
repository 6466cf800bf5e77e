"""Trains neural networks from a configuration, on an engine written in NumPy."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent
ROOT = _PACKAGE if (_PACKAGE / "configs").is_dir() else _PACKAGE.parent
"""The folder of models, datasets and configs: this one when installed from a wheel, else the checkout's."""

CONFIGS = ROOT / "configs"

if ROOT != _PACKAGE:
    __path__.append(str(ROOT))  # so that trainer.models is one package everywhere, and no other is hidden by its name
sys.path.append(str(_PACKAGE / "plugins"))  # where Hydra finds our sweeper

if TYPE_CHECKING:
    from trainer.runs.network import load as load
else:

    def __getattr__(name: str) -> object:
        if name == "load":  # on first use: it imports the whole engine, which the command line's errors can do without
            from trainer.runs.network import load

            return load
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
