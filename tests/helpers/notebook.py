"""Code of pages and notebooks, run in this process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def pieces_of(notebook: Path) -> list[str]:
    """The code cells of a notebook, which must be without outputs: these would change at every run."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code), f"{notebook.name}: clear its outputs"
    return ["".join(cell["source"]) for cell in code]


def run_pieces(pieces: Sequence[str], place: str, names: dict[str, Any]) -> None:
    """Run one piece after the other, as the program or notebook that has these names; `place` is for tracebacks."""
    for number, piece in enumerate(pieces, 1):
        exec(compile(piece, f"{place}, piece {number}", "exec"), names)
