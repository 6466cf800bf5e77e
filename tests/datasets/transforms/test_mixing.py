"""Examples that are mixed with others, against slow twins: one example at a time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets import CutMix, DataError, Dataset, Draw, Examples, Field, GaussianNoise, Loader, Mixup, RandomFlip
from trainer.datasets.handover import describe, restore
from trainer.datasets.transforms import Augmented, Mixed

COUNT, CLASSES = 60, 4
KINDS = [Mixup(0.4), CutMix(), Mixup(0.4, p=0.5), CutMix(p=0.5)]
each = pytest.mark.parametrize("mixing", KINDS, ids=lambda kind: f"{type(kind).__name__} p={kind.p}")
dtypes = pytest.mark.parametrize("dtype", [np.uint8, np.float32])


def targets(kind):
    rng = np.random.default_rng(1)
    return {
        "labels": rng.integers(CLASSES, size=COUNT),
        "many labels": rng.integers(2, size=(COUNT, CLASSES)).astype(np.float32),
        "values": rng.normal(size=(COUNT, 2)).astype(np.float32),
    }[kind]


def examples(dtype=np.uint8, kind="labels", weights=None):
    inputs = np.random.default_rng(0).integers(0, 256, (COUNT, 2, 5, 6)).astype(dtype)
    return Examples({"input": inputs} if weights is None else {"input": inputs, "weight": weights}, targets(kind))


def read(source, indices, seed=0, epoch=0):
    """Every field of the examples, as a network trains on them."""
    indices = np.asarray(indices)
    out = {name: np.empty((len(indices), *field.shape), field.dtype) for name, field in source.drawn.items()}
    source.read(indices, out, Draw(seed, epoch, indices))
    return out


def one_hot(target):
    return np.eye(CLASSES)[target] if target.dtype.kind == "i" else target.astype(float)


def twin_of_mixup(image, partner, alpha, p, numbers):
    """What numbers of one example make of it: the picture and λ."""
    own, u, v = numbers(), numbers(), numbers()
    share = 1.0
    if own < p:
        t = math.sqrt((1 - u) ** (-1 / alpha) - 1) * math.cos(2 * math.pi * v)
        share = 0.5 + 0.5 * t / math.sqrt(1 + t * t)
    mixed = share * image + (1 - share) * partner
    return np.rint(mixed) if image.dtype == np.uint8 else mixed, share


def twin_of_cut_mix(image, partner, alpha, p, numbers):
    """As in the code of the paper's authors: rand_bbox, then λ by the pixels."""
    _, share = twin_of_mixup(image, partner, alpha, p, numbers)
    _, height, width = image.shape
    tall, wide = int(height * math.sqrt(1 - share)), int(width * math.sqrt(1 - share))
    y, x = int(numbers() * height), int(numbers() * width)
    top, bottom = max(y - tall // 2, 0), min(y + tall // 2, height)
    left, right = max(x - wide // 2, 0), min(x + wide // 2, width)
    mixed = image.copy()
    mixed[:, top:bottom, left:right] = partner[:, top:bottom, left:right]
    return mixed, 1 - (bottom - top) * (right - left) / (height * width)


TWINS = {Mixup: twin_of_mixup, CutMix: twin_of_cut_mix}


def numbers_of(index, name, seed=0, epoch=0):
    """A function that gives the numbers of one example, one after the other."""
    draw = Draw(seed, epoch, np.array([index])).named(f"augment {name}")
    return lambda: float(draw.uniform()[0])


@each
@dtypes
@pytest.mark.parametrize("kind", ["labels", "many labels", "values"])
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weights"])
def test_mixing_equals_its_slow_twin(mixing, dtype, kind, weighted):
    weights = np.random.default_rng(2).choice([0.0, 0.5, 3.0], COUNT).astype(np.float32) if weighted else None
    stored = examples(dtype, kind, weights)
    found = read(Mixed(stored, mixing, "m", CLASSES), range(COUNT), seed=3, epoch=7)
    shares = []
    for index, (image, target) in enumerate(zip(stored.inputs, stored.targets, strict=True)):
        numbers = numbers_of(index, "m", seed=3, epoch=7)
        other = int(numbers() * COUNT)
        mixed, share = TWINS[type(mixing)](image, stored.inputs[other], mixing.alpha, mixing.p, numbers)
        np.testing.assert_allclose(found["input"][index], mixed, rtol=1e-5, atol=1e-3)
        own, its = (1.0, 1.0) if weights is None else (weights[index], weights[other])
        weight = share * own + (1 - share) * its
        if weighted:
            assert found["weight"][index] == pytest.approx(weight, rel=1e-5)
            share = share * own / weight if weight else share
        expected = share * one_hot(target) + (1 - share) * one_hot(stored.targets[other])
        np.testing.assert_allclose(found["target"][index], expected, rtol=1e-5, atol=1e-6)
        shares.append(share)
    assert min(shares) < 0.5 < max(shares)


@each
@dtypes
@given(picked=st.lists(st.integers(0, COUNT - 1), max_size=30))
def test_an_example_is_mixed_alike_in_whatever_batch_it_comes(mixing, dtype, picked):
    source = Mixed(Augmented(examples(dtype), {"flip": RandomFlip()}), mixing, "m", CLASSES)
    whole, part = read(source, range(COUNT)), read(source, np.array(picked, np.int64))
    for name, rows in part.items():
        assert rows.tobytes() == whole[name][picked].tobytes()


@each
def test_epochs_and_seeds_differ_and_nothing_is_mixed_without_numbers(mixing):
    stored = examples()
    before = stored.inputs.copy()
    source = Mixed(stored, mixing, "m", CLASSES)
    first = read(source, range(COUNT))
    for other in ({"epoch": 1}, {"seed": 1}):
        assert not np.array_equal(read(source, range(COUNT), **other)["input"], first["input"])
    np.testing.assert_array_equal(source.inputs, before)
    np.testing.assert_array_equal(source.targets, stored.targets)
    assert source.fields["target"] == Field((), "int64")


def test_what_is_never_mixed_stays():
    for mixing in (Mixup(p=0.0), CutMix(p=0.0)):
        for dtype in (np.uint8, np.float32):
            found = read(Mixed(examples(dtype), mixing, "m", CLASSES), range(COUNT))
            np.testing.assert_array_equal(found["input"], examples(dtype).inputs)
            np.testing.assert_array_equal(found["target"], one_hot(targets("labels")))


def test_a_partner_looks_as_it_does_itself_and_may_be_mixed_too():
    """Each mixture in turn: the partner of the second is a mixture of the first."""
    flipped = Augmented(examples(np.float32), {"flip": RandomFlip()})
    first = Mixed(flipped, Mixup(1.0), "one", CLASSES)
    alone, both = read(first, range(COUNT)), read(Mixed(first, Mixup(1.0), "other", CLASSES), range(COUNT))
    numbers = Draw(0, 0, np.arange(COUNT)).named("augment other")
    partners, _, share = numbers.integers(COUNT), numbers.coin(1), numbers.beta(1.0)
    for name, rows in ("input", (-1, 1, 1, 1)), ("target", (-1, 1)):
        own = share.reshape(rows)
        np.testing.assert_allclose(both[name], own * alone[name] + (1 - own) * alone[name][partners], rtol=1e-4)


def test_partners_come_from_the_whole_source_and_no_further():
    """A subset, as of a run with a limit, is mixed with itself only, in the same way before and after augmentation."""
    values = np.arange(1000, dtype=np.float32)
    stored = Examples(values[:, None], values[:, None])
    whole = Mixed(stored, Mixup(1.0), "m", None)
    lowest = [read(whole, np.arange(10), epoch=epoch)["input"] for epoch in range(20)]
    assert np.max(lowest) > 500
    few = Augmented(whole, {}).subset(np.array([3, 700, 701]))
    assert (len(few), few.drawn) == (3, whole.drawn)
    for epoch in range(50):
        found = read(few, np.arange(3), epoch=epoch)
        assert ((found["input"] >= 3) & (found["input"] <= 701)).all()
        np.testing.assert_allclose(found["input"], found["target"], rtol=1e-5)
    middle = read(few, np.arange(3), epoch=1)["input"]
    assert not np.isin(middle, values).all()


def test_partners_are_equally_likely():
    source = Mixed(Examples(np.eye(10, dtype=np.float32), np.arange(10)), Mixup(1.0), "m", 10)
    counts = np.zeros(10)
    for epoch in range(200):
        counts += read(source, np.arange(10), epoch=epoch)["target"].sum(axis=0)
    np.testing.assert_allclose(counts / 2000, 0.1, atol=0.015)


@each
def test_only_what_is_asked_for_is_filled(mixing):
    source, indices = Mixed(examples(), mixing, "m", CLASSES), np.arange(9)
    whole = read(source, indices)
    for name, field in source.drawn.items():
        out = {name: np.empty((9, *field.shape), field.dtype)}
        source.read(indices, out, Draw(0, 0, indices))
        np.testing.assert_array_equal(out[name], whole[name])


def test_a_loader_gives_distributions_in_training_and_labels_else():
    loader = Loader(Mixed(examples(), Mixup(), "m", CLASSES).subset(np.arange(20)))
    array, indices = np.empty((2, 5, 6, 7), np.float32), np.arange(7)
    mixed = loader.load(indices, array, draw=Draw(0, 0, indices))
    assert (mixed.shape, mixed.dtype) == ((CLASSES, 7), np.float32)
    np.testing.assert_allclose(mixed.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_array_equal(loader.load(indices, array), targets("labels")[:7])


def test_other_processes_mix_alike():
    source = Mixed(Augmented(examples(), {"flip": RandomFlip()}), CutMix(), "m", CLASSES)
    description, arrays = describe([source])
    (there,) = restore(description, [array.copy() for array in arrays])
    for name, rows in read(there, range(COUNT)).items():
        np.testing.assert_array_equal(rows, read(source, range(COUNT))[name])


class Set(Dataset):
    name = "set"

    def read(self):
        return examples(), examples()


def test_a_data_set_changes_training_examples_in_the_order_of_its_options():
    data = Set((2, 5, 6), CLASSES, augment={"flip": RandomFlip(), "mix": Mixup(), "after": RandomFlip(axis="vertical")})
    splits = data.load(0.2, np.random.default_rng(0))
    assert isinstance(splits.train, Augmented)
    assert isinstance(splits.train.source, Mixed)
    assert isinstance(splits.train.source.source, Augmented)
    assert splits.train.drawn["target"] == Field((CLASSES,))
    for part in (splits.validation, splits.test):
        assert part.drawn["target"] == Field((), "int64")


@pytest.mark.parametrize("label", [-1, CLASSES])
def test_labels_that_are_none_are_refused(label):
    stored = Examples(np.zeros((3, 2), np.float32), np.array([0, label, 1]))
    with pytest.raises(DataError, match=rf"the label {label} is outside 0..3; set data.num_classes or fix the data"):
        read(Mixed(stored, Mixup(), "m", CLASSES), [1])


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Mixup(0), r"alpha: 0 is not in \(0, inf\)"),
        (lambda: CutMix(p=2), r"p: 2 is not in \[0, 1\]"),
        (lambda: Set((9,), 2, augment={"mix": CutMix()}), r"augment\.mix: CutMix needs \[channels, height, width\]"),
        (
            lambda: Set({"input": Field((9,), "int64")}, 2, augment={"mix": Mixup()}),
            r"augment\.mix: Mixup is for pixels or other values, not integers; leave it out",
        ),
        (
            lambda: Set({"input": Field((9,), "int64")}, 2, augment={"noise": GaussianNoise()}),
            r"augment\.noise: GaussianNoise is for pixels or other values, not integers; leave it out",
        ),
        (
            lambda: Set({"a": Field((9,)), "b": Field((2,), "int64")}, 2, augment={"mix": Mixup()}),
            "augment: is for the data of a single input; leave it out",
        ),
    ],
)
def test_options_that_do_not_fit(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()
