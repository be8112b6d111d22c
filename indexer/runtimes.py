"""What runs a model: PyTorch with sentence-transformers, which takes any model, or OpenVINO, which is ready sooner.

Importing torch and sentence-transformers costs seconds and loading a model with them another, so that whoever only
searches should not have to. OpenVINO runs a model that was converted once (`conversion`) with neither of them. All of
these packages are imported where a runtime is made and nowhere else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from indexer.batching import batches
from indexer.checksum import file_sha256
from indexer.errors import ConfigError
from indexer.vectors.base import FloatMatrix, IntMatrix, IntVector

if TYPE_CHECKING:
    from openvino import InferRequest
    from sentence_transformers import SentenceTransformer
    from tokenizers import Encoding

logger = logging.getLogger(__name__)

RuntimeName = Literal["torch", "openvino"]
Precision = Literal["float32", "bfloat16"]
Device = Literal["cpu", "cuda"]

MODEL: Final = "model.xml"
WEIGHTS: Final = "model.bin"
TOKENIZER: Final = "tokenizer.json"
FACTS: Final = "converted.json"

_TOKENS: Final = 512
"""Tokens of a batch on a CPU, measured to be fastest: with more, what layers hand on to each other leaves the cache."""

_WIDTHS: Final = 4
"""Batches are padded to a multiple of this. What OpenVINO sets up for each shape it meets takes memory and time, and a
little padding costs less."""

_HINTS: Final[Mapping[Precision, str]] = {"float32": "f32", "bfloat16": "bf16"}


class Runtime(Protocol):
    """Runs a model on texts. Safe to use from several threads, which take turns."""

    name: RuntimeName
    precision: Precision
    dimension: int

    def run(self, texts: Sequence[str], query: bool) -> FloatMatrix:
        """Vectors of texts as the model gives them, (n, dimension), in the order of the texts; n > 0.

        Args:
            query: whether they are queries, for a model that tells queries from passages.
        """


# ---------------------------------------------------------------------------------------------- PyTorch


class TorchRuntime:
    """A sentence-transformers model."""

    name: RuntimeName = "torch"

    def __init__(self, model: SentenceTransformer, precision: Precision, dimension: int, batch_size: int) -> None:
        self.model = model
        self.precision = precision
        self.dimension = dimension
        self._batch_size = batch_size
        # The tokenizers library fails with "Already borrowed" where two threads use one tokenizer at once.
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path, device: Device, precision: Precision, batch_size: int) -> TorchRuntime:
        """Load the model in a folder.

        Raises:
            ConfigError: it cannot be loaded.
        """
        import torch
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
                str(folder),
                device=device,
                local_files_only=True,
                model_kwargs={"dtype": getattr(torch, precision)},
            )
        except (OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"cannot load the model in {folder}: {reason}") from error
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise ConfigError(f"the model in {folder} does not say the length of its vectors")
        return cls(model, precision, dimension, batch_size)

    def run(self, texts: Sequence[str], query: bool) -> FloatMatrix:
        """See the protocol."""
        encode = self.model.encode_query if query else self.model.encode_document
        with self._lock:
            # The library sorts the texts by length before it cuts batches, so that little is padded.
            return np.asarray(encode(list(texts), batch_size=self._batch_size, show_progress_bar=False))


# ---------------------------------------------------------------------------------------------- OpenVINO


class Converted(BaseModel):
    """What must be known of a converted model to run it, in a file beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    openvino: str
    """Version of OpenVINO that converted it."""
    inputs: tuple[str, ...]
    """Which of `_INPUTS` the model takes."""
    dimension: int
    max_length: int
    """Tokens that the model reads; what follows is cut off."""
    pad_id: int
    query_prompt: str
    """What goes before a query."""
    passage_prompt: str
    sha256: dict[str, str]
    """Checksums of the other files of the folder."""


def read_converted(folder: Path) -> Converted | None:
    """What is known of the converted model in a folder; None where there is none, or it is not whole."""
    try:
        facts = Converted.model_validate_json((folder / FACTS).read_text(encoding="utf-8"))
        if all(file_sha256(folder / name) == sha256 for name, sha256 in facts.sha256.items()):
            return facts
        logger.warning("the converted model in %s is damaged and is not used", folder)
    except FileNotFoundError:
        pass
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        logger.warning("the converted model in %s cannot be read: %s", folder, " ".join(str(error).split()))
    return None


_INPUTS: Final[Mapping[str, Callable[[Encoding], Sequence[int]]]] = {
    "input_ids": lambda encoding: encoding.ids,
    "attention_mask": lambda encoding: encoding.attention_mask,
    "token_type_ids": lambda encoding: encoding.type_ids,
}
"""What a model may be given, and where it is found in the tokens of a text."""

INPUTS: Final = tuple(_INPUTS)


class OpenVinoRuntime:
    """A converted model on the CPU.

    Args:
        many: whether many texts at a time are to be done soon, by cores that work on a batch each, or few texts at a
            time, by all cores together.
    """

    name: RuntimeName = "openvino"

    def __init__(self, folder: Path, facts: Converted, precision: Precision, batch_size: int, many: bool) -> None:
        import openvino
        from tokenizers import Tokenizer

        self.precision = precision
        self.dimension = facts.dimension
        self._facts = facts
        self._batch_size = batch_size
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(facts.max_length)
        self._tokenizer.no_padding()
        core = openvino.Core()
        properties = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "PERFORMANCE_HINT": "THROUGHPUT" if many else "LATENCY",
            # Several processes that serve would else all keep to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._queue = openvino.AsyncInferQueue(core.compile_model(folder / MODEL, "CPU", properties))
        self._queue.set_callback(_keep)
        self._lock = threading.Lock()

    @staticmethod
    def precisions() -> tuple[Precision, ...]:
        """The kinds of arithmetic that this machine's CPU is built for."""
        import openvino

        able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return ("float32", "bfloat16") if "BF16" in able else ("float32",)

    def run(self, texts: Sequence[str], query: bool) -> FloatMatrix:
        """See the protocol."""
        prompt = self._facts.query_prompt if query else self._facts.passage_prompt
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        with self._lock:
            tokens = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
            for places in batches([len(each.ids) for each in tokens], self._batch_size, _TOKENS):
                self._queue.start_async(self._inputs([tokens[place] for place in places]), (vectors, places))
            self._queue.wait_all()
        return vectors

    def _inputs(self, tokens: Sequence[Encoding]) -> dict[str, IntMatrix]:
        """The tokens of one batch as the model takes them, each (n, length)."""
        length = -(-max(len(each.ids) for each in tokens) // _WIDTHS) * _WIDTHS
        given = {}
        for name in self._facts.inputs:
            rows = np.full((len(tokens), length), self._facts.pad_id if name == "input_ids" else 0, dtype=np.int64)
            for row, each in zip(rows, tokens, strict=True):
                values = _INPUTS[name](each)
                row[: len(values)] = values
            given[name] = rows
        return given


def _keep(request: InferRequest, wanted: tuple[FloatMatrix, IntVector]) -> None:
    """Copy the vectors of a finished batch to their places."""
    vectors, places = wanted
    vectors[places] = request.get_output_tensor(0).data
