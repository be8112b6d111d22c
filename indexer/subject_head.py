"""Whether a query is about what inspections of children's services look at, read from its vector.

A ranking orders what there is, and something is always nearest: the nearest findings to a question about hospital wards
are about the health of children in care, and look as near as those to an odd question that is on the subject. This
classifier, a support vector machine with a Gaussian kernel, comes with the product's encoder and tells the two apart
(`training/README.md`): what is near the subject surrounds it on all sides, so that no plane parts them. `ranking`
counts what it says in the score of every finding alike. It is kept in `subject.safetensors` in the folder of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from indexer.head_file import read_arrays
from indexer.vectors.base import FloatMatrix

FILE: Final = "subject.safetensors"

ON_SUBJECT: Final = 1.0
"""Log odds from which on a query is simply on the subject: one that is so all the more is no likelier to be answered.
It stands for every query where nobody can tell, too."""

_OFF: Final = -6.0
"""Log odds below which nothing is surer: the examples that were learnt from are too few to say more."""


@dataclass(frozen=True, slots=True)
class SubjectHead:
    """Log odds that a query is on the subject: a bias and, for each support vector, a weight times their likeness.

    The likeness of two vectors at distance d is exp(-width d²).
    """

    support: FloatMatrix
    """(n, dimension)"""
    weights: FloatMatrix
    """(n,)"""
    bias: FloatMatrix
    """(1,)"""
    width: FloatMatrix
    """(1,)"""

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """The classifier in the folder of a model, if it has one.

        Raises:
            ConfigError: the file cannot be read or lacks something.
        """
        arrays = read_arrays(folder / FILE, cls.__dataclass_fields__)
        return None if arrays is None else cls(**arrays)

    def log_odds(self, vectors: FloatMatrix) -> FloatMatrix:
        """How sure it is that queries are on the subject, (n,), at most `ON_SUBJECT`; vectors are (n, dimension)."""
        # Not as a product of matrices: its threads go on spinning when it is done, in the way of the next query.
        likeness = np.exp(-2 * self.width * (1 - np.einsum("ij,kj->ik", vectors, self.support)))
        return np.asarray(np.clip(likeness @ self.weights + self.bias, _OFF, ON_SUBJECT), dtype=np.float32)
