"""txtai as its users have it: words and meaning together (`hybrid`), the texts kept beside them (`content`).

    python -m benchmarks.txtai_user FOLDER QUERY

answers one query from an index that the benchmark has built. Nothing of the product is imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from txtai import Embeddings


class Txtai:
    """The same calls as `script.Script` has."""

    def load(self, model: str) -> None:
        """Load the model in a folder."""
        self.embeddings = Embeddings(path=model, content=True, hybrid=True)

    def index(self, texts: Sequence[str], folder: str) -> None:
        """Embed passages and write them to a folder."""
        self.embeddings.index(texts)
        self.embeddings.save(folder)

    def open(self, folder: str) -> None:
        """Read what `index` wrote; the model too, which txtai loads with it."""
        self.embeddings = Embeddings()
        self.embeddings.load(folder)

    def search(self, query: str, limit: int = 10) -> list[tuple[str, float]]:
        """The best passages by words and meaning, with their scores."""
        return [(each["text"], each["score"]) for each in self.embeddings.search(query, limit)]


if __name__ == "__main__":
    txtai = Txtai()
    txtai.open(sys.argv[1])
    for text, score in txtai.search(sys.argv[2]):
        print(f"{score:.3f} {text[:100]}")
