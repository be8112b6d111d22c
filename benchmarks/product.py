"""The product, called as its commands and its service call it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors.numpy import load_file, save_file

from benchmarks.replies import Built, Texts
from indexer.build import build
from indexer.config import Settings, load_settings
from indexer.embedder import find_model, load_encoder, passage_text, sentence_text
from indexer.generations import open_generation
from indexer.models import Query
from indexer.search import Engine


class Product:
    """The product's own steps, one by one."""

    def write_model(self, folder: str) -> None:
        """Write the model that the settings name as others load it best: with its weights in float32.

        The product's own weights lie in half precision, and whoever loads them as they come computes in it, which is
        slow on a CPU. The numbers are the same.
        """
        shutil.copytree(find_model(load_settings().model).folder, folder, dirs_exist_ok=True)
        for weights in Path(folder).glob("model*.safetensors"):
            tensors = load_file(weights)
            save_file({name: _single(tensor) for name, tensor in tensors.items()}, weights, {"format": "pt"})
        config = Path(folder, "config.json")
        facts = json.loads(config.read_text(encoding="utf-8"))
        config.write_text(json.dumps({**facts, "dtype": "float32"}), encoding="utf-8")

    def build(self, reports: Sequence[str], folder: str) -> Built:
        """Bring an index up to date with folders of reports."""
        started, loading = time.perf_counter(), [0.0, 0.0]

        def note(what: str, done: int, total: int) -> None:
            if what == "model":
                loading[done] = time.perf_counter() - started

        report = build(_settings(folder), [Path(each) for each in reports], progress=note)
        return Built(report.changed, report.documents, report.findings, report.seconds, loading[1] - loading[0])

    def texts(self, folder: str) -> Texts:
        """The texts of an index, in its order."""
        passages: list[str] = []
        every: dict[str, None] = {}
        sentences = 0
        with open_generation(Path(folder)) as generation:
            for document in generation.store.document_rows():
                for stored in generation.store.findings(generation.store.finding_rows_of(document)):
                    finding = stored.finding
                    every[passage_text(finding)] = None
                    every |= dict.fromkeys(sentence_text(finding, sentence) for sentence in finding.sentences)
                    sentences += len(finding.sentences)
                    passages.append(passage_text(finding))
        return Texts(passages, list(every), sentences)

    def counts(self, folder: str) -> tuple[int, int]:
        """How many findings and sentences an index has."""
        with open_generation(Path(folder)) as generation:
            return generation.manifest.findings, generation.manifest.sentences

    def load(self, folder: str, purpose: Literal["building", "serving"]) -> str:
        """Load the encoder as a build of an index, or a service, has it; gives what it is."""
        self.encoder = load_encoder(_settings(folder), purpose)
        return f"{self.encoder.name} in {self.encoder.runtime}, {self.encoder.precision}"

    def encode(self, texts: Sequence[str]) -> None:
        """Embed texts, and nothing else."""
        self.encoder.encode(texts)

    def open(self, folder: str) -> None:
        """Open an index as the service does."""
        self.engine = Engine.open(_settings(folder), self.encoder)

    def search(self, query: str) -> int:
        """Search, and count the results shown."""
        return len(self.engine.search(Query(query)).hits)


def _single(tensor: np.ndarray) -> np.ndarray:
    return tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor


def _settings(folder: str) -> Settings:
    """The settings in force, for an index in a folder; no vector of a query is kept."""
    settings = load_settings()
    model = settings.model.model_copy(update={"query_cache": 0})
    return settings.model_copy(update={"index_dir": Path(folder), "model": model})
