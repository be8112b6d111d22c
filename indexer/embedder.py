"""Texts to vectors: the `Encoder` protocol, a sentence-transformers model behind it, and which text gets a vector."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from indexer.batching import Gathered, VectorCache
from indexer.checksum import file_sha256
from indexer.choice import Purpose, choose_runtime
from indexer.config import ModelSettings, Settings
from indexer.direction_head import DirectionHead
from indexer.errors import ConfigError
from indexer.models import Finding, Sentence
from indexer.runtimes import Runtime
from indexer.subject_head import SubjectHead
from indexer.vectors.base import FloatMatrix

logger = logging.getLogger(__name__)

DEFAULT_FOLDER = Path(__file__).with_name("encoder")
"""The model that comes with the product; the README.md in it says what it was made from and how."""
DEFAULT_NAME = "findings-minilm-1"
DEFAULT_SHA256 = "6935fad441d8000560ac08449b12b2a98ae86a528b0d24be5a86731dbdcee8e1"
"""Of its weights: see `_weights_sha256`."""

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Files that decide what a model computes, the preferred form first."""

_QUERIES_AT_ONCE: Final = 32
"""Texts of queries that go through the model together: more would make the first of them wait."""


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
    def runtime(self) -> str:
        """What runs the model."""

    @property
    def precision(self) -> str:
        """The arithmetic the model runs in."""

    @property
    def texts_per_second(self) -> float | None:
        """How many texts it was measured to embed in a second; None where it was not measured."""

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


def load_encoder(settings: Settings, purpose: Purpose = "reading") -> Encoder:
    """The encoder that the settings name, loaded, and for "serving" warmed up.

    Args:
        purpose: what it is for, which decides how its model is run: see `choice`.
    Raises:
        ConfigError: the model is not there, is not the one expected, or cannot be run as asked.
        OSError: a build cannot write to the index folder.
    """
    # Both are read when huggingface_hub is first imported: no part of the libraries draws a progress bar of its own
    # from then on, and none looks anything up unless a hub model is asked for.
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    if settings.model.hub is None:
        os.environ["HF_HUB_OFFLINE"] = "1"
    files = find_model(settings.model)
    chosen = choose_runtime(settings, files.folder, files.sha256, purpose)
    runtime = chosen.runtime
    logger.info("model %s runs by %s in %s", files.name, runtime.name, runtime.precision)
    encoder = ModelEncoder(files, runtime, settings.model.query_cache, chosen.texts_per_second)
    if purpose == "serving":
        encoder.warm_up()
    return encoder


class ModelEncoder:
    """`Encoder` over a model that a runtime runs.

    Queries that several threads ask for at the same time go through the model together, and the vectors of the last
    ones are kept.

    Args:
        query_cache: queries whose vectors are kept.
        texts_per_second: how fast the runtime was measured to be, if it was.
    """

    def __init__(
        self, files: ModelFiles, runtime: Runtime, query_cache: int, texts_per_second: float | None = None
    ) -> None:
        self._files = files
        self._runtime = runtime
        self._texts_per_second = texts_per_second
        self._head = DirectionHead.load(files.folder)
        self._subject = SubjectHead.load(files.folder)
        self._cache = VectorCache(query_cache)
        self._gathered = Gathered(partial(self._run, query=True), _QUERIES_AT_ONCE)

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
        return self._runtime.dimension

    @property
    def runtime(self) -> str:
        """What runs the model."""
        return self._runtime.name

    @property
    def precision(self) -> str:
        """The arithmetic the model runs in."""
        return self._runtime.precision

    @property
    def texts_per_second(self) -> float | None:
        """How many texts as reports have them it was measured to embed in a second; None where it was not measured."""
        return self._texts_per_second

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
        position = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        return self._run(list(position), query=False)[[position[text] for text in texts]]

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of queries; see the protocol."""
        found = self._cache.get(texts)
        if missing := [text for text in dict.fromkeys(texts) if text not in found]:
            fresh = dict(zip(missing, self._gathered(missing), strict=True))
            self._cache.put(fresh)
            found |= fresh
        return np.stack([found[text] for text in texts]) if texts else self._run((), query=True)

    def warm_up(self) -> None:
        """Embed queries of the usual lengths, so that the first that is asked finds everything set up."""
        for words in range(2, 31, 4):
            self._run([" ".join(["late"] * words)], query=True)

    def _run(self, texts: Sequence[str], query: bool) -> FloatMatrix:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return unit_rows(self._runtime.run(texts, query))


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
