import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainer.datasets import Pad, Resize
from trainer.datasets.transforms.resize import CHUNK

images = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=4, max_dims=4, max_side=7))
sizes = st.lists(st.integers(1, 12), min_size=2, max_size=2)


def resize_pixel_by_pixel(images: np.ndarray, size: list[int]) -> np.ndarray:
    """Bilinear interpolation straight from its definition, unrounded."""
    height, width = images.shape[2:]
    result = np.empty((*images.shape[:2], *size))
    for i, j in np.ndindex(*size):
        y = min(max((i + 0.5) * height / size[0] - 0.5, 0), height - 1)
        x = min(max((j + 0.5) * width / size[1] - 0.5, 0), width - 1)
        top, left = int(y), int(x)
        bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
        p, q = y - top, x - left
        corners = images[:, :, [top, top, bottom, bottom], [left, right, left, right]]
        result[:, :, i, j] = corners @ [(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q]
    return result


def assert_rounded(actual: np.ndarray, exact: np.ndarray) -> None:
    """`actual` is `exact` rounded; within float32 accuracy of a half either neighbour will do."""
    assert actual.dtype == np.uint8
    assert actual.shape == exact.shape
    np.testing.assert_array_less(np.abs(actual - exact), 0.5 + 1e-4)


@given(images=images, size=sizes)
def test_resize_equals_its_definition(images, size):
    assert_rounded(Resize(size)(images), resize_pixel_by_pixel(images, size))


@given(images=images, size=sizes)
def test_resize_equals_pytorch(images, size):
    torch = pytest.importorskip("torch")
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(images).double(), size=size, mode="bilinear", align_corners=False
    )
    assert_rounded(Resize(size)(images), expected.numpy())


def test_resize_of_more_images_than_a_chunk():
    images = np.random.default_rng(0).integers(0, 256, (CHUNK + 3, 1, 3, 2), dtype=np.uint8)
    resize = Resize([5, 4])
    np.testing.assert_array_equal(resize(images), np.concatenate([resize(image[np.newaxis]) for image in images]))


@given(images=images, padding=st.integers(0, 3), value=st.integers(0, 255))
def test_pad_surrounds_the_image(images, padding, value):
    padded = Pad(padding, value)(images)
    height, width = images.shape[2:]
    inside = np.zeros(padded.shape, dtype=bool)
    inside[:, :, padding : padding + height, padding : padding + width] = True
    assert padded.dtype == np.uint8
    np.testing.assert_array_equal(padded[inside], images.ravel())
    assert (padded[~inside] == value).all()


@pytest.mark.parametrize("transform", [Resize([9, 5]), Resize([2, 3]), Pad(2)])
def test_output_shape_is_the_shape_of_the_output(transform):
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 6, 7), dtype=np.uint8)
    before = images.copy()
    assert transform(images).shape == (3, *transform.output_shape((2, 6, 7)))
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("size", [[28], [0, 28], [1, 2, 3]])
def test_resize_needs_height_and_width(size):
    with pytest.raises(ValueError, match=r"^size: "):
        Resize(size)


@pytest.mark.parametrize("options", [{"padding": -1}, {"value": 256, "padding": 1}])
def test_pad_names_the_option_at_fault(options):
    with pytest.raises(ValueError, match=f"^{next(iter(options))}: "):
        Pad(**options)


@pytest.mark.parametrize("transform", [Resize([28, 28]), Pad(2)])
def test_transforms_of_images_refuse_other_shapes(transform):
    with pytest.raises(ValueError, match="needs "):
        transform.output_shape((64,))
