"""Words and their stems, as the index holds them."""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from collections.abc import Sequence
from typing import Final

WORD: Final = re.compile(r"[^\W_]+")
"""What FTS5 takes for one word: letters and digits side by side."""

_KEPT: Final = 50_000
_SHORT: Final = 40
"""How many texts up to which length are not stemmed again: the words of queries come back, their sentences hardly."""


def plain(text: str) -> str:
    """A text in lower case without accents, for exact comparison of words."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in parts if not unicodedata.combining(character))


class Stemmer:
    """Words as FTS5 stems them, by FTS5 itself, so that what is counted here is what the index holds.

    Safe from several threads: each has its own small table in memory.
    """

    def __init__(self) -> None:
        self._local = threading.local()
        self._kept: dict[str, tuple[str, ...]] = {}

    def stems(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The stems of each text, in order."""
        found = {text: self._kept[text] for text in texts if text in self._kept}
        if missing := [text for text in dict.fromkeys(texts) if text not in found]:
            fresh = dict(zip(missing, self._stemmed(missing), strict=True))
            if len(self._kept) + len(fresh) > _KEPT:
                self._kept = {}  # other threads go on with the one before
            self._kept |= {text: stems for text, stems in fresh.items() if len(text) <= _SHORT}
            found |= fresh
        return [found[text] for text in texts]

    def _stemmed(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        connection = self._connection()
        connection.execute("INSERT INTO stems(stems) VALUES ('delete-all')")
        connection.executemany("INSERT INTO stems(rowid, text) VALUES (?, ?)", enumerate(texts))
        found: list[list[str]] = [[] for _ in texts]
        for place, term in connection.execute("SELECT doc, term FROM stem_list ORDER BY doc, offset"):
            found[place].append(term)
        return [tuple(terms) for terms in found]

    def _connection(self) -> sqlite3.Connection:
        made: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if made is None:
            made = sqlite3.connect(":memory:", isolation_level=None)
            made.execute(
                "CREATE VIRTUAL TABLE stems USING fts5"
                "(text, content='', tokenize='porter unicode61 remove_diacritics 2')"
            )
            made.execute("CREATE VIRTUAL TABLE stem_list USING fts5vocab(stems, instance)")
            self._local.connection = made
        return made
