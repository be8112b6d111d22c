"""Which way texts point, read from their vectors: a linear classifier that comes with an encoder tuned for it.

The words of a sentence alone mislead: "delays are rare" praises. The product's encoder is trained to keep opposite
sentences apart, so that a softmax over a linear function of the vector tells them (`training/README.md`). It is kept in
`direction.safetensors` in the folder of the model; a model without that file leaves direction to words.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from indexer.head_file import read_arrays
from indexer.models import Direction, Sought
from indexer.vectors.base import FloatMatrix

FILE: Final = "direction.safetensors"

ORDER: Final = (Direction.STRENGTH, Direction.WEAKNESS, Direction.MIXED, Direction.NEUTRAL)
"""What the rows of the weights and the columns of the probabilities stand for."""


@dataclass(frozen=True, slots=True)
class DirectionHead:
    """Weights (4, dimension) and biases (4,) for sentences of reports and for queries, rows as in `ORDER`."""

    sentence_weights: FloatMatrix
    sentence_biases: FloatMatrix
    query_weights: FloatMatrix
    query_biases: FloatMatrix

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """The classifier in the folder of a model, if it has one.

        Raises:
            ConfigError: the file cannot be read or lacks something.
        """
        arrays = read_arrays(folder / FILE, cls.__dataclass_fields__)
        return None if arrays is None else cls(**arrays)

    def sentences(self, vectors: FloatMatrix) -> FloatMatrix:
        """Probabilities (n, 4) that sentences of reports point each way, from their vectors (n, dimension)."""
        return _softmax(vectors @ self.sentence_weights.T + self.sentence_biases)

    def queries(self, vectors: FloatMatrix) -> FloatMatrix:
        """Probabilities (n, 4) that queries ask for each, from their vectors (n, dimension)."""
        return _softmax(vectors @ self.query_weights.T + self.query_biases)

    def turned(self, vectors: FloatMatrix, sought: Sought) -> FloatMatrix:
        """Query vectors that ask for the same topic in a given direction, of unit length.

        The classifier's two opposite classes span an axis; a vector's part along it is taken away, or made that of a
        query which points the way asked for.
        """
        axis = self.query_weights[0] - self.query_weights[1]
        axis /= np.linalg.norm(axis)
        along = vectors @ axis
        wanted = {"any": 0.0, "strength": 1.0, "weakness": -1.0}[sought] * np.abs(along)
        turned = vectors + (wanted - along)[:, None] * axis
        return np.asarray(turned / np.linalg.norm(turned, axis=1, keepdims=True), dtype=np.float32)


def lean(probabilities: FloatMatrix) -> FloatMatrix:
    """How surely texts point which way, (n,) in [-1, 1], from probabilities (n, 4): praise less fault."""
    return np.asarray(probabilities[:, 0] - probabilities[:, 1], dtype=np.float32)


def _softmax(logits: FloatMatrix) -> FloatMatrix:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)
