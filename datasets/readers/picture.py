"""Reader of pictures, which brings them to the size that a network takes. It trusts nothing that it reads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.datasets.errors import DataError

if TYPE_CHECKING:  # Pillow is imported only where it is needed
    from PIL import Image

# Formats with simple decoders; not EPS, for instance, which would start Ghostscript.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm")
MAX_PIXELS = 1 << 26  # 64 megapixels: at most 256 MB once decoded
MODES = {1: "L", 3: "RGB"}
FITS = ("stretch", "pad", "crop")


def read_image(
    path: Path,
    shape: tuple[int, int, int],
    invert: bool = False,
    fit: str = "stretch",
    background: str = "white",
) -> np.ndarray:
    """Return a picture as pixels (C, H, W) uint8.

    It is turned as the camera recorded. The first frame of an animation is used, 16 bits per pixel become 8, and
    transparent parts show the background. Then the picture becomes grey or RGB and is resized to H x W, where each
    pixel averages the area that it covers.

    Args:
        path: A file in one of `FORMATS`.
        shape: (C, H, W) with C = 1 or 3.
        invert: Swap light and dark at the end. MNIST's digits are light on dark, most others dark on light.
        fit: How a picture of other proportions becomes H x W: "stretch" it, "pad" it with the background, or "crop" it
            at both ends.
        background: A colour by Pillow's names, such as "white" or "#808080".

    Raises:
        DataError: The file is not a picture, is damaged, or has more than 64 megapixels.
    """
    from PIL import Image, ImageOps

    channels, height, width = shape
    image = _decoded(path, MODES[channels], background)
    if fit == "stretch":
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    elif fit == "pad":
        image = ImageOps.pad(image, (width, height), Image.Resampling.BILINEAR, color=background)
    else:
        image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
    return 255 - pixels if invert else np.ascontiguousarray(pixels)


def look_at_image(path: Path) -> tuple[int, int, int]:
    """Return (C, H, W) of a picture, turned as the camera recorded, without decoding its pixels.

    Raises:
        DataError: The file is not a picture, or has more than 64 megapixels.
    """
    with _opened(path) as picture:
        turned = picture.getexif().get(0x0112, 1) >= 5  # by a quarter turn
        width, height = picture.size[::-1] if turned else picture.size
        grey = picture.mode in ("1", "L", "LA", "La") or picture.mode.startswith("I")
        return (1 if grey else 3), height, width


def write_image(pixels: np.ndarray, path: Path) -> None:
    """Write pixels (C, H, W) uint8, C = 1 or 3, as a PNG. Raises OSError."""
    from PIL import Image

    Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)).save(path, "PNG")


def _decoded(path: Path, mode: str, background: str) -> Image.Image:
    from PIL import ImageOps

    with _opened(path) as picture:
        picture.load()
        return _opaque(_eight_bit(ImageOps.exif_transpose(picture)), mode, background)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture; every error, here and while it is open, becomes a DataError that names the file."""
    from PIL import Image

    if not path.is_file():  # opening a pipe, for instance, would wait
        raise DataError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damage that does not stop decoding
            with Image.open(path, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise DataError(
                        f"{path}: {picture.width}x{picture.height} pixels are more than "
                        f"{MAX_PIXELS >> 20} million; make it smaller"
                    )
                yield picture
    except DataError:
        raise
    except Exception as error:  # the decoders raise almost anything: OSError, SyntaxError, struct.error, ...
        problem = str(error) if isinstance(error, OSError) and error.strerror else "not a picture, or damaged"
        raise DataError(f"{path}: {problem}; give an intact file of {', '.join(FORMATS)}") from error


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Return a picture of 16 bits per pixel with 8. Pillow uses modes I;16 and I for them, where 65535 is white."""
    if picture.mode == "F":
        raise DataError(
            f"{getattr(picture, 'filename', 'picture')}: its pixels are floating-point numbers; "
            "save it with 8 or 16 bits"
        )
    if not picture.mode.startswith("I"):
        return picture
    from PIL import Image

    values = np.asarray(picture)
    return Image.fromarray((np.clip(values, 0, 65535) // 257).astype(np.uint8))


def _opaque(picture: Image.Image, mode: str, background: str) -> Image.Image:
    """Return the picture in `mode`, transparent parts on the background."""
    if not picture.has_transparency_data:
        return picture.convert(mode)
    from PIL import Image

    picture = picture.convert("RGBA")
    page = Image.new("RGBA", picture.size, background)
    page.alpha_composite(picture)
    return page.convert(mode)
