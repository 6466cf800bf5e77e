"""Trains neural networks from a configuration, on an engine written in NumPy."""

import sys
from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent
ROOT = _PACKAGE / "_bundle" if (_PACKAGE / "_bundle").is_dir() else _PACKAGE.parent
"""The folder of models, datasets and configs: inside the package when installed from a wheel, else the checkout."""

CONFIGS = ROOT / "configs"


def _claim_names() -> None:
    """Makes `models` and `datasets` mean ours: Hugging Face for one has a package of such a name."""
    for name in ("models", "datasets"):
        module = sys.modules.get(name)
        places = [Path(place).resolve() for place in getattr(module, "__path__", [])]
        if module is not None and ROOT / name not in places:
            origin = places[0] if places else getattr(module, "__file__", "a module of unknown origin")
            sys.exit(f"error: another '{name}' package is already imported ({origin}); import trainer before it")
    if str(ROOT) not in sys.path[:1]:
        sys.path.insert(0, str(ROOT))


_claim_names()
sys.path.append(str(_PACKAGE / "plugins"))  # where Hydra finds our sweeper


def __getattr__(name: str) -> object:
    if name == "load":  # on first use: it imports the whole engine, which the command line's errors can do without
        from trainer.network import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
