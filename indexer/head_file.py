"""Reads the small files beside a model's weights that hold its classifiers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from indexer.errors import ConfigError
from indexer.vectors.base import FloatMatrix


def read_arrays(file: Path, names: Iterable[str]) -> dict[str, FloatMatrix] | None:
    """The named arrays of a safetensors file as float32; None where there is no file.

    Raises:
        ConfigError: the file cannot be read or lacks one of them.
    """
    if not file.exists():
        return None
    try:
        arrays = load_file(file)
        return {name: arrays[name].astype(np.float32) for name in names}
    except (OSError, SafetensorError, KeyError) as error:
        raise ConfigError(f"cannot read {file}: {error}; install the model again") from error
