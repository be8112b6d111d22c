"""Texts to vectors: the `Encoder` protocol, sentence-transformers behind it, and which text gets a vector.

torch and sentence-transformers take seconds to import, so they are imported where a model is loaded and nowhere else.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from indexer.checksum import file_sha256
from indexer.config import ModelSettings, Settings
from indexer.direction_head import DirectionHead
from indexer.errors import ConfigError
from indexer.models import Finding, Sentence
from indexer.subject_head import SubjectHead
from indexer.vectors.base import FloatMatrix

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

logger = logging.getLogger(__name__)

Precision = Literal["float32", "bfloat16"]

DEFAULT_FOLDER = Path(__file__).with_name("encoder")
"""The model that comes with the product; the README.md in it says what it was made from and how."""
DEFAULT_NAME = "findings-minilm-1"
DEFAULT_SHA256 = "e3c4e4fdcc596f9fe5d91fe1b8bddc43c692372668c1173616f5077cc893c06d"
"""Of its weights: see `_weights_sha256`."""

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Files that decide what a model computes, the preferred form first."""


class Encoder(Protocol):
    """Turns texts into vectors whose inner product is their likeness in meaning.

    Rows are float32 of unit length, one for each text, in the order given. The same text gives the same vector up to
    rounding. Safe to use from several threads.
    """

    @property
    def name(self) -> str:
        """The model's name, for people."""

    @property
    def sha256(self) -> str:
        """Checksum of the model's weights: vectors of two encoders compare only where these are equal."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    @property
    def precision(self) -> str:
        """The arithmetic the model runs in."""

    @property
    def head(self) -> DirectionHead | None:
        """The classifier that reads from a vector which way its text points; None where the model has none."""

    @property
    def subject(self) -> SubjectHead | None:
        """The classifier that reads from a vector whether a query is on the subject; None where there is none."""

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of passages, (n, dimension)."""

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of queries, (n, dimension); a model that tells queries from passages does so here."""


# With any change to these two, `document.PIPELINE` is raised: an index keeps the vectors of documents as they were.


def passage_text(finding: Finding) -> str:
    """The text whose vector stands for a whole finding: its words with its two innermost headings before them.

    A heading often holds what the words leave out: "The timeliness of strategy discussions" is a shortfall only under
    "What needs to improve". The innermost is as often only "Summary"; the one above it then names the area.
    """
    return f"{' > '.join(finding.section[-2:])}: {finding.text}" if finding.section else finding.text


def sentence_text(finding: Finding, sentence: Sentence) -> str:
    """The text whose vector stands for one sentence: with the heading for a bullet, alone otherwise.

    A bullet is often half a sentence that its heading completes, while a sentence of prose stands by itself and a
    heading would make all sentences of its section alike.
    """
    words = finding.text[sentence.start : sentence.end]
    return f"{finding.section[-1]}: {words}" if finding.bullet and finding.section else words


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk, checked: what to call it, where it lies, and the checksum of its weights."""

    name: str
    folder: Path
    sha256: str


def find_model(settings: ModelSettings) -> ModelFiles:
    """The model that the settings name, its weights checked against the checksum known for it.

    Raises:
        ConfigError: it is not there, cannot be fetched, or its weights are not those expected.
    """
    expected = settings.sha256
    if settings.hub is not None and settings.revision is not None:
        folder = _fetch(settings.hub, settings.revision)
        name = f"{settings.hub}@{settings.revision}"
    elif settings.path is not None:
        folder, name = settings.path, settings.path.resolve().name
        if not folder.is_dir():
            raise ConfigError(f"model.path: there is no folder {folder}; name the folder of a model")
    else:
        folder, name, expected = DEFAULT_FOLDER, DEFAULT_NAME, DEFAULT_SHA256
    sha256 = _weights_sha256(folder)
    if expected is not None and sha256 != expected:
        raise ConfigError(
            f"the weights of the model in {folder} have sha256 {sha256}, not {expected}: they are damaged or another"
            " model's; install the model again or correct model.sha256"
        )
    return ModelFiles(name, folder, sha256)


