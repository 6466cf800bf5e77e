"""Download of data files whose hashes are known."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from trainer.datasets.errors import DataError

log = logging.getLogger(__name__)

TIMEOUT = 20  # seconds without an answer before the next mirror is tried


def cache_folder(name: str) -> Path:
    """Return the folder for downloaded files of the data set `name`, in the platform's cache directory."""
    import pooch

    return Path(pooch.os_cache("trainer")) / name


def download(files: Mapping[str, str], mirrors: Sequence[str], folder: Path) -> None:
    """Download `files` (name -> SHA-256) to `folder`, each from the first of `mirrors` (base URLs) that has it intact.

    Files that are already there with the right content stay. A file appears under its name only once it is complete and
    its hash is right; the rest of a failed or interrupted download is removed. Raises DataError.
    """
    mirrors = list(mirrors)
    try:
        for name in files:
            working = _download_file(name, files, mirrors, folder)
            mirrors.sort(key=lambda mirror: mirror != working)  # do not wait for a dead mirror again
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # succeeds only if nothing arrived


def _download_file(name: str, files: Mapping[str, str], mirrors: Sequence[str], folder: Path) -> str:
    """Download one of `files` and return the mirror that had it."""
    import pooch
    from requests import RequestException

    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=TIMEOUT)
    failures = []
    for mirror in mirrors:
        log.info("fetching %s/%s", mirror, name)
        try:
            pooch.retrieve(f"{mirror}/{name}", f"sha256:{files[name]}", name, folder, downloader=downloader)
            return mirror
        except (RequestException, ValueError) as error:  # before OSError, of which RequestException is one
            failures.append(f"{mirror} ({_reason(error)})")
        except OSError as error:
            raise DataError(
                f"{folder / name}: cannot be written ({error.strerror or error}); make room or get access there, "
                "or name a folder that holds the files with data.root=FOLDER"
            ) from None
    raise DataError(
        f"{name}: cannot be downloaded; check the network, or put {', '.join(files)} in a folder by other means and "
        f"name it with data.root=FOLDER (tried {', '.join(failures)})"
    )


def _reason(error: Exception) -> str:
    if type(error) is ValueError:  # how pooch reports a hash
        return "wrong content"
    response = getattr(error, "response", None)
    return type(error).__name__ if response is None else f"HTTP {response.status_code}"
