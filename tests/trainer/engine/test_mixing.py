"""Training on mixed examples: gradients against PyTorch's with both targets, figures, limits."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.helpers.training import small_config, train
from trainer.commands.evaluate import evaluate
from trainer.datasets import Augmentation, Dataset, Draw, Examples, Mixing
from trainer.engine.setup import Setup
from trainer.ground.errors import ConfigError
from trainer.runs.network import load

COUNT = 40
INDICES = np.arange(5, 21)
LAYERS = {"head": {"_target_": "models.Linear", "out_features": 3}}
MIXUP = {"_target_": "datasets.Mixup", "alpha": 1.0}


class Points(Dataset):
    """Points of three classes, of three labels or of three values."""

    name = "points"

    def __init__(
        self,
        kind: str,
        weighted: bool = False,
        augment: Mapping[str, Augmentation | Mixing] | None = None,
        problem: str | None = None,
    ) -> None:
        self.problem = "trainer.problems.MultiLabel" if kind == "labels" else problem
        super().__init__((4,), None if kind == "values" else 3, augment=augment)
        self.kind, self.weighted = kind, weighted

    def read(self) -> tuple[Examples, Examples]:
        rng = np.random.default_rng(0)
        arrays = {"input": rng.normal(size=(COUNT, 4)).astype(np.float32)}
        if self.weighted:
            arrays["weight"] = rng.choice([0.0, 0.5, 3.0], COUNT).astype(np.float32)
        targets = {
            "classes": rng.integers(3, size=COUNT),
            "labels": rng.integers(2, size=(COUNT, 3)).astype(np.float32),
            "values": rng.normal(size=(COUNT, 3)).astype(np.float32),
        }
        examples = Examples(arrays, targets[self.kind])
        return examples, examples


def config(kind, *overrides, weighted=False, **more):
    options = ("precision=float64", "validation=0.0", "batch_size=16", "allow=[tests]", *overrides)
    data = {"_target_": f"{__name__}.Points", "kind": kind, "weighted": weighted, "augment": {"mix": MIXUP}}
    return small_config(*options, data=data, model={"layers": LAYERS}, **more)


def cross_entropy(F, z, t, **options):
    return F.cross_entropy(z, t, reduction="none", **options)


def focal(F, z, t):
    log_p = F.log_softmax(z, dim=1).gather(1, t[:, None])[:, 0]
    return -((1 - log_p.exp()) ** 2) * log_p


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weights"])
@pytest.mark.parametrize(
    ("kind", "overrides", "of"),
    [
        ("classes", [], cross_entropy),
        (
            "classes", ["loss=cross_entropy", "loss.label_smoothing=0.1"],
            lambda F, z, t: cross_entropy(F, z, t, label_smoothing=0.1),
        ),
        (
            "classes", ["loss=cross_entropy", "loss.class_weights=[1,2,0.5]"],
            lambda F, z, t: cross_entropy(F, z, t, weight=z.new_tensor([1, 2, 0.5])),
        ),
        ("classes", ["loss=focal"], focal),
        ("labels", [], lambda F, z, t: F.binary_cross_entropy_with_logits(z, t, reduction="none").mean(dim=1)),
        ("values", [], lambda F, z, t: F.mse_loss(z, t, reduction="none").mean(dim=1)),
    ],
    ids=["cross-entropy", "smoothed", "class weights", "focal", "labels", "squared"],
)  # fmt: skip
def test_gradients_are_those_of_both_targets_by_their_shares(kind, overrides, of, weighted):
    """An example counts λ w times with its own target and (1 − λ) w' times with its partner's."""
    torch = pytest.importorskip("torch")
    setup = Setup(config(kind, *overrides, weighted=weighted))
    splits, store = setup.splits(), setup.parameters()
    before = {name: store[name].copy() for name in store}
    setup.shard(store, splits).train(INDICES, 0.0, 1, epoch=4)

    draw = Draw(setup.seed, 4, INDICES).named("augment mix")
    partners, _, share = draw.integers(COUNT), draw.coin(1), torch.tensor(draw.beta(1.0))
    x, t = splits.train.inputs.astype(np.float64), splits.train.targets
    w = splits.train.read_all("weight").astype(np.float64) if weighted else np.ones(COUNT)
    x, t, w = torch.tensor(x), torch.tensor(t if kind == "classes" else t.astype(np.float64)), torch.tensor(w)
    mixed = share[:, None] * x[INDICES] + (1 - share)[:, None] * x[partners]
    p = {name: torch.tensor(value, requires_grad=True) for name, value in before.items()}
    z = mixed.float().double() @ p["head.weight"].T + p["head.bias"]
    own, its = (of(torch.nn.functional, z, t[places]) for places in (INDICES, partners))
    ((share * w[INDICES] * own + (1 - share) * w[partners] * its).sum() / len(INDICES)).backward()
    for name in store:
        np.testing.assert_allclose(store.gradient(name), p[name].grad.numpy(), rtol=1e-4, atol=1e-6)


def test_accuracy_counts_the_target_with_the_larger_share():
    setup = Setup(config("classes"))
    splits, store = setup.splits(), setup.parameters()
    shard = setup.shard(store, splits)
    tally = shard.train(INDICES, 0.0, 1)
    targets = shard.loaders["train"].load(INDICES, np.empty((4, 16)), draw=Draw(setup.seed, 0, INDICES))
    outputs = shard.workspace.active[-1].output
    assert tally.sums["correct"] == np.count_nonzero(outputs.argmax(axis=0) == targets.argmax(axis=0))
    assert ((targets > 0.01) & (targets < 0.99)).any()


def test_a_run_is_validated_and_evaluated_on_examples_as_they_are(tmp_path):
    """So the figures on its training examples, too, are those of a run that mixes nothing."""
    mixed = config("classes") | {"epochs": 1}
    result = train(mixed, tmp_path / "run")
    network = load(tmp_path / "run", ["tests"])
    found = evaluate(network, "test")
    assert {name: found[name] for name in ("loss", "accuracy")} == result["test"]
    assert evaluate(network, "train")["confusion"] == found["confusion"]  # which are the same examples


def test_a_problem_of_ones_own_that_takes_labels_only(tmp_path):
    own = config("classes")
    own["data"]["problem"] = "tests.contracts.test_problem.Ordinal"
    own["model"] = {"layers": {"head": {"_target_": "models.Linear", "out_features": 2}}}
    own["loss"] = {}
    with pytest.raises(ConfigError, match="mixed labels become shares of classes, which Ordinal does not") as caught:
        train(own, tmp_path / "run")
    assert caught.value.key == "data.augment"


def test_a_limit_limits_the_partners_too():
    setup = Setup(config("values", limit={"train": 3}))
    splits = setup.splits()
    stored, targets = splits.train.targets, []
    for epoch in range(30):
        out = {name: np.empty((3, *field.shape), field.dtype) for name, field in splits.train.drawn.items()}
        splits.train.read(np.arange(3), out, Draw(0, epoch, np.arange(3)))
        targets.append(out["target"])
    found = np.concatenate(targets)
    assert (found <= stored.max(axis=0) + 1e-6).all()
    assert (found >= stored.min(axis=0) - 1e-6).all()
