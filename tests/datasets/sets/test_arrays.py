"""Users' arrays: what they are taken for, and what is refused."""

import numpy as np
import pytest

from trainer.datasets import Arrays, DataError, Pad, RandomFlip

N = 40
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (N, 6, 5), dtype=np.uint8)
LABELS = np.arange(N) % 3
VALUES = RNG.normal(size=(N, 4))


def npz(folder, **arrays):
    np.savez(folder / "mine.npz", **arrays)
    return {"file": folder / "mine.npz"}


def pair(folder, inputs, targets):
    np.save(folder / "x.npy", inputs)
    np.save(folder / "y.npy", targets)
    return {"inputs": folder / "x.npy", "targets": folder / "y.npy"}


def folder_of(folder, **arrays):
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return {"file": folder}


def load(dataset, validation=0.25, seed=0):
    return dataset.load(validation, np.random.default_rng(seed))


@pytest.mark.parametrize(
    "files",
    [
        lambda folder: npz(folder, inputs=IMAGES, targets=LABELS),
        lambda folder: npz(folder, x_train=IMAGES, y_train=LABELS.astype(np.uint8)),
        lambda folder: pair(folder, IMAGES, LABELS[:, None]),
        lambda folder: folder_of(folder, inputs=np.asfortranarray(IMAGES), targets=LABELS),
    ],
    ids=["npz", "as Keras has them", "two files", "folder"],
)
def test_labelled_images(tmp_path, files):
    dataset = Arrays(**files(tmp_path), test=0.1)
    assert (dataset.shape, dataset.num_classes, dataset.class_names) == ((1, 6, 5), 3, ("0", "1", "2"))
    splits = load(dataset)
    parts = splits.train, splits.validation, splits.test
    assert [*map(len, parts)] == [27, 9, 4]
    seen = np.concatenate([part.inputs for part in parts])
    assert seen.shape == (N, 1, 6, 5)
    assert sorted(map(bytes, seen)) == sorted(map(bytes, IMAGES))
    for part in parts:
        assert part.targets.dtype == np.int64
        where = [next(i for i in range(N) if np.array_equal(IMAGES[i], image[0])) for image in part.inputs]
        np.testing.assert_array_equal(part.targets, LABELS[where])


def test_the_test_is_the_same_in_every_run(tmp_path):
    dataset = Arrays(**npz(tmp_path, inputs=IMAGES, targets=LABELS))
    one, other = load(dataset, seed=1), load(dataset, seed=2)
    np.testing.assert_array_equal(one.test.inputs, other.test.inputs)
    assert not np.array_equal(one.validation.inputs, other.validation.inputs)


def test_no_test_at_all(tmp_path):
    splits = load(Arrays(**npz(tmp_path, inputs=IMAGES, targets=LABELS), test=0.0))
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [30, 10, 0]


@pytest.mark.parametrize("values", [VALUES, VALUES[:, 0]], ids=["several", "one"])
@pytest.mark.parametrize("files", [lambda folder, *xy: npz(folder, inputs=xy[0], targets=xy[1]), pair])
def test_floats_are_values(tmp_path, values, files):
    """(N,) of them are one value each: taken for labels a network would learn nothing."""
    dataset = Arrays(**files(tmp_path, VALUES, values))
    assert (dataset.shape, dataset.num_classes) == ((4,), None)
    train = load(dataset, validation=0.0).train
    assert train.targets.shape == (36, values.size // N)
    np.testing.assert_array_equal(train.inputs[:, :1], train.targets[:, :1])


def test_standardised_values(tmp_path):
    dataset = Arrays(**npz(tmp_path, inputs=VALUES, targets=VALUES), target_mean=[0, 1, 2, 3], target_std=[1, 2, 3, 4])
    train = load(dataset, validation=0.0).train
    np.testing.assert_allclose(train.targets, (train.inputs - [0, 1, 2, 3]) / [1, 2, 3, 4], rtol=1e-6)
    assert train.targets.dtype == np.float32


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"target_mean": [0], "target_std": [1]}, r"data.target_std: has 1 numbers but a target the shape \[4\]"),
        ({"target_std": [1]}, "target_std: give target_mean too"),
        ({"target_mean": [0], "target_std": [0]}, r"target_std: \[0\] are not all positive"),
        ({"target_mean": "auto", "target_std": "auto"}, "target_std: auto is resolved only in a run"),
    ],
)
def test_numbers_that_standardise_nothing(tmp_path, options, problem):
    with pytest.raises((ValueError, DataError), match=problem):
        load(Arrays(**npz(tmp_path, inputs=VALUES, targets=VALUES), **options))


