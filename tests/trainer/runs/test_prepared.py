"""Examples as users have them."""

import numpy as np
import pytest
from PIL import Image

from tests.helpers import tables
from tests.helpers.runs import make_run
from trainer import load
from trainer.datasets import DataError
from trainer.datasets.readers.picture import read_image

polars = pytest.importorskip("polars")
NEW = tables.without(tables.houses(12), "price", "dear")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    file = tables.write(folder / "houses.csv", tables.without(tables.houses(80), "dear"))
    return load(make_run(folder / "run", *tables.TABLE, f"data.file={file}", "data.target=price"))


def test_a_table_is_a_file_a_frame_or_columns(network, tmp_path):
    file = tables.write(tmp_path / "new.csv", NEW)
    expected = network.predict(file)
    columns = {name: [row[name] for row in NEW] for name in NEW[0]}
    typed = polars.read_csv(file, try_parse_dates=True)
    assert typed["built"].dtype == polars.Date
    for table in (str(file), columns, polars.DataFrame(columns), typed, typed.select(reversed(typed.columns))):
        np.testing.assert_array_equal(network.predict(table), expected)
    assert network.predict(typed[:0]).shape == (0, 1)
    assert expected.shape == (12, 1)


def test_a_table_without_a_column_is_refused(network):
    with pytest.raises(DataError, match=r"the table has no column 'area', .* or 'built', which the network"):
        network.predict({"rooms": [1]})


def test_inputs_by_name(network):
    """For a network of several inputs of any data, arrays as its layers take them."""
    inputs = network.prepare({name: [row[name] for row in NEW] for name in NEW[0]})
    assert {name: array.dtype for name, array in inputs.items()} == {"input": np.float32, "categories": np.int64}
    np.testing.assert_array_equal(network.predict(inputs), network.predict(dict(reversed(inputs.items()))))
    for name, array, problem in (
        ("categories", inputs["categories"].astype(float), "inputs 'categories' of type float64; give integers"),
        ("input", inputs["input"][:, 1:], r"inputs 'input' of shape \(12, \d+\); the network takes \(N, \d+\)"),
        ("input", np.full_like(inputs["input"], np.nan), "inputs 'input' of example 0 are not finite; fix it"),
    ):
        with pytest.raises(ValueError, match=problem):
            network.predict(inputs | {name: array})


def test_texts(tmp_path):
    (tmp_path / "story.txt").write_text("the cat sat on the mat.\n" * 20)
    overrides = ("model=char_mlp", "data=text", f"data.file={tmp_path / 'story.txt'}", "data.context=8")
    network = load(make_run(tmp_path / "run", *overrides))
    one, two = network.predict(["sat on the cat", "on"])
    np.testing.assert_allclose(network.predict("n the cat")[0], one, rtol=1e-5)
    np.testing.assert_allclose(network.predict("\n" * 6 + "on")[0], two, rtol=1e-5)
    np.testing.assert_allclose(network.predict(network.dataset.encode("\n" * 6 + "on")[None])[0], two, rtol=1e-5)
    assert network.predict([]).shape == (0, len(network.classes))


def test_pictures_are_read_as_in_training(tmp_path):
    """A folder, files or one of them; cropped as the network's pictures were, in colour or not, turned or not."""
    photos = tmp_path / "Fotos"
    for number, kind in enumerate(("Äpfel", "Birnen") * 10):
        file = photos / kind / f"Bild {number} (neu).png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (12, 20, 3), np.uint8)
        Image.fromarray(pixels).convert("L" if number % 3 else "RGBA").save(file)
    data = ("data=images", f"data.root={photos}", "data.size=[8,8]", "data.cache=null")
    network = load(make_run(tmp_path / "run", "model=mlp", *data))
    files = sorted((photos / "Birnen").iterdir())
    pixels = [read_image(file, (3, 8, 8), fit="crop") for file in files]
    expected = network.predict(np.array(pixels))
    for given in (photos / "Birnen", str(photos / "Birnen"), files, [*map(str, files)]):
        np.testing.assert_array_equal(network.predict(given), expected)
    assert network.predict_classes(files[0]).shape == (1,)
    assert repr(network).startswith("<Network on images: 3x8x8 to Birnen, Äpfel; 82,562 parameters; ")
    with pytest.raises(DataError, match=r"nie\.png: no such file; give the file of a picture"):
        network.predict([files[0], photos / "nie.png"])


def test_single_numbers_need_no_axis_as_in_training(tmp_path):
    x = np.linspace(-1, 1, 40)
    np.savez(tmp_path / "x.npz", inputs=x, targets=np.sin(x))
    network = load(make_run(tmp_path / "run", "model=mlp", "data=arrays", f"data.file={tmp_path / 'x.npz'}"))
    np.testing.assert_array_equal(network.predict(x), network.predict(x[:, None]))


def test_a_picture_is_no_point(tmp_path):
    network = load(make_run(tmp_path, "model=mlp", "data=moons"))
    with pytest.raises(DataError, match=r"a\.png: the network takes no pictures but arrays of shape \[2\]"):
        network.predict("a.png")
