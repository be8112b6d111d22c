"""A Milvus server, or the file of Milvus Lite, and its collections."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from indexer.config import MilvusSettings
from indexer.errors import ConfigError, IndexMismatch, IndexUnavailable
from indexer.vectors.base import FloatMatrix, IntVector

if TYPE_CHECKING:
    from pymilvus import MilvusClient

MOST: Final = 16_384
"""Results of one search or query, and rows named in one filter: what Milvus grants unless it is set up otherwise."""

ROW: Final = "row"
VECTOR: Final = "vector"
WORDS: Final = "words"

SparseVector = Mapping[int, float]
Found = tuple[IntVector, NDArray[np.float32]]
"""Rows and their scores, best first, (n,) each."""

_VECTORS: Final = 2048
"""Vectors fetched at a time: a few megabytes, well under the least message size that gRPC is set up for."""

WAY_OUT: Final = "upload the index again with `findings index`"

_LITE: Final = {"grpc_options": {"grpc.keepalive_time_ms": 2**31 - 1}}
"""Milvus Lite breaks a connection that is asked every ten seconds, as pymilvus does, whether it still stands."""

_REASON: Final = 300
"""Characters of what Milvus complains of that are passed on; it may add all that gRPC knows."""


class Server:
    """A connection to Milvus. Safe to use from several threads.

    Raises:
        ConfigError: the package that speaks to Milvus is not installed.
        IndexUnavailable: Milvus cannot be reached.
    """

    def __init__(self, settings: MilvusSettings) -> None:
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise ConfigError(
                f"the setting store is milvus, and a package for it is missing ({error}): install it with"
                " `pip install 'findings[milvus]'`, or set store to embedded"
            ) from error
        # They log every error with its trace before raising it; here each is translated and said once.
        for name in ("pymilvus", "milvus_lite", "grpc"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self.uri = settings.uri
        self.timeout = settings.timeout_seconds
        with self.errors_said():
            self.client: MilvusClient = MilvusClient(
                uri=settings.uri,
                token=settings.token or "",
                db_name=settings.database or "",
                timeout=settings.timeout_seconds,
                **(_LITE if settings.uri.endswith(".db") else {}),
            )

    def collection(self, name: str) -> Collection:
        """A collection by its name, whether or not it is there."""
        return Collection(self, name)

    def alias(self, alias: str) -> str | None:
        """The name of the collection that an alias stands for; None where there is no such alias."""
        from pymilvus.exceptions import ErrorCode, MilvusException

        with self.errors_said():
            try:
                found = self.client.describe_alias(alias, timeout=self.timeout)
            except MilvusException as error:
                # Milvus has a code of its own for a missing alias, Milvus Lite that of a missing collection.
                if error.code in (ErrorCode.COLLECTION_NOT_FOUND, _ALIAS_NOT_FOUND):
                    return None
                raise
        return str(found["collection_name"])

    def set_alias(self, alias: str, collection: str) -> None:
        """Let an alias stand for a collection, in one step where it stood for another."""
        change = self.client.create_alias if self.alias(alias) is None else self.client.alter_alias
        with self.errors_said():
            change(collection, alias, timeout=self.timeout)

    def collections(self) -> list[str]:
        """The names of all collections there are."""
        with self.errors_said():
            return [str(name) for name in self.client.list_collections(timeout=self.timeout)]

    @contextmanager
    def errors_said(self) -> Iterator[None]:
        """Turn whatever a call of Milvus raises into an error of the product's own: pymilvus raises its own errors,
        those of gRPC, and Python's."""
        try:
            yield
        except Exception as error:
            reason = " ".join(str(getattr(error, "message", "") or error).split())[:_REASON]
            raise IndexUnavailable(
                f"Milvus at {self.uri} cannot answer ({reason}): see that it runs, and that the settings"
                " milvus.uri, milvus.token and milvus.database are right"
            ) from error


_ALIAS_NOT_FOUND: Final = 1600


