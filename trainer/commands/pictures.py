"""Pictures in files, brought to what a network takes. A picture may come from anybody."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from trainer.datasets import DataError

# Formats whose decoders are plain: not EPS, say, which would start Ghostscript.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm")
MAX_PIXELS = 1 << 26  # 64 megapixels: at most 256 MB once decoded
MODES = {1: "L", 3: "RGB"}


def read_image(path: Path, shape: tuple[int, int, int], invert: bool = False) -> np.ndarray:
    """The picture in a file as pixels (C, H, W) uint8.

    It is turned as its camera says; of an animation the first frame is taken, 16 bits a pixel become 8, transparent
    parts white; then it becomes grey or RGB and is stretched or shrunk to H x W, averaging what a pixel covers.

    Arguments:
        path: a file in one of `FORMATS`.
        shape: (C, H, W) with C = 1 or 3.
        invert: make light dark and dark light at the end: most digits are written dark on light, MNIST's are light on
            dark.

    Raises:
        DataError: it is not a picture, is damaged, or has more than 64 megapixels.
    """
    channels, height, width = shape
    if not path.is_file():  # a pipe, say, would have us wait
        raise DataError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damage that can be read around
            with Image.open(path, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise DataError(
                        f"{path}: {picture.width}x{picture.height} pixels are more than "
                        f"{MAX_PIXELS >> 20} million; make it smaller"
                    )
                picture.load()
                image = _opaque(ImageOps.exif_transpose(_eight_bit(picture)), MODES[channels])
    except DataError:
        raise
    except Exception as error:  # the decoders raise almost anything: OSError, SyntaxError, struct.error, ...
        problem = str(error) if isinstance(error, OSError) and error.strerror else "not a picture, or damaged"
        raise DataError(f"{path}: {problem}; give an intact file of {', '.join(FORMATS)}") from error
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
    return 255 - pixels if invert else np.ascontiguousarray(pixels)


def write_image(pixels: np.ndarray, path: Path) -> None:
    """Write pixels (C, H, W) uint8, C = 1 or 3, as a PNG. Raises OSError."""
    Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)).save(path, "PNG")


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder and the folders in it, sorted; told by their suffix. Raises DataError for none."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise DataError(f"{folder}: holds no pictures ({', '.join(SUFFIXES)})")
    return found


def _eight_bit(picture: Image.Image) -> Image.Image:
    """16 bits a pixel as 8. Pillow has such pixels in modes I;16 and I, with 65535 as white."""
    if picture.mode == "F":
        raise DataError(
            f"{getattr(picture, 'filename', 'picture')}: its pixels are floating-point numbers; "
            "save it with 8 or 16 bits"
        )
    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture)
    return Image.fromarray((np.clip(values, 0, 65535) // 257).astype(np.uint8))


def _opaque(picture: Image.Image, mode: str) -> Image.Image:
    """In `mode`, transparent parts on white, as on a page."""
    if not picture.has_transparency_data:
        return picture.convert(mode)
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert(mode)
