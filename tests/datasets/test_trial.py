"""Mistakes of a user-defined data set are one line before training."""

import numpy as np
import pytest

from trainer.datasets import DataError, Dataset, Examples, Field, Source, Splits, Subset

N = 30
INPUTS = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
LABELS = np.arange(N) % 3


class Own(Dataset):
    """Gives what it is told to."""

    name = "own"

    def __init__(self, parts, shape=(4,), num_classes=3):
        super().__init__(shape, num_classes)
        self.parts = parts

    def read(self):
        return self.parts


class Rows(Source):
    """Reads right, or with a mistake."""

    def __init__(self, mistake="", count=N):
        self.mistake, self.count = mistake, count
        self.fields = {"input": Field((4,)), "target": Field((), "int64")}

    def __len__(self):
        return self.count

    def read(self, indices, out, draw):
        if "target" in out and self.mistake != "no target":
            out["target"][...] = LABELS[indices] + 7 * (self.mistake == "label") * (indices == 22)
        if "input" in out or self.mistake == "always":
            rows = INPUTS[indices]
            if self.mistake == "nan":
                rows[indices == N - 1] = np.nan
            if self.mistake == "random":
                rows += np.random.default_rng().normal(size=rows.shape)
            if self.mistake == "returned":
                return rows
            out["input"][:, : 3 if self.mistake == "a part" else 4] = rows[:, : 3 if self.mistake == "a part" else 4]
        return None


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


FINE = Examples(INPUTS, LABELS)
NOT_READ = "; return training and test examples, each a Source such as Examples, or Splits of all three"
MISTAKES = {
    "nothing": (None, "own: its read returns nothing" + NOT_READ),
    "one part": (FINE, "own: its read returns Examples" + NOT_READ),
    "three parts": ((FINE, FINE, FINE), "own: its read returns (Examples, Examples, Examples)" + NOT_READ),
    "arrays": ((INPUTS, LABELS), "own: its read returns (ndarray, ndarray)" + NOT_READ),
    "no examples": ((FINE.take([]), FINE), "own: train has no examples; fix its read, or the __len__ of Examples"),
    "another shape": (
        (FINE, Examples(INPUTS[:, :3], LABELS)),
        "own: its examples have input [3], not input [4] as it declares; fix its read, or the shape that it declares",
    ),
    "NaN in an input": (
        (FINE, Examples(changed(INPUTS, (17, 2), np.nan), LABELS)),
        "own: test example 17: its input is not finite; fix it or leave it out",
    ),
    "a label out of range": (
        Splits(FINE, Subset(Examples(INPUTS, changed(LABELS, 9, 3)), np.arange(5, 15)), FINE),
        "own: validation example 4: the label 3 is outside 0..2; fix it, or set data.num_classes",
    ),
    "a label that a source reads": (
        (Rows("label"), Rows()),
        "own: train example 22: the label 8 is outside 0..2; fix it, or set data.num_classes",
    ),
    "a source that is not finite": (
        (Rows(), Rows("nan")), "own: test example 29: its input is not finite; fix it or leave it out",
    ),
    "a source that returns": (
        (Rows("returned"), Rows()),
        "own: train example 0: its read does not fill its input; write to out['input'][...], what read returns is not "
        "used",
    ),
    "a source that forgets a part": (
        (Rows("a part"), Rows()),
        "own: train example 0: its read does not fill its input; write to out['input'][...], what read returns is not "
        "used",
    ),
    "a source that forgets the target": (
        (Rows("no target"), Rows()),
        "own: train example 0: its read does not fill its target; write to out['target'][...], what read returns is "
        "not used",
    ),
    "a source that draws by itself": (
        (Rows("random"), Rows()),
        "own: train example 0: its read gives another input when it is read again; draw at random from `draw` alone, "
        "where it is given",
    ),
    "a source that reads too much": (
        (Rows("always"), Rows()),
        "own: train: its read takes out['input'] where only the target is wanted; ask first, if 'input' in out",
    ),
}  # fmt: skip


def load(dataset):
    return dataset.load(0.0, np.random.default_rng(0))


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    parts, message = MISTAKES[name]
    with pytest.raises(DataError) as refused:
        load(Own(parts))
    assert str(refused.value) == message


def test_types():
    words = Rows()
    words.fields |= {"input": Field((4,), "U3")}
    with pytest.raises(DataError, match=r"own: train: its input is of type <U3; give numbers"):
        load(Own((words, Rows())))
    with pytest.raises(DataError, match=r"own: train: its input is float32, not int64 as the data set says; give that"):
        load(Own((Rows(), Rows()), {"input": Field((4,), "int64")}))


def test_a_length_that_is_too_large_fails_in_its_own_code():
    with pytest.raises(IndexError, match="out of bounds"):
        load(Own((Rows(count=N + 1), Rows())))


@pytest.mark.parametrize("parts", [(FINE, FINE), (Rows(), Rows()), Splits(FINE, Rows(), Subset(Rows(), np.arange(0)))])
def test_what_is_right_is_taken(parts):
    splits = load(Own(parts))
    np.testing.assert_array_equal(splits.train.inputs, INPUTS)


def test_values_need_not_be_labels():
    far = Examples(INPUTS, INPUTS[:, :2] * 100)
    assert load(Own((far, far), num_classes=None)).train.targets.shape == (N, 2)
    with pytest.raises(DataError, match="train example 3: its target is not finite"):
        load(Own((Examples(INPUTS, changed(INPUTS, (3, 0), np.inf)), far), num_classes=None))
