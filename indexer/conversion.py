"""A sentence-transformers model as OpenVINO runs it: converted once, compared with the original, kept beside the index.

The whole of the model is converted, from tokens to vectors, so that whatever layers it has come along. What cannot be
converted, or gives other vectors than the original, is left to PyTorch.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import os
import shutil
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from indexer.checksum import file_sha256
from indexer.runtimes import (
    FACTS,
    INPUTS,
    MODEL,
    TOKENIZER,
    WEIGHTS,
    Converted,
    OpenVinoRuntime,
    TorchRuntime,
    read_converted,
)
from indexer.vectors.base import FloatMatrix

if TYPE_CHECKING:
    import torch
    from openvino import Model
    from sentence_transformers import SentenceTransformer

logger = logging.getLogger(__name__)

FOLDER: Final = ".encoder-"
"""Begins the name of the folder; hidden, so that it is no part of the index, which can do without it."""

SAME: Final = 0.999
"""Least cosine between a converted model's vector of a text and the original's, both in float32."""

_ODD: Final = ("", "x", "Überprüfung – “quoted”, 50% of 1,200; naïve\n\n• bullet", "the children's plans " * 400)
"""Texts that a tokenizer may treat in a way of its own: empty, not English, far too long."""


def encoder_folder(index_dir: Path, model: Path, weights_sha256: str) -> Path:
    """Where the converted model has its place beside an index.

    The name stands for all that decides how a model is converted: its weights, its settings, OpenVINO's version.
    """
    digest = hashlib.sha256(f"{weights_sha256} {importlib.metadata.version('openvino')}".encode())
    for file in sorted([*model.rglob("*.json"), *model.rglob("*.txt")]):
        digest.update(file.relative_to(model).as_posix().encode())
        digest.update(file.read_bytes())
    return index_dir / f"{FOLDER}{digest.hexdigest()[:16]}"


def convert(original: TorchRuntime, folder: Path, texts: Sequence[str]) -> Converted | None:
    """Convert a model into a folder, which appears when it is whole.

    Args:
        original: the model, on the CPU in float32.
        texts: what both are compared on, beside a few odd texts.
    Returns:
        What is known of the converted model; None where this model cannot be converted.
    Raises:
        OSError: the folder cannot be written.
    """
    building = folder.with_name(f"{FOLDER}building-{uuid.uuid4().hex}")
    building.mkdir()
    try:
        try:
            facts = _write(original.model, building, original.dimension)
            reason = _difference(original, OpenVinoRuntime(building, facts, "float32", batch_size=4, many=False), texts)
        except OSError:
            raise
        except Exception as error:  # whatever a model of any kind may do when it is taken apart
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        if reason:
            logger.info("the model cannot be run by OpenVINO: %s", reason)
            return None
        (building / FACTS).write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
        _put_in_place(building, folder)
        return facts
    finally:
        shutil.rmtree(building, ignore_errors=True)


def remove_others(folder: Path) -> None:
    """Remove what was kept beside the same index for other models, other versions, or by killed programs."""
    for other in folder.parent.glob(f"{FOLDER}*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _put_in_place(building: Path, folder: Path) -> None:
    for file in [*building.iterdir(), building]:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    if read_converted(folder) is None:  # else another process has put its own there meanwhile, which is as good
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)


def _write(model: SentenceTransformer, folder: Path, dimension: int) -> Converted:
    import openvino

    tokenizer = model.tokenizer
    if not tokenizer.is_fast or tokenizer.padding_side != "right" or tokenizer.truncation_side != "right":
        raise ValueError("its tokenizer is of another kind")
    if model.max_seq_length is None:
        raise ValueError("it does not say how many tokens it reads")
    tokens = tokenizer(["Minutes are late.", "Plans."], padding=True, return_tensors="pt")
    inputs = tuple(name for name in INPUTS if name in tokens)
    openvino.save_model(_graph(model, {name: tokens[name] for name in inputs}), folder / MODEL, _is_half(model))
    tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    prompts, default = model.prompts, model.default_prompt_name or ""
    passage = next((name for name in ("document", "passage", "corpus") if name in prompts), default)
    return Converted(
        openvino=importlib.metadata.version("openvino"),
        inputs=inputs,
        dimension=dimension,
        max_length=model.max_seq_length,
        pad_id=tokenizer.pad_token_id,
        query_prompt=prompts.get("query" if "query" in prompts else default) or "",
        passage_prompt=prompts.get(passage) or "",
        sha256={name: file_sha256(folder / name) for name in (MODEL, WEIGHTS, TOKENIZER)},
    )


def _graph(model: SentenceTransformer, example: dict[str, torch.Tensor]) -> Model:
    """The whole of a model, tokens to vectors, as an OpenVINO model."""
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = torch.nn.ModuleList(model)

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            token_type_ids: torch.Tensor | None = None,
        ) -> torch.Tensor:
            given = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
            features = {name: tensor for name, tensor in given.items() if tensor is not None}
            for step in self.steps:
                features = step(features)
            return features["sentence_embedding"]

    # Not by openvino.convert_model, which tells its maker what it is used for unless it is forbidden to.
    frontend = FrontEndManager().load_by_framework("pytorch")
    with _quiet(), torch.inference_mode():
        decoder = TorchScriptPythonDecoder(Whole().eval(), example_input=example)  # must outlive the conversion
        return frontend.convert(frontend.load(decoder))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of tracing, of every number it takes for a constant: the result is compared."""
    library = logging.getLogger("transformers")
    level = library.level
    library.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library.setLevel(level)


def _is_half(model: SentenceTransformer) -> bool:
    """Whether the weights were published in 16 bits, which then say all there is in half the space."""
    return all(bool((weights == weights.half()).all()) for weights in model.parameters())


def _difference(original: TorchRuntime, converted: OpenVinoRuntime, texts: Sequence[str]) -> str:
    """How the vectors of a converted model differ from the original's; "" where they are the same up to rounding."""
    for query in (False, True):
        least = cosines(original.run([*texts, *_ODD], query), converted.run([*texts, *_ODD], query)).min()
        if not least >= SAME:
            return f"it gives other vectors (cosine {least:.4f})"
    return ""


def cosines(left: FloatMatrix, right: FloatMatrix) -> FloatMatrix:
    """Cosine similarity of each row with the row across from it, (n,)."""
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray(np.sum(left.astype(np.float64) * right, axis=1) / lengths, dtype=np.float32)
