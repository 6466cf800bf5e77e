"""A table of houses."""

import csv
import datetime
from pathlib import Path
from zipfile import ZipFile

import numpy as np

TABLE = (
    *("model=table_mlp", "data=table", "batch_size=64", "parallel.workers=1"),
    *("callbacks.curves=null", "callbacks.report=null"),
)


def houses(count: int = 300) -> list[dict[str, str]]:
    """Rows of texts as a CSV file has them: numbers, categories of few and many levels, yes or no, dates, gaps.

    The price follows from the area, the place and the garden.
    """
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(count):
        area, place, garden = rng.uniform(40, 200), rng.integers(25), rng.integers(2)
        price = 1000 * area + 4000 * place + 50_000 * garden + rng.normal(0, 2000)
        rows.append(
            {
                "area": f"{area:.1f}" if rng.random() > 0.1 else "",
                "rooms": str(rng.integers(1, 7)),
                "kind": str(rng.choice(["flat", "house", "loft"])),
                "place": f"P{place:02d}",
                "garden": "yes" if garden else "no",
                "built": str(datetime.date(1950, 1, 1) + datetime.timedelta(int(rng.integers(25_000)))),
                "price": f"{price:.0f}",
                "dear": "dear" if price > 190_000 else "cheap",
            }
        )
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as a CSV file; return its path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def without(rows: list[dict[str, str]], *names: str) -> list[dict[str, str]]:
    """Return the rows without these columns."""
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def write_excel(path: Path, rows: list[list[int | str]]) -> Path:
    """Write rows as an Excel file of one sheet, with no more than one needs; return its path."""
    office = "http://schemas.openxmlformats.org"
    main = f'xmlns="{office}/spreadsheetml/2006/main"'
    links = f"{office}/officeDocument/2006/relationships"
    kinds = "application/vnd.openxmlformats-"

    def cell(value: int | str) -> str:
        return f"<c><v>{value}</v></c>" if isinstance(value, int) else f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    def linked(kind: str, target: str) -> str:
        link = f'<Relationship Id="r1" Type="{links}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{office}/package/2006/relationships">{link}</Relationships>'

    def typed(part: str, kind: str) -> str:
        return f'<Override PartName="/xl/{part}.xml" ContentType="{kinds}officedocument.spreadsheetml.{kind}+xml"/>'

    sheet = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{kinds}package.relationships+xml"/>'
        f"{typed('workbook', 'sheet.main')}{typed('sheet', 'worksheet')}</Types>",
        "_rels/.rels": linked("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{links}"><sheets><sheet name="s" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": linked("worksheet", "sheet.xml"),
        "xl/sheet.xml": f"<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>",
    }
    with ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, '<?xml version="1.0"?>' + content)
    return path
