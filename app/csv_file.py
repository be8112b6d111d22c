"""CSV for spreadsheets: UTF-8 with a mark that Excel knows it by, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

MEDIA_TYPE: Final = "text/csv; charset=utf-8"

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula. https://owasp.org/www-community/attacks/CSV_Injection"""


def csv_file(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as a CSV file. A text that begins as a formula does gets an apostrophe before it; numbers stay numbers."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig", "replace")


def safe(cell: str) -> str:
    """A text as a cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(_STARTS) else cell
