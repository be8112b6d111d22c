"""What a generation's collections are called and hold, and filters as Milvus takes them.

Filters look at whole numbers, not at texts: nothing that a user types becomes part of an expression.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from indexer.errors import NotFoundError
from indexer.milvus.server import ROW, VECTOR, WORDS, Collection, Server, among, both
from indexer.models import Direction, Filters, Grade, Kind
from indexer.store import Store

FINDING: Final = "finding"
"""Of a sentence: the row of its finding."""

_FIELDS: Final = ("kind", "direction", "judgement", "document", "authority", "inspection_type", "published")
"""What filters look at, of findings and sentences alike."""

_NONE: Final = -1
"""Stands where a report does not say."""

_EXACT_UP_TO: Final = 200_000
"""Vectors up to which comparing all of them is fast enough."""

_LISTS: Final = 1024
_PROBED: Final = 128
"""Of IVF_SQ8: parts that vectors are sorted into, and how many of them a search looks through."""

IndexType = Literal["FLAT", "IVF_SQ8", "HNSW", "DISKANN"]

EXACT: Final = ("FLAT", "HNSW", "DISKANN")
"""Types whose scores are those of whole vectors. IVF_SQ8 keeps a byte for each number: scores off by up to 0.002."""


# ---------------------------------------------------------------------------------------------- collections


@dataclass(frozen=True, slots=True)
class Pair:
    """The collections of one generation."""

    findings: Collection
    sentences: Collection


def pair(server: Server, name: str, generation: str) -> Pair:
    """The collections of a generation, whether or not they are there.

    Args:
        name: what the index is called in Milvus.
    """
    first = f"{name}_{generation}"
    return Pair(server.collection(f"{first}_findings"), server.collection(f"{first}_sentences"))


def generation_of(name: str, collection: str) -> str | None:
    """The generation that a collection holds a part of; None where it is not one of this index."""
    found = re.fullmatch(rf"{re.escape(name)}_(\d{{8}}T\d{{12}}Z)_(?:findings|sentences)", collection)
    return found[1] if found else None


def create(collection: Collection, dimension: int, *, sentences: bool) -> None:
    """Make a collection, empty and without indexes."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ROW, DataType.INT64, is_primary=True)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
    if sentences:
        schema.add_field(FINDING, DataType.INT64)
    else:
        schema.add_field(WORDS, DataType.SPARSE_FLOAT_VECTOR)
    for field in _FIELDS:
        schema.add_field(field, DataType.INT32)
    with collection.server.errors_said():
        collection.server.client.create_collection(collection.name, schema=schema, consistency_level="Bounded")


