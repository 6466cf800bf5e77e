"""Finds out why values are not finite: because of the data, or because of training."""

from collections.abc import Iterable

import numpy as np

from trainer.engine.shard import Shard

FIX = "fix the data"
LOWER = "lower optimizer.lr or set clip_norm"
UNTRAINED = "nothing is learned yet: look at this layer or loss, the initial weights and the scale of the inputs"


def blame(shard: Shard, split: str, batches: Iterable[np.ndarray], fault: str, known: str, lr: float | None) -> str:
    """Return why values are not finite, and the remedy: the data if they are at fault, else `fault`.

    Args:
        shard: The shard of this process.
        split: That of the examples.
        batches: Indices of the examples in question.
        fault: What is not finite.
        known: Figures that help to explain it.
        lr: The learning rate of the last update; None: there was none.
    """
    if faulty := _in_data(shard, split, batches):
        return f"{faulty}; {FIX}"
    more = [known] if known else []
    more += [f"learning rate {lr:g}"] if lr is not None else []
    store = shard.parameters
    learned = (name for name in store if store.declared[name].trainable)
    more += [f"{name} not finite" for name in learned if not np.isfinite(store[name]).all()][:1]
    details = f" ({', '.join(more)})" if more else ""
    return f"{fault}{details}; {UNTRAINED if lr is None else LOWER}"


def _in_data(shard: Shard, split: str, batches: Iterable[np.ndarray]) -> str | None:
    """Return the first example whose input or target is not finite, as the network gets it; None if all are finite."""
    loader, dtype = shard.loaders[split], shard.parameters.dtype
    for indices in batches:
        given = shard.graph.inputs.items()
        inputs = {name: np.empty((*each.shape, len(indices)), each.dtype or dtype) for name, each in given}
        targets = loader.load(indices, *inputs.values())
        for field, values in (*inputs.items(), ("target", targets)):
            faulty = ~np.isfinite(values)
            examples = faulty.reshape(-1, len(indices)).any(axis=0)
            if examples.any():
                place = examples.argmax()
                value = values[..., place][faulty[..., place]].flat[0]
                return f"the {field} of {split} example {indices[place]} holds {value}, not a finite {dtype}"
    return None
