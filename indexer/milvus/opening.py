"""Opening the generation that is in Milvus."""

from __future__ import annotations

import shlex
from pathlib import Path

from indexer.config import Settings
from indexer.errors import IndexMismatch, IndexUnavailable
from indexer.generations import GENERATIONS, Generation, Manifest, open_store
from indexer.milvus.layout import generation_of, pair
from indexer.milvus.server import Collection, Server
from indexer.milvus.vectors import MilvusIndex
from indexer.vectors.base import VectorIndex


def name_in_use(settings: Settings) -> str:
    """The name of the generation that Milvus holds all of, and that services answer from.

    Raises:
        ConfigError: the package that speaks to Milvus is not installed.
        IndexUnavailable: Milvus cannot be reached, or holds no index of this name.
    """
    return _name_in_use(Server(settings.milvus), settings)


def open_in_milvus(settings: Settings) -> Generation:
    """Open the generation in use in Milvus: its store from the index folder, its vectors in their collections.

    Raises:
        ConfigError: the package that speaks to Milvus is not installed.
        IndexUnavailable: Milvus cannot be reached or holds no index of this name, or the index folder has no generation
            of the same name.
        IndexMismatch: the generation is damaged, or what Milvus holds is not all of it.
    """
    server = Server(settings.milvus)
    name = _name_in_use(server, settings)
    if not (settings.index_dir / GENERATIONS / name).is_dir():
        raise IndexUnavailable(
            f"Milvus at {server.uri} has generation {name} of the index {settings.milvus.name!r}, and"
            f" {settings.index_dir} does not: copy {GENERATIONS}/{name} there from the machine that built it, or"
            f" {_upload(settings.index_dir)}"
        )

    def vectors_of(manifest: Manifest) -> tuple[VectorIndex, VectorIndex]:
        found = pair(server, settings.milvus.name, name)
        for collection, rows in ((found.findings, manifest.findings), (found.sentences, manifest.sentences)):
            if wrong := held_wrongly(collection, rows, manifest.dimension):
                raise IndexMismatch(
                    f"the collection {collection.name} in Milvus at {server.uri} {wrong}: {_upload(settings.index_dir)}"
                )
        return (
            MilvusIndex(found.findings, manifest.findings, manifest.dimension),
            MilvusIndex(found.sentences, manifest.sentences, manifest.dimension),
        )

    return open_store(settings.index_dir, name, vectors_of)


def held_wrongly(collection: Collection, rows: int, dimension: int) -> str:
    """What is wrong with a collection that should have so many rows, as in "has 3 rows and should have 4"; or "".

    Raises:
        IndexUnavailable: Milvus cannot be reached.
    """
    if not collection.exists():
        return "is missing"
    if (length := collection.dimension()) != dimension:
        return f"has vectors of {length} numbers and should have {dimension}"
    if not collection.index_type():
        return "is not complete"
    collection.load()
    if (held := collection.count()) != rows:
        return f"has {held:,} rows and should have {rows:,}"
    return ""


def _name_in_use(server: Server, settings: Settings) -> str:
    collection = server.alias(settings.milvus.name)
    if collection is None:
        raise IndexUnavailable(
            f"Milvus at {server.uri} holds no index {settings.milvus.name!r}: {_upload(settings.index_dir)}, or correct"
            " the setting milvus.name"
        )
    name = generation_of(settings.milvus.name, collection)
    if name is None:
        raise IndexMismatch(
            f"the alias {settings.milvus.name!r} in Milvus at {server.uri} stands for {collection}, which is no index"
            " of this program: set milvus.name to another name"
        )
    return name


def _upload(index_dir: Path) -> str:
    return f"upload it with `findings index FOLDER --index {shlex.quote(str(index_dir))}`"
