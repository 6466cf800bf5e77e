"""Run directories and sweeps, damaged one file at a time, in the same way every time."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from safetensors.numpy import save

from trainer.runs import checkpoint
from trainer.runs.folder import CONFIG, LAST, MACHINERY, METRICS, OVERRIDES, PRUNING, RECORD, RESULT

DEEP = 20_000
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
ODD: dict[str, Any] = {
    "null": None,
    "true": True,
    "text": "text",
    "escape": "\x1b[2J\x1b]0;x\x07",
    "formula": "=HYPERLINK(1)",
    "lines": "a\nb\r\nc",
    "list": [1, "x", None],
    "mapping": {"x": {"y": []}},
    "negative": -1,
    "huge": 10**400,
    "nan": float("nan"),
    "infinite": float("inf"),
    "large": 1.7e308,
}
"""Values that belong nowhere."""

CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "space": b" \n\t\n",
    "binary": bytes(range(256)) * 8,
    "zeros": bytes(4096),
    "no UTF-8": b"a: \xff\xfe\xfa\n",
    "UTF-16": "a: 1\n".encode("utf-16"),
    "half": b'{"status": "compl',
    "deep list": b"[" * DEEP,
    "deep mapping": b'{"a":' * DEEP,
    "deep block": b"\n".join(b" " * n + b"a:" for n in range(200)),
    "deep dashes": b"- " * DEEP + b"x",
    "references": BOMB.encode(),
    "itself": b"&a [*a, *a]\n",
    "many digits": b"1" * 10_000,
    "object": b"!!python/object/apply:os.system ['true']\n",
    "tags": b"!!timestamp 2001-99-99\n",
    "escape": b"\x1b[2J: \x1b\n",
    "merge": b"<<: 5\na: 1\n",
    "key": b"? [a, b]\n: 1\n",
    "number": b"5\n",
    "list": b"[1, 2]\n",
    "text": b'"x"\n',
    "null": b"null\n",
}

TABLES: dict[str, str] = {
    "header alone": "epoch,train_loss,val_loss,val_accuracy\n",
    "no header": "1,0.5,0.5,0.5\n2,0.4,0.4,0.4\n",
    "more cells": "epoch,val_loss\n1,0.5,0.6,0.7\n",
    "fewer cells": "epoch,val_loss,val_accuracy\n1\n2,0.5\n",
    "no epoch": "val_loss,val_accuracy\n0.5,0.5\n",
    "words": "epoch,val_loss,val_accuracy\none,two,three\n",
    "not finite": "epoch,val_loss,val_accuracy\n1,nan,inf\n2,-inf,nan\n",
    "huge": "epoch,val_loss,val_accuracy\n1,1e308,1e308\n2,-1e308,1.7e308\n3,1e999,5e-324\n",
    "huge epochs": "epoch,val_loss,val_accuracy\n1e300,0.5,0.5\nnan,0.5,0.5\n-5,0.5,0.5\ninf,1,1\n1.5,1,1\n",
    "twice": "epoch,val_loss,val_loss\n1,0.5,0.6\n1,0.5,0.6\n",
    "quote": 'epoch,val_loss\n1,"0.5\n2,0.6\n',
    "long cell": "epoch,val_loss\n1," + "5" * 200_000 + "\n",
    "wide": ",".join(f"c{n}" for n in range(5000)) + "\n" + "1," * 5000 + "\n",
    "escape in names": "epoch,val_\x1b[2J,\x1b\n1,0.5,0.5\n",
    "zero byte": "epoch,val_loss\n1,\x000.5\n",
    "carriage returns": "epoch,val_loss\r1,0.5\r2,0.6\r",
    "separators": "epoch\u2028,val_loss\x0b\n1\x85,2\n",
}


@dataclass(frozen=True)
class Damage:
    """A change to one file, given its path; `name` describes it."""

    name: str
    file: str
    do: Callable[[Path], None]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def corpus() -> Iterator[Damage]:
    """Yield every damage to a sweep whose first job is `00`; paths begin at the sweep."""
    for file in (RECORD, *(f"00/{name}" for name in (RESULT, METRICS, OVERRIDES, CONFIG, MACHINERY, PRUNING))):
        for name, content in CONTENTS.items():
            yield Damage(name, file, lambda path, content=content: path.write_bytes(content))
        for name, do in PLACES.items():
            yield Damage(name, file, do)
    for name, text in TABLES.items():
        yield Damage(name, f"00/{METRICS}", lambda path, text=text: path.write_text(text, "utf-8", newline=""))
    for name, value in ODD.items():
        for key in ("status", "error", "reason", "epochs", "seconds", "best", "final", "test"):
            yield _changed(f"00/{RESULT}", key, name, value)
        for part in ("best", "final", "test"):
            yield _changed(f"00/{RESULT}", f"{part}.val_accuracy", name, value)
        yield _changed(f"00/{RESULT}", "best.epoch", name, value)
        for key in ("hydra", "hydra.sweeper", "hydra.runtime", "hydra.runtime.config_sources", "hydra.overrides"):
            yield _changed(RECORD, key, name, value)
        for key in ("objective", "hydra.overrides.task", "hydra.overrides.hydra"):
            yield _changed(RECORD, key, name, value)
        for file in (f"00/{OVERRIDES}", f"00/{CONFIG}"):
            yield Damage(f"[{name}]", file, lambda path, value=value: path.write_text(json.dumps([value, "a", "=b"])))
        for key in (*checkpoint.SCHEMA, *checkpoint.OPTIONAL):
            change = partial(_metadata, key=key, value=value)
            yield Damage(f"{key} is {name}", f"00/{LAST}", change)
    for name in ("empty", "binary", "zeros"):
        yield Damage(name, f"00/{LAST}", lambda path, name=name: path.write_bytes(CONTENTS[name]))
    for name, do in PLACES.items():
        yield Damage(name, f"00/{LAST}", do)


def _changed(file: str, key: str, name: str, value: Any) -> Damage:
    def do(path: Path) -> None:
        content = node = json.loads(path.read_text())
        *parents, last = key.split(".")
        for parent in parents:
            node = node[parent]
        node[last] = value
        path.write_text(json.dumps(content))

    return Damage(f"{key} is {name}", file, do)


def _metadata(path: Path, key: str, value: Any) -> None:
    saved = checkpoint.read(path)
    text = json.dumps({"format": checkpoint.FORMAT, **saved.metadata, key: value})
    path.write_bytes(save(dict(saved.tensors), {checkpoint.KEY: text}))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _circle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _large(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1 << 35)  # takes no space on the disk


PLACES: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "folder": _folder,
    "circle of links": _circle,
    "endless": _endless,
    "pipe": _pipe,
    "large": _large,
}


def restore(path: Path, content: bytes) -> None:
    """Restore a file, whatever is in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
