"""Tables for spreadsheets: CSV that Excel opens as it is, and in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula when it stands first; some fold wide signs to these."""


def safe(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before one that it might."""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV (RFC 4180) in UTF-8; without its byte order mark Excel would take it for another encoding."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
