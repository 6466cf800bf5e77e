"""The optional dependencies of pyproject.toml that users may want to install."""

from collections.abc import Sequence

EXTRAS = {
    "onnx": ("onnx>=1.17", "onnxruntime>=1.20"),
    "sklearn": ("scikit-learn>=1.6",),
    "umap": ("umap-learn>=0.5.9",),
    "tensorboard": ("tensorboardX>=2.6",),
    "mlflow": ("mlflow-skinny>=3.1",),
    "wandb": ("wandb>=0.20",),
    "trackio": ("trackio>=0.15",),
    "optuna": ("optuna>=4.2,<6",),
    "ray": ("hydra-ray-launcher>=1.2.2,<2", "ray>=2.40,<3"),
    "slurm": ("hydra-submitit-launcher>=1.2,<2", "submitit>=1.5,<2"),
    "joblib": ("hydra-joblib-launcher>=1.2,<2", "joblib>=1.4"),
    "table": ("polars>=1.30", "fastexcel>=0.12"),
}


def install(requirements: Sequence[str]) -> str:
    """Return the command that installs requirements."""
    return " ".join(["python -m pip install", *(f'"{requirement}"' for requirement in requirements)])


def install_hint(extra: str) -> str:
    """Return the command that installs an extra: the same for a checkout and for a wheel."""
    return install(EXTRAS[extra])