class Collection:
    """One collection: its rows are findings or sentences, numbered as in the store."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name

    def exists(self) -> bool:
        """Whether it is there."""
        with self.server.errors_said():
            return bool(self.server.client.has_collection(self.name, timeout=self.server.timeout))

    def drop(self) -> None:
        """Remove it; it does no harm where it is not there."""
        with self.server.errors_said():
            self.server.client.drop_collection(self.name, timeout=self.server.timeout)

    def count(self) -> int:
        """How many rows it has, counting all that were written."""
        found = self._query("", ["count(*)"], {"consistency_level": "Strong"})
        return int(found[0]["count(*)"])

    def insert(self, rows: list[dict[str, Any]]) -> None:
        """Add rows. Waits as long as Milvus needs."""
        with self.server.errors_said():
            self.server.client.insert(self.name, rows)

    def load(self) -> None:
        """Have it in memory, where it is searched; quickly done where it is there already."""
        with self.server.errors_said():
            self.server.client.load_collection(self.name, timeout=self.server.timeout)

    def index_type(self) -> str:
        """How its vectors are indexed; "" where they are not."""
        client, timeout = self.server.client, self.server.timeout
        with self.server.errors_said():
            names = client.list_indexes(self.name, VECTOR, timeout=timeout)
            return str(client.describe_index(self.name, names[0], timeout)["index_type"]) if names else ""

    def dimension(self) -> int:
        """How long its vectors are."""
        with self.server.errors_said():
            fields = self.server.client.describe_collection(self.name, timeout=self.server.timeout)["fields"]
        return int(next(field["params"]["dim"] for field in fields if field["name"] == VECTOR))

    def nearest(
        self,
        field: str,
        queries: Sequence[NDArray[np.float32]] | Sequence[SparseVector],
        k: int,
        where: str,
        parameters: Mapping[str, int] | None = None,
    ) -> list[Found]:
        """The k rows of the highest inner product with each query, at most `MOST`.

        Args:
            where: the filter they must pass; "" for none.
            parameters: how thoroughly an approximate index is searched.
        """
        with self.server.errors_said():
            found = self.server.client.search(
                self.name,
                data=list(queries),
                anns_field=field,
                limit=k,
                filter=where,
                search_params={"metric_type": "IP", "params": dict(parameters or {})},
                timeout=self.server.timeout,
            )
            return [(np.array(hits.ids, np.int64), np.array(hits.distances, np.float32)) for hits in found]

    def passing(self, rows: IntVector, where: str) -> IntVector:
        """Those of the rows that pass a filter, sorted."""
        found = [
            row[ROW]
            for part in parts(rows)
            for row in self._query(both(among(ROW, part), where), [ROW], {"limit": len(part)})
        ]
        return np.sort(np.array(found, dtype=np.int64))

    def vectors(self, rows: IntVector, dimension: int) -> FloatMatrix:
        """The vectors of rows, (n, dimension)."""
        wanted, places = np.unique(rows, return_inverse=True)
        vectors = np.empty((len(wanted), dimension), dtype=np.float32)
        for start in range(0, len(wanted), _VECTORS):
            part = wanted[start : start + _VECTORS]
            found = self._query(among(ROW, part), [ROW, VECTOR], {"limit": len(part)})
            if len(found) != len(part):
                raise IndexMismatch(f"Milvus at {self.server.uri} has lost rows of {self.name}: {WAY_OUT}")
            vectors[start + np.searchsorted(part, [each[ROW] for each in found])] = [each[VECTOR] for each in found]
        return vectors[places]

    def _query(self, where: str, fields: list[str], options: Mapping[str, Any]) -> list[Any]:
        client, timeout = self.server.client, self.server.timeout
        with self.server.errors_said():
            return list(client.query(self.name, filter=where, output_fields=fields, timeout=timeout, **options))


# ---------------------------------------------------------------------------------------------- filters


def among(field: str, values: Iterable[int]) -> str:
    """The filter that lets through rows with one of these numbers in a field."""
    return f"{field} in [{', '.join(map(str, values))}]"


def both(*filters: str) -> str:
    """The filter that lets through what passes all of these; empty ones let all through."""
    return " and ".join(f"({each})" for each in filters if each)


def parts(rows: IntVector) -> Iterator[IntVector]:
    """Rows in parts small enough to be named in one filter."""
    for start in range(0, len(rows), MOST):
        yield rows[start : start + MOST]
