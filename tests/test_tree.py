"""The tests mirror the tree: whoever changes a module finds its tests under its name."""

from pathlib import Path

import trainer

TESTS = Path(__file__).parent
ROOMS = ("trainer", "models", "datasets")
LOSSES = ("absolute_error", "binary_cross_entropy", "cross_entropy", "expression", "focal", "loss", "squared_error")
TRANSFORMS = (
    *("color_jitter", "gaussian_noise", "pad", "random_affine", "random_crop", "random_erasing", "resize"),
    *("transform", "transformed"),
)
EXPLAINED = ("backward", "forward", "losses", "passes")
FINDINGS = (
    *("dead_units", "diverged", "leak", "learns_nothing", "mislabelled", "never_predicted", "no_better_than_baseline"),
    *("not_converged", "overconfident", "overfitting", "plateau", "rate_too_high", "saturated_units"),
    *("unknown_characters", "unused_columns", "update_size", "vanishing_gradients", "worse_in_test"),
)
APART = {
    "trainer/evaluate.py": "the old spelling of a verb; see tests/trainer/commands/test_main.py",
    "trainer/plots.py": "the same",
    "trainer/predict.py": "the same",
    "trainer/resume.py": "the same",
    "trainer/ground/console.py": "see tests/trainer/test_surroundings.py",
    "trainer/commands/starter/my_package/data.py": "a template; see tests/trainer/commands/test_new.py",
    "trainer/commands/starter/my_package/layers.py": "the same",
    "trainer/commands/starter/test_layers.py": "the same",
    **{f"trainer/pages/explain/{name}.py": "see tests/trainer/pages/explain/test_document.py" for name in EXPLAINED},
    "models/errors.py": "errors of trainer/ground/errors.py under another name",
    "datasets/errors.py": "the same",
    "models/layer.py": "the base class; see tests/models/test_contract.py",
    "models/kernels/columns.py": "all ways to convolve are tested alike; see tests/models/kernels/test_convolution.py",
    "models/autograd/diagram.py": "see tests/trainer/views/test_graph.py",
    "models/autograd/functions.py": "names of functions that are tested where they are defined",
    "models/autograd/operators.py": "see tests/models/autograd/test_arithmetic.py",
    **{f"models/losses/{name}.py": "all losses are tested alike; see tests/models/test_losses.py" for name in LOSSES},
    "models/losses/class_weighted.py": "see tests/models/test_class_weights.py",
    **{
        f"trainer/pages/report/{name}.py": "all findings are tested alike; see findings/test_findings.py"
        for name in ("finding", *(f"findings/{name}" for name in FINDINGS))
    },
    "datasets/examples.py": "see tests/datasets/test_source.py",
    "datasets/readers/arrays.py": "see tests/datasets/sets/test_arrays.py",
    "datasets/readers/npz.py": "see tests/datasets/sets/test_digits.py",
    **{f"datasets/transforms/{name}.py": "see test_transforms.py and test_augmentations.py" for name in TRANSFORMS},
    **{f"datasets/transforms/{name}.py": "see test_mixing.py" for name in ("cut_mix", "mixup")},
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
