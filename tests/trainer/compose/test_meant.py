"""What somebody may have meant."""

import pytest

from trainer.compose.meant import meant

CONFIG = {
    "epochs": 3,
    "optimizer": {"_target_": "trainer.optimizers.Adam", "lr": 0.1, "weight_decay": 0.0},
    "model": {"layers": {"fc1": {"out_features": 3}, "drop1": {"p": 0.5}, "drop2": {"p": 0.5}}},
    "hydra": {"job": {"name": "x"}, "verbose": False},
}


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("lr", "; did you mean 'optimizer.lr'?"),
        ("learning_rate", "; did you mean 'optimizer.lr'?"),
        ("max_epochs", "; did you mean 'epochs'?"),
        ("fc1.out_features", "; did you mean 'model.layers.fc1.out_features'?"),
        ("dropout", "; did you mean 'model.layers.drop1.p' or 'model.layers.drop2.p'?"),
        ("epocs", "; did you mean 'epochs'?"),  # a name like it
        ("optimiser.lr", "; did you mean 'optimizer'?"),
    ],
)
def test_keys_that_end_so_else_names_like_it(key, found):
    assert meant(key, CONFIG) == found


@pytest.mark.parametrize("key", ["_target_", "job.name", "verbose"])
def test_what_is_none_of_the_users_options_is_not_suggested(key):
    assert "did you mean" not in meant(key, CONFIG)


def test_keys_are_told_whole_wherever_the_search_begins():
    assert meant("p", CONFIG["model"], "model") == (
        "; did you mean 'model.layers.drop1.p' or 'model.layers.drop2.p'?"
    )


def test_no_more_than_three_are_suggested():
    layers = {f"drop{number}": {"p": 0.5} for number in range(9)}
    assert meant("p", layers).count("'drop") == 3
