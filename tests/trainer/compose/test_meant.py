"""What was meant by a key that does not exist."""

import pytest

from trainer.compose.meant import SYNONYMS, meant

CONFIG = {
    "epochs": 3,
    "optimizer": {"_target_": "x", "lr": 1, "weight_decay": 0},
    "model": {"layers": {"drop1": {"p": 0.5}, "a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1}, "d": {"k": 1}}},
    "callbacks": {"early": {"patience": 1}},
    "hydra": {"lr": 1},
}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("lr", "; did you mean 'optimizer.lr'?"),
        ("learning_rate", "; did you mean 'optimizer.lr'?"),
        ("early.patience", "; did you mean 'callbacks.early.patience'?"),
        ("dropout", "; did you mean 'model.layers.drop1.p'?"),
        ("max_epochs", "; did you mean 'epochs'?"),
        ("drop1", "; did you mean 'model.layers.drop1'?"),
        ("k", "; did you mean 'model.layers.a.k' or 'model.layers.b.k' or 'model.layers.c.k'?"),
        ("epocs", "; did you mean 'epochs'?"),
        ("zzz", "; choose one of: epochs, optimizer, model, callbacks"),
    ],
)
def test_the_end_of_the_line(key, expected):
    assert meant(key, CONFIG) == expected


def test_within_a_part():
    assert meant("a.k", CONFIG["model"], "model") == "; did you mean 'model.layers.a.k'?"


def test_other_words_are_not_ours():
    from trainer import configure

    config = configure("data=mnist", "optimizer=sgd", "loss=cross_entropy")
    assert not SYNONYMS.keys() & {*config, *config.optimizer, *config.loss, *config.parallel}