def test_validation_and_test_arrays(tmp_path):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_val": IMAGES[:9], "y_val": LABELS[:9],
              "x_test": IMAGES[:5], "y_test": np.array([0, 1, 2, 3, 7])}
    dataset = Arrays(**npz(tmp_path, **arrays))
    assert dataset.num_classes == 8  # the largest label is a test example's
    splits = load(dataset)
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [N, 9, 5]
    np.testing.assert_array_equal(splits.validation.inputs[:, 0], IMAGES[:9])


def test_npy_files_stay_mapped(tmp_path):
    options = {"transforms": {"pad": Pad(1)}, "augment": {"flip": RandomFlip(p=1)}}
    train = load(Arrays(**pair(tmp_path, IMAGES, LABELS), **options)).train
    source = train
    while not hasattr(source, "arrays"):
        source = source.source
    assert isinstance(source.arrays["input"], np.memmap)
    assert train.fields["input"].shape == (1, 8, 7)
    whole = load(Arrays(**npz(tmp_path, inputs=IMAGES, targets=LABELS), transforms={"pad": Pad(1)})).train
    np.testing.assert_array_equal(train.inputs, whole.inputs)


def test_what_follows_from_the_files(tmp_path):
    given = {"_target_": "datasets.Arrays", "file": str(npz(tmp_path, inputs=IMAGES, targets=LABELS)["file"]),
             "shape": "auto", "num_classes": "auto"}
    found = {"shape": [1, 6, 5], "num_classes": 3, "num_values": None, "pixels": True}
    assert Arrays.completed(given) == given | found
    known = given | {"file": "nowhere.npz"} | found
    assert Arrays.completed(known) == known


def test_a_trained_network_needs_no_data_any_more():
    known = Arrays(file="nowhere.npz", shape=[1, 6, 5], num_classes=3, num_values=None, pixels=True)
    assert (known.shape, known.num_classes, known.pixels) == ((1, 6, 5), 3, True)
    assert Arrays(file="nowhere.npz", shape=[1, 6, 5], num_classes=3).pixels is None  # of earlier days


@pytest.mark.parametrize(("kind", "what"), [(np.uint8, "holds uint8 pixels"), (np.float32, "holds float32")])
def test_a_network_for_bytes_gets_no_floats_and_the_other_way_round(tmp_path, kind, what):
    files = npz(tmp_path, inputs=IMAGES.astype(kind), targets=LABELS)
    with pytest.raises(DataError, match=rf"mine.npz: inputs: {what}.* but data.pixels is .*; save the type"):
        load(Arrays(**files, shape=[1, 6, 5], num_classes=3, pixels=kind != np.uint8))


@pytest.mark.parametrize("kind", ["npz", "npy"])
@pytest.mark.parametrize("dtype", [">f4", "<f2", "f8", "i8", "?", ">i2", "u4"])
def test_numbers_of_any_type_are_values(tmp_path, dtype, kind):
    inputs = np.asfortranarray(RNG.integers(0, 2, (N, 4)).astype(dtype))
    targets = LABELS.astype(">i4")
    files = npz(tmp_path, inputs=inputs, targets=targets) if kind == "npz" else pair(tmp_path, inputs, targets)
    dataset = Arrays(**files, test=0.0, mean=[0.25] * 4, std=[0.5] * 4)
    train = load(dataset, 0.0).train
    found = np.empty((4, N), np.float32)
    labels = dataset.loader(train).load(np.arange(N), found)
    np.testing.assert_allclose(found.T, (inputs.astype(np.float32) - 0.25) / 0.5, rtol=1e-6)
    np.testing.assert_array_equal(labels, LABELS)


