"""A small checkpoint for tests to damage."""

import numpy as np

from trainer.runs.checkpoint import Checkpoint


def small(step: int = 7, size: int = 3) -> Checkpoint:
    """Return a checkpoint after `step`, of 5 steps per epoch, whose numbers follow from `step`."""
    epoch = step // 5
    row = {"epoch": 1, "train_loss": 0.1 + step, "val_loss": 1 / 3, "val_accuracy": None}
    weight = np.full((2, size), step, np.float32)
    return Checkpoint(
        tensors={"fc1.weight": weight, "norm1.running_mean": weight[0] / 3, "optimizer/momentum/fc1.weight": -weight},
        metadata={
            "config": {"epochs": 2, "model": {"layers": {"fc1": {"_target_": "models.Linear"}}}},
            "fingerprint": "0f" * 32,
            "epoch": epoch,
            "step": step,
            "steps_per_epoch": 5,
            "tally": {"samples": 128, "loss": 0.1 + 0.2, "correct": None},
            "seconds": {"run": 1.5, "epoch": 0.5},
            "history": [row | {"epoch": number + 1} for number in range(epoch)],
            "best": {"epoch": 1, "val_loss": 1 / 3, "val_accuracy": None},
            "generators": {"drop1": np.random.Generator(np.random.PCG64(step)).bit_generator.state},
        },
    )


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    """Assert that both are equal, bit for bit."""
    assert one.metadata == other.metadata
    assert one.tensors.keys() == other.tensors.keys()
    for name, array in one.tensors.items():
        assert array.dtype == other.tensors[name].dtype
        assert array.shape == other.tensors[name].shape
        assert array.tobytes() == other.tensors[name].tobytes()
