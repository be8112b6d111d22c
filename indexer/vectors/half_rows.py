"""Rows of float16 numbers, as bytes and in a file."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexer.vectors.base import FloatMatrix, IntVector, check_held

_FORGET: Final[int | None] = getattr(mmap, "MADV_DONTNEED", None)
"""Asks a system to let pages of a mapped file go; None where it cannot be asked."""


def floats(rows: NDArray[np.uint8]) -> FloatMatrix:
    """The bytes of float16 numbers, (n, 2 * dimension), as float32 (n, dimension); exactly, unless they are infinite.

    Sign and digits go where float32 has them, and the exponent is then 112 too small. It takes half the time that
    NumPy takes. Source: F. Giesen, `half_to_float_fast4`, https://gist.github.com/rygorous/2144712.
    """
    bits = rows.view("<i2").astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x70002000)  # what the sign has filled on its way
    numbers = bits.view(np.float32)
    numbers *= np.float32(2.0**112)
    return numbers


class HalfRows:
    """Rows of a file, of which none stay in memory once they are read.

    A system keeps of a mapped file all that was touched and some pages around it: a few hundred queries that look at
    a thousand rows each would in the end hold gigabytes. Reading from several threads at once is safe.

    Args:
        offset: where in the file the first row begins.
        count: how many rows there are.
    Raises:
        OSError: the file cannot be read.
    """

    def __init__(self, path: Path, offset: int, count: int, dimension: int) -> None:
        self.dimension = dimension
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        bytes_of_rows = np.frombuffer(self._map, dtype=np.uint8, count=count * dimension * 2, offset=offset)
        self._rows = bytes_of_rows.reshape(count, dimension * 2)

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, ids: IntVector) -> NDArray[np.uint8]:
        """The bytes of the given rows, (n, 2 * dimension), as a copy.

        Raises:
            IndexError: an id is not held.
        """
        check_held(len(self), ids)
        rows = self._rows[ids]
        if _FORGET is not None:
            self._map.madvise(_FORGET)
        return rows

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The given rows, (n, dimension); see the port."""
        return floats(self.read(ids))