def test_what_may_not_be_meant_is_said(tmp_path):
    files = pair(tmp_path, np.asfortranarray(VALUES), LABELS.astype(float))
    mapped, targets, *remarks = Arrays(**files).described()
    assert (mapped, targets) == (f"{files['inputs']}: mapped", f"{files['targets']}: mapped")
    assert remarks == [
        f"{files['inputs']}: is in Fortran order, in which reading rows is slow; save numpy.ascontiguousarray(x)",
        f"{files['targets']}: its 3 different numbers, 0 to 2, are taken as values, since they are floats; if they "
        "are classes, save integers",
    ]
    assert Arrays(**npz(tmp_path, inputs=np.asfortranarray(VALUES), targets=VALUES)).described()[1:] == []
    files = npz(tmp_path, inputs=VALUES, targets=np.eye(3)[LABELS])
    assert Arrays(**files).described()[1:] == [
        f"{files['file']}: targets: its rows are taken as values, since they are floats, but each has a single 1; if "
        "they are classes, save numpy.argmax(targets, axis=1)"
    ]


def bad(array, row, value):
    array = array.astype(float) if isinstance(value, float) else array.copy()
    array[row] = value
    return array


def floats(*shape):
    return np.zeros(shape)


MISTAKES = {
    "a negative label": (IMAGES, bad(LABELS, 7, -1), "{y}: row 7: the label -1 is negative; number the classes from 0"),
    "a label beyond all": (
        IMAGES, bad(LABELS, 5, 900),
        "{y}: row 5: the label 900 makes more classes than there are examples; number the classes from 0, or set "
        "data.num_classes",
    ),
    "NaN in the inputs": (bad(VALUES, 3, np.nan), LABELS, "{x}: row 3 holds nan; fix the row or leave it out"),
    "inf in the targets": (VALUES, bad(VALUES, 9, np.inf), "{y}: row 9 holds inf; fix the row or leave it out"),
    "lengths": (
        IMAGES, LABELS[:-1], "{y}: 39 targets but 40 inputs in {x}; save one of each for every example",
    ),
    "a single class": (
        IMAGES, LABELS * 0 + 2,
        "{y}: all labels are 2, a single class; save at least two classes, or floats for "
        "values",
    ),
    "words": (
        IMAGES, np.array(["cat"] * N),
        "{y}: holds values of type <U3, not numbers; save numbers (for names of classes their indices: "
        "numpy.unique(names, return_inverse=True)[1])",
    ),
    "objects": (
        np.array([None] * N), LABELS,
        "{x}: holds Python objects, not numbers; save numbers (for names of classes their indices: "
        "numpy.unique(names, return_inverse=True)[1])",
    ),
    "no examples": (IMAGES[:0], LABELS[:0], "{x}: its shape (0, 6, 5) holds no examples; save one row for each"),
    "one number": (np.array(1.0), LABELS, "{x}: its shape () holds no examples; save one row for each"),
    "one-hot integers": (
        IMAGES, np.eye(4, dtype=int)[LABELS],
        "{y}: integers of shape (40, 4); give a label (N,) for each example, or floats for values",
    ),
    "channels last": (
        np.zeros((N, 6, 5, 3), np.uint8), LABELS,
        "{x}: images of shape [6, 5, 3] seem to have their channels last; save numpy.moveaxis(images, -1, 1), or set "
        "data.shape if they do not",
    ),
}


def read_all(files):
    for split in vars(load(Arrays(**files, test=0.0), 0.0)).values():
        _ = split.inputs, split.targets


@pytest.mark.parametrize("kind", ["npz", "npy"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(tmp_path, mistake, kind):
    inputs, targets, message = MISTAKES[mistake]
    if kind == "npz":
        files, x, y = npz(tmp_path, inputs=inputs, targets=targets), "mine.npz: inputs", "mine.npz: targets"
    else:
        files, x, y = pair(tmp_path, inputs, targets), "x.npy", "y.npy"
    with pytest.raises(DataError) as caught:
        read_all(files)
    assert str(caught.value) == message.format(x=tmp_path / x, y=tmp_path / y)


def test_options_that_the_files_contradict(tmp_path):
    files = npz(tmp_path, inputs=IMAGES, targets=LABELS)
    for options, message in [
        ({"num_classes": 2}, r"mine.npz: targets: label 2 of example 2 is outside 0..1; set data.num_classes or"),
        ({"num_classes": None}, r"mine.npz: targets: holds labels but data.num_classes is None; set data.num_classes"),
        ({"shape": [1, 6, 6]}, r"mine.npz: inputs: its examples have the shape \[6, 5\], not data.shape=\[1, 6, 6\]"),
    ]:
        with pytest.raises(DataError, match=message):
            load(Arrays(**files, **options))
    files = npz(tmp_path, inputs=IMAGES, targets=LABELS.astype(float))
    with pytest.raises(DataError, match=r"holds float64 values but data.num_classes is 3; save integers, or set"):
        load(Arrays(**files, num_classes=3))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": LABELS, "b": LABELS}, "holds a, b; name its arrays inputs and targets, or x_train and y_train"),
        ({"inputs": IMAGES}, "has inputs but no targets; save both under these names"),
        ({"x_train": IMAGES, "y_train": LABELS, "y_test": LABELS}, "has y_test but no x_test; save both"),
    ],
)
def test_names_of_arrays(tmp_path, arrays, message):
    for files in (npz(tmp_path, **arrays), folder_of(tmp_path, **arrays)):
        with pytest.raises(DataError, match=message):
            Arrays(**files)