def add_indexes(collection: Collection, wanted: IndexType | Literal["auto"], rows: int, *, sentences: bool) -> None:
    """Index a collection that is filled, and load it. Ends when it can be searched, however long that takes."""
    client = collection.server.client
    kind: IndexType = wanted if wanted != "auto" else "FLAT" if rows <= _EXACT_UP_TO else "HNSW"
    built: Mapping[IndexType, Mapping[str, int]] = {
        "IVF_SQ8": {"nlist": _LISTS},
        "HNSW": {"M": 16, "efConstruction": 200},
    }
    vectors, fields = client.prepare_index_params(), client.prepare_index_params()
    vectors.add_index(VECTOR, index_type=kind, metric_type="IP", params=dict(built.get(kind, {})))
    if not sentences:
        vectors.add_index(WORDS, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    for field in (*_FIELDS, *([FINDING] if sentences else [])):
        fields.add_index(field, index_type="INVERTED")
    with collection.server.errors_said():
        client.flush(collection.name)
        client.create_index(collection.name, fields, sync=False)  # done long before those of vectors, which are awaited
        client.create_index(collection.name, vectors)
        client.load_collection(collection.name)


def thoroughness(index_type: str, k: int) -> dict[str, int]:
    """How an index of a type is searched for the k nearest."""
    if index_type == "HNSW":
        return {"ef": max(k, 64)}
    if index_type == "IVF_SQ8":
        return {"nprobe": _PROBED}
    if index_type == "DISKANN":
        return {"search_list": max(k, 16)}
    return {}


# ---------------------------------------------------------------------------------------------- filters


_FOLDED: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_KINDS: Final = {kind.value: code for code, kind in enumerate(Kind)}
_DIRECTIONS: Final = {direction.value: code for code, direction in enumerate(Direction)}
_GRADES: Final = {grade.value: code for code, grade in enumerate(Grade)}


class Codes:
    """The numbers that stand for the values of one generation's fields; the same wherever it is opened."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._authorities = _numbered(store, "authority")
        self._types = _numbered(store, "inspection_type")

    def fields(self, findings: range) -> Iterator[dict[str, int]]:
        """What filters look at of findings that follow one another."""
        rows = self._store.connection().execute(
            "SELECT f.kind, f.direction, f.judgement, f.document, d.authority, d.inspection_type, d.published"
            " FROM findings f JOIN documents d ON d.row = f.document WHERE f.row >= ? AND f.row < ? ORDER BY f.row",
            (findings.start, findings.stop),
        )
        for kind, direction, judgement, document, authority, inspection_type, published in rows:
            yield {
                "kind": _KINDS[kind],
                "direction": _DIRECTIONS[direction],
                "judgement": _GRADES.get(judgement, _NONE),
                "document": document,
                "authority": _NONE if authority is None else self._authorities[_folded(authority)],
                "inspection_type": _NONE if inspection_type is None else self._types[_folded(inspection_type)],
                "published": int(published.replace("-", "")) if published else _NONE,
            }

    def where(self, filters: Filters) -> str | None:
        """Filters as an expression, with the meaning they have for `Store.filter_rows`; None where nothing can pass."""
        wanted: tuple[tuple[str, Sequence[str], Sequence[int]], ...] = (
            ("kind", filters.kind, _known(_KINDS, filters.kind)),
            ("direction", filters.direction, _known(_DIRECTIONS, filters.direction)),
            ("judgement", filters.judgement, _known(_GRADES, filters.judgement)),
            ("document", filters.document, self._documents(filters.document)),
            ("authority", filters.authority, _known(self._authorities, map(_folded, filters.authority))),
            ("inspection_type", filters.inspection_type, _known(self._types, map(_folded, filters.inspection_type))),
        )
        if any(given and not codes for _, given, codes in wanted):
            return None
        conditions = [among(field, codes) for field, given, codes in wanted if given]
        if not filters.kind:
            conditions.append(f"kind != {_KINDS[Kind.CONTEXT]}")
        if excluded := _known(self._authorities, map(_folded, filters.exclude_authority)):
            conditions.append(f"not ({among('authority', excluded)})")
        if filters.published_from is not None:
            conditions.append(f"published >= {_number(filters.published_from)}")
        if filters.published_to is not None:
            conditions.append(f"published <= {_number(filters.published_to)} and published != {_NONE}")
        return both(*conditions)

    def _documents(self, ids: Sequence[str]) -> list[int]:
        rows = []
        for document in dict.fromkeys(ids):
            try:
                rows.append(self._store.document_row(document))
            except NotFoundError:
                continue  # a filter may name what is not there: it lets nothing through
        return rows


def _numbered(store: Store, column: str) -> dict[str, int]:
    rows = store.connection().execute(f"SELECT DISTINCT {column} FROM documents WHERE {column} IS NOT NULL")
    return {name: code for code, name in enumerate(sorted({_folded(row[0]) for row in rows}))}


def _folded(name: str) -> str:
    """A name without the difference of capitals, as SQLite's NOCASE has it: of the letters A to Z alone."""
    return name.translate(_FOLDED)


def _known(codes: Mapping[str, int], names: Iterable[str]) -> list[int]:
    return sorted({codes[name] for name in names if name in codes})


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
