"""Coverage-guided fuzzing of every reader: `python tests/fuzz/fuzz.py READER [-max_total_time=60] [CORPUS ...]`.

READER is checkpoint, configuration, arrays, picture or idx. Needs the extra `fuzz` (atheris); further arguments are
libFuzzer's. A reader may refuse a file with its own error, in one line; anything else that it raises is a finding, and
so is more than 1 GB of memory or 20 seconds. Cases that were found stand as tests beside the reader's other ones.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import atheris

with atheris.instrument_imports(include=["datasets", "models", "trainer", "PIL", "zipfile", "omegaconf"]):
    import numpy as np
    from PIL import Image

    from tests.helpers.data import idx_bytes
    from tests.helpers.hostile import checkpoint_bytes, npy_bytes, npy_header, refusal
    from tests.helpers.runs import TINY, composed
    from trainer import load
    from trainer.commands.pictures import read_image
    from trainer.datasets import DataError, read_idx
    from trainer.datasets.readers.archive import read_arrays
    from trainer.engine.setup import Setup
    from trainer.ground.values import ConfigError
    from trainer.models import GraphError
    from trainer.runs.checkpoint import CheckpointError
    from trainer.runs.network import Network
    from trainer.runs.trust import checked_config

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
FILE = FOLDER / "input"
LIMITS = ["-rss_limit_mb=1024", "-timeout=20", f"-artifact_prefix={FOLDER}/"]
PIXELS = np.zeros((1, 1, 8, 8), np.uint8)


def read_checkpoint(data: bytes) -> None:
    network = load(_file(data))
    assert isinstance(network, Network)
    network.predict(PIXELS)


def read_configuration(data: bytes) -> None:
    """JSON text, as the metadata of a checkpoint holds it, believed as far as building the network."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return  # the checkpoint's reader refuses these
    if isinstance(value, dict):
        checked_config(value, (), "file")
        load(_file(checkpoint_bytes({"a": np.zeros(1, np.float32)}, config=value)))


def _file(data: bytes) -> Path:
    FILE.write_bytes(data)
    return FILE


def _picture(suffix: str) -> bytes:
    path = FOLDER / f"seed.{suffix}"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(path)
    return path.read_bytes()


def _checkpoint() -> bytes:
    config = composed(*TINY)
    store = Setup(config).parameters()
    return checkpoint_bytes({name: store[name] for name in store}, config=config)


def _archive() -> bytes:
    np.savez_compressed(FOLDER / "seed.npz", images=PIXELS)
    return (FOLDER / "seed.npz").read_bytes()


# reader: what it does with bytes, which errors are its own, and files to begin with
READERS: dict[str, tuple[Callable[[bytes], object], tuple[type[Exception], ...], Callable[[], list[bytes]]]] = {
    "checkpoint": (read_checkpoint, (CheckpointError, ConfigError, GraphError), lambda: [_checkpoint()]),
    "configuration": (
        read_configuration,
        (CheckpointError, ConfigError, GraphError),
        lambda: [json.dumps(composed(*options)).encode() for options in (TINY, ("model=resnet8",))],
    ),
    "arrays": (
        lambda data: read_arrays(_file(data)),
        (DataError,),
        lambda: [_archive(), npy_bytes(npy_header(), b"\0" * 6)],
    ),
    "picture": (
        lambda data: read_image(_file(data), (1, 8, 8)),
        (DataError,),
        lambda: [_picture(suffix) for suffix in ("png", "jpg", "gif", "bmp", "tif", "webp", "pgm")],
    ),
    "idx": (lambda data: read_idx(_file(data)), (DataError,), lambda: [idx_bytes(PIXELS)]),
}


def main() -> None:
    name, *arguments = sys.argv[1:]
    read, refusals, seeds = READERS[name]
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds()):
        (corpus / str(number)).write_bytes(seed)

    def test(data: bytes) -> None:
        assert "\n" not in refusal(refusals, read, data), "a refusal of several lines"

    atheris.Setup([sys.argv[0], *LIMITS, *arguments, str(corpus)], test)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
