"""Running the code of pages and notebooks in this process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def pieces_of(notebook: Path) -> list[str]:
    """Return the code cells of a notebook, which must have no outputs, since these would change at every run."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code), f"{notebook.name}: clear its outputs"
    return ["".join(cell["source"]) for cell in code]


def run_pieces(pieces: Sequence[str], place: str, names: dict[str, Any]) -> None:
    """Run pieces of code one after another with the global `names` of a program; `place` is for tracebacks."""
    for number, piece in enumerate(pieces, 1):
        exec(compile(piece, f"{place}, piece {number}", "exec"), names)