def load_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name, loaded.

    Raises:
        ConfigError: the model is not there, is not the one expected, or cannot be run as asked.
    """
    # Both are read when huggingface_hub is first imported: no part of the libraries draws a progress bar of its own
    # from then on, and none looks anything up unless a hub model is asked for.
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    if settings.model.hub is None:
        os.environ["HF_HUB_OFFLINE"] = "1"
    files = find_model(settings.model)

    import torch
    from sentence_transformers import SentenceTransformer

    device, precision = _device(settings.model), settings.model.precision
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if device == "cuda" else _cpu_has_bfloat16()
        precision = "bfloat16" if fast else "float32"
    try:
        model = SentenceTransformer(
            str(files.folder),
            device=device,
            local_files_only=True,
            model_kwargs={"dtype": getattr(torch, precision)},
        )
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"cannot load the model in {files.folder}: {reason}") from error
    logger.info("model %s on %s in %s", files.name, device, precision)
    return SentenceEncoder(model, files, precision, settings.model.batch_size)


def _device(settings: ModelSettings) -> Literal["cpu", "cuda"]:
    import torch

    if settings.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("model.device: 'cuda' cannot be used: torch finds no GPU; set it to auto or cpu")
    if settings.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return settings.device


class SentenceEncoder:
    """`Encoder` over a sentence-transformers model."""

    def __init__(self, model: SentenceTransformer, files: ModelFiles, precision: Precision, batch_size: int) -> None:
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise ConfigError(f"the model in {files.folder} does not say the length of its vectors")
        self._model = model
        self._files = files
        self._precision = precision
        self._dimension = dimension
        self._batch_size = batch_size
        self._head = DirectionHead.load(files.folder)
        self._subject = SubjectHead.load(files.folder)
        # The tokenizers library fails with "Already borrowed" where two threads use one tokenizer at once.
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name, for people."""
        return self._files.name

    @property
    def sha256(self) -> str:
        """Checksum of the model's weights."""
        return self._files.sha256

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._dimension

    @property
    def precision(self) -> str:
        """The arithmetic the model runs in."""
        return self._precision

    @property
    def head(self) -> DirectionHead | None:
        """The classifier of directions in the folder of the model, if there is one."""
        return self._head

    @property
    def subject(self) -> SubjectHead | None:
        """The classifier of subjects in the folder of the model, if there is one."""
        return self._subject

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of passages; see the protocol. A text that occurs twice is embedded once."""
        return self._encode(texts, query=False)

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of queries; see the protocol."""
        return self._encode(texts, query=True)

    def _encode(self, texts: Sequence[str], query: bool) -> FloatMatrix:
        position = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        if not position:
            return np.empty((0, self._dimension), dtype=np.float32)
        encode = self._model.encode_query if query else self._model.encode_document
        with self._lock:
            # The library sorts the texts by length before it cuts batches, so that little is padded.
            vectors = encode(list(position), batch_size=self._batch_size, show_progress_bar=False)
        return unit_rows(np.asarray(vectors))[[position[text] for text in texts]]


def unit_rows(vectors: np.ndarray) -> FloatMatrix:
    """The rows as float32 of unit length; a row of zeros stays one."""
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    unit: FloatMatrix = (exact / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return unit


def _fetch(hub: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        # Without the weights in other frameworks' formats, which are large and never read here.
        unread = ["*.onnx", "*.h5", "*.ot", "*.msgpack", "openvino/*", "onnx/*"]
        return Path(snapshot_download(hub, revision=revision, ignore_patterns=unread))
    except Exception as error:  # its own errors, its HTTP client's, and the operating system's
        reason = " ".join(str(error).split())
        raise ConfigError(f"cannot fetch the model {hub} at revision {revision}: {reason}") from error


def _weights_sha256(folder: Path) -> str:
    """Checksum of the weights: that of the file where there is one, else of the list of the files' checksums."""
    for pattern in WEIGHTS:
        # Folders of other frameworks' formats hold no files of these names.
        if files := sorted(folder.rglob(pattern)):
            break
    else:
        raise ConfigError(f"the folder {folder} holds no model: it has no file named {' or '.join(WEIGHTS)}")
    sums = [(file.relative_to(folder).as_posix(), file_sha256(file)) for file in files]
    if len(sums) == 1:
        return sums[0][1]
    return hashlib.sha256("".join(f"{sha256}  {name}\n" for name, sha256 in sums).encode()).hexdigest()


def _cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware; elsewhere it is far slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(flags)
