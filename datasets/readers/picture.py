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

# Formats of pictures; not EPS, for instance, which would start Ghostscript. AVIF needs a Pillow that has it.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "AVIF", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".avif", ".ppm", ".pgm", ".pbm")
MAX_PIXELS = 1 << 26  # 64 megapixels: at most 256 MB once decoded
GAP = 2  # a JPEG is decoded at an eighth, a quarter or half of its size, if that is as many times the size wanted
MODES = {1: "L", 3: "RGB"}
FITS = ("stretch", "pad", "crop")


class PictureError(DataError):
    """A picture that cannot be used; `problem` says why, without the file and the remedy."""

    def __init__(self, path: Path, problem: str, remedy: str = f"give an intact file of {', '.join(FORMATS)}") -> None:
        super().__init__(f"{path}: {problem}; {remedy}")
        self.problem = problem


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
    pixel averages the area that it covers. Pillow may warn of damage that does not stop decoding, see `quietly`.

    Args:
        path: A file in one of `FORMATS`.
        shape: (C, H, W) with C = 1 or 3.
        invert: Swap light and dark at the end. MNIST's digits are light on dark, most others dark on light.
        fit: How a picture of other proportions becomes H x W: "stretch" it, "pad" it with the background, or "crop" it
            at both ends.
        background: A colour by Pillow's names, such as "white" or "#808080".

    Raises:
        PictureError: The file is not a picture, is damaged, or has more than 64 megapixels.
    """
    from PIL import Image, ImageOps

    channels, height, width = shape
    image = _decoded(path, MODES[channels], background, GAP * max(height, width))
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
        PictureError: The file is not a picture, or has more than 64 megapixels.
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


@contextmanager
def quietly() -> Iterator[None]:
    """Ignore Pillow's warnings: of damage that does not stop decoding, of many pixels.

    For the whole program, so it is entered once, not by each thread that decodes.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def _decoded(path: Path, mode: str, background: str, least: int) -> Image.Image:
    """Return the picture in `mode`; if large, with at least `least` pixels on each side, which is faster."""
    from PIL import ImageOps

    with _opened(path) as picture:
        picture.draft(None, (least, least))
        picture.load()
        if picture.mode == "F":
            raise PictureError(path, "its pixels are floating-point numbers", "save it with 8 or 16 bits")
        return _opaque(_eight_bit(ImageOps.exif_transpose(picture)), mode, background)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture; every error, here and while it is open, becomes a PictureError."""
    from PIL import Image, UnidentifiedImageError

    too_large = f"more than {MAX_PIXELS >> 20} million pixels"
    try:
        if not path.is_file():  # opening a pipe, for instance, would wait
            missing = "a broken link" if path.is_symlink() else "no such file"
            raise PictureError(path, "not a file" if path.exists() else missing, "give the file of a picture")
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PictureError(path, f"{picture.width}x{picture.height} are {too_large}", "make it smaller")
            yield picture
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(path, too_large, "make it smaller") from error
    except UnidentifiedImageError as error:
        raise PictureError(path, "not a picture" if path.stat().st_size else "empty") from error
    except PermissionError as error:
        raise PictureError(path, "may not be read", "allow reading it") from error
    except Exception as error:  # the decoders raise almost anything: OSError, SyntaxError, struct.error, ...
        system = error.strerror if isinstance(error, OSError) else None
        raise PictureError(path, system or "damaged") from error


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Return a picture of 16 bits per pixel with 8. Pillow uses modes I;16 and I for them, where 65535 is white."""
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