@pytest.mark.parametrize(
    ("files", "option"), [({}, "file"), ({"inputs": "x.npy"}, "inputs"), ({"file": "a", "targets": "b"}, "inputs")]
)
def test_which_files(files, option):
    with pytest.raises(ValueError, match=rf"^{option}: give data.file=FILE.npz, or both data.inputs"):
        Arrays(**files)


def test_an_archive_in_place_of_an_array(tmp_path):
    path = npz(tmp_path, inputs=IMAGES, targets=LABELS)["file"]
    with pytest.raises(DataError, match=r"mine.npz: holds inputs, targets, not one array; give it as data.file="):
        Arrays(inputs=path, targets=path)


def test_files_that_are_damaged(tmp_path):
    files = pair(tmp_path, IMAGES, LABELS)
    whole = files["inputs"].read_bytes()
    files["inputs"].write_bytes(whole[:-100])
    with pytest.raises(DataError, match=r"x.npy: ends after \d+ of \d+ bytes; replace it"):
        load(Arrays(**files))
    files["inputs"].write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"x.npy: not an intact file of arrays"):
        Arrays(**files)
    with pytest.raises(DataError, match=r"nowhere.npz: no such file"):
        Arrays(file=tmp_path / "nowhere.npz")


def test_an_npz_that_memory_may_not_hold(tmp_path, monkeypatch):
    from trainer.datasets.readers import arrays

    monkeypatch.setattr(arrays, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match=r"an .npz can only be read into memory as a whole; save each by numpy.save"):
        Arrays(**npz(tmp_path, inputs=IMAGES, targets=LABELS))


@pytest.mark.parametrize("ignored", [255, -1, 1])
@pytest.mark.parametrize("make", [npz, folder_of])
def test_examples_of_an_ignored_label_are_in_no_part(tmp_path, make, ignored, caplog):
    """Also where it lies between the classes, and makes none by itself where it is the largest."""
    labels = np.where(np.arange(N) % 5 == 0, ignored, np.arange(N) % 2 * 2)
    inputs = np.arange(N, dtype=np.float32)
    dataset = Arrays(**make(tmp_path, inputs=inputs, targets=labels), test=0.25, ignore_label=ignored)
    assert dataset.num_classes == 3
    with caplog.at_level("INFO", logger="trainer.datasets"):
        splits = load(dataset)
    assert any(record.message.endswith(f" 8 examples of label {ignored} are left out") for record in caplog.records)
    parts = [splits.train, splits.validation, splits.test]
    found = np.concatenate([part.inputs for part in parts]).ravel()
    assert sorted(found.astype(int)) == [number for number in range(N) if number % 5]
    np.testing.assert_array_equal(np.concatenate([part.targets for part in parts]), labels[found.astype(int)])


def test_other_negative_labels_are_refused_and_so_is_ignoring_all(tmp_path):
    with pytest.raises(DataError, match="row 3: the label -2 is negative"):
        Arrays(**npz(tmp_path, inputs=IMAGES, targets=np.where(np.arange(N) == 3, -2, -1)), ignore_label=-1)
    with pytest.raises(DataError, match=r"all examples have data.ignore_label=0; name another label"):
        load(Arrays(**npz(tmp_path, inputs=IMAGES, targets=np.zeros(N, int)), num_classes=2, ignore_label=0))
    files = npz(tmp_path, inputs=VALUES, targets=750 + 0 * VALUES)
    assert Arrays(**files).described()[1:] == [
        f"{files['file']}: targets: values from 750 to 750, which networks learn slowly; standardise them by "
        "data.target_mean=auto data.target_std=auto"
    ]
    assert Arrays(**files, target_mean=[750] * 4, target_std=[1] * 4).described()[1:] == []
