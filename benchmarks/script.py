"""What many would write themselves: sentence-transformers, and FAISS comparing every passage; float32 as it comes.

    python -m benchmarks.script MODEL FOLDER QUERY

answers one query from an index that the benchmark has built. Nothing of the product is imported here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import faiss
from sentence_transformers import SentenceTransformer


class Script:
    """Embed passages, keep them, find the nearest."""

    def load(self, model: str) -> None:
        """Load the model in a folder."""
        self.model = SentenceTransformer(model)

    def index(self, texts: Sequence[str], folder: str) -> None:
        """Embed passages and write them to a folder."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        vectors = self.model.encode(list(texts), normalize_embeddings=True)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, f"{folder}/vectors.faiss")
        Path(folder, "texts.json").write_text(json.dumps(list(texts)), encoding="utf-8")

    def open(self, folder: str) -> None:
        """Read what `index` wrote."""
        self.vectors = faiss.read_index(f"{folder}/vectors.faiss")
        self.texts = json.loads(Path(folder, "texts.json").read_text(encoding="utf-8"))

    def search(self, query: str, limit: int = 10) -> list[tuple[str, float]]:
        """The nearest passages, with their scores."""
        scores, rows = self.vectors.search(self.model.encode([query], normalize_embeddings=True), limit)
        return [(self.texts[row], float(score)) for row, score in zip(rows[0], scores[0], strict=True)]


if __name__ == "__main__":
    script = Script()
    script.load(sys.argv[1])
    script.open(sys.argv[2])
    for text, score in script.search(sys.argv[3]):
        print(f"{score:.3f} {text[:100]}")
