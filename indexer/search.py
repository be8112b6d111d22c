"""Query to answer: the `Engine` over one generation of an index, and the holder that keeps it up to date.

What an answer promises:

- the same query under the same filters has the same order, scores, total and facets on every page of results;
- near-identical findings stand as one: the best of them is shown, of equals the one of the newest report, and `similar`
  counts the others that pass the filters. A group counts once in `total` and in the facets, as the finding shown;
- findings below the bar (`ranking.BARS`, or the least score asked for) are no results, and a filter never moves the
  bar. Words in quotation marks are a bar of their own: every finding that holds them is a result, whatever its score;
- a few findings below the bar follow the results where they are asked for, marked as weak and counted nowhere.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, lru_cache, partial
from typing import Final, Literal, Self, get_args

import numpy as np

from indexer import feedback, ranking
from indexer.citation import citation
from indexer.comparators import GROUPS, NO_TABLE, Comparators, no_table, read_comparators
from indexer.config import Settings
from indexer.direction import LEANS, sentence_direction
from indexer.direction_head import lean
from indexer.embedder import Encoder, load_encoder, unit_rows
from indexer.errors import FindingsError, IndexUnavailable, QueryError
from indexer.generations import Generation, check_encoder, current_name, open_generation
from indexer.highlight import marked, strengths, word_shares
from indexer.lexical import parse_query, telling_words
from indexer.models import (
    Answer,
    Coverage,
    DocumentSummary,
    Explanation,
    FacetCount,
    FileReport,
    Filters,
    Finding,
    Hit,
    IndexFacts,
    Mode,
    Query,
    Sort,
    Sought,
    Span,
)
from indexer.retrieval import Asked, Candidates, Retrieval
from indexer.sources import SourceFile
from indexer.store import FACET_COLUMNS, Facet, Store, StoredFinding
from indexer.subject_head import ON_SUBJECT
from indexer.suggestions import Suggestions
from indexer.vectors.base import FloatMatrix, IntVector

logger = logging.getLogger(__name__)

_KEPT_QUERIES: Final = 256
"""Queries whose vectors and least scores are kept: whoever turns a page or sets a filter asks the same again."""

_LEANING: Final = 0.4
"""How surely a query must point one way for findings that point the other to be the wrong ones, in [0, 1]."""

_WAYS: Final[Mapping[Sought, str]] = {"strength": "good {}", "weakness": "poor {}"}
"""How a topic is asked about one way or the other, for its vector alone. Of five ways to say it the one that found most
of the findings that topics were written for."""

_ALL_WORDS: Final = 0.999
"""Coverage from which on a finding holds all words of a query, rounding aside."""

_WEAK: Final = 5
"""How many findings below the bar follow the results where they are asked for."""

_MANY: Final = 0.75
"""Share of the findings that each way of searching puts forward from which on so many results may not be all. Of the
judged queries none with fewer than 0.95 of them missed any."""

_RETRY_SECONDS: Final = 30.0
"""How long a generation that could not be opened is left alone."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The results of a query, before paging, those below the bar at their end. Arrays are (results,)."""

    rows: IntVector
    """Rows of the findings shown."""
    scores: ranking.FloatVector
    similar: IntVector
    """How many others each of them stands for."""
    comparable: int
    """How many of them pass the bar."""
    places: IntVector
    """Where each stands among the candidates."""
    candidates: Candidates


@dataclass(frozen=True, slots=True)
class Every:
    """All results of a query. Rows count the findings of the index from 0, in the order of their reports."""

    asked: Asked
    rows: IntVector
    """Of the results, near-identical ones each by itself."""
    passing: IntVector
    """Of all findings that pass the filters."""


class Engine:
    """Answers from one generation of an index, which never changes. Safe to use from several threads."""

    def __init__(
        self,
        generation: Generation,
        settings: Settings,
        encoder: Encoder,
        fusions: Mapping[Mode, ranking.Fusion] = ranking.FUSIONS,
        bars: Mapping[Mode, float] = ranking.BARS,
        comparators: Comparators = NO_TABLE,
    ) -> None:
        self.comparators = comparators
        self.fusions = fusions
        self.bars = bars
        self.mark_weights = feedback.WEIGHTS
        self._put_forward = settings.search.candidates
        self._generation = generation
        self._store = generation.store
        self._encoder = encoder
        self.retrieval = _retrieval(generation, settings)
        self.facts: IndexFacts = generation.facts
        documents = (
            self._store.connection().execute("SELECT id, authority, published FROM documents ORDER BY row").fetchall()
        )
        self._authorities = tuple(sorted({row["authority"] for row in documents if row["authority"] is not None}))
        self._document_ids = tuple(row["id"] for row in documents)
        self._published = np.array([row["published"] or "" for row in documents], dtype=np.str_)
        # Place of each finding's report in the order of publication; reports without a date count as the oldest.
        recency = np.unique(self._published, return_inverse=True)[1].astype(np.int64)
        self._recency = recency[self._store.finding_document]
        self._vectors_of = lru_cache(maxsize=_KEPT_QUERIES)(encoder.encode_query)
        # Counted once: a generation never changes, and counting reads all of it. Not of a method of this engine, which
        # would then hold itself and outlive its last request.
        self._values_of = cache(partial(_count_values, self._store, self.facts.findings))

    @classmethod
    def open(
        cls,
        settings: Settings,
        encoder: Encoder | None = None,
        fusions: Mapping[Mode, ranking.Fusion] = ranking.FUSIONS,
        bars: Mapping[Mode, float] = ranking.BARS,
        comparators: Comparators | None = None,
    ) -> Self:
        """Open the generation in use, where the settings say that it is searched.

        Args:
            encoder: makes the vectors of queries; the one that the settings name if none is given.
            fusions, bars: weights and bars other than the product's own, to measure what they are worth.
            comparators: the table of authorities; that of the file which the settings name if none is given.
        Raises:
            IndexUnavailable: there is no index.
            IndexMismatch: it is damaged, or was built with another model.
            ConfigError: the model or the table of authorities that the settings name cannot be loaded.
        """
        if comparators is None:
            comparators = read_comparators(settings.authorities.file)
        generation = _open(settings)
        try:
            encoder = encoder or load_encoder(settings)
            check_encoder(generation, encoder)
            return cls(generation, settings, encoder, fusions, bars, comparators)
        except BaseException:
            generation.close()
            raise

    def close(self) -> None:
        """Close the index; requests still at work fail."""
        self._generation.close()

    # ------------------------------------------------------------------------------------------ search

    def search(self, query: Query) -> Answer:
        """The findings comparable to a query.

        Raises:
            QueryError: the query is empty, too long or without words, or a number is out of its range.
        """
        started = time.perf_counter()
        _check(query)
        return self._marked_answer(self.ask(query.text, query.mode, query.direction), query, started)

    def similar(self, finding_id: str, query: Query) -> Answer:
        """The findings comparable to a finding, itself and those near-identical to it left out.

        Args:
            query: its filters, mode and paging; its text is ignored.
        Raises:
            NotFoundError: no finding has this id.
        """
        started = time.perf_counter()
        _check(query)
        row = self._store.finding_row(finding_id)
        asked = self._ask_about(row, query.mode, query.direction)
        asked = replace(asked, left_out=self.retrieval.group(np.array([row])))
        return self._marked_answer(asked, query, started)

    def echoes(self, finding_id: str, filters: Filters, min_relevance: float | None = None) -> tuple[Hit, ...]:
        """Every finding under the filters that is comparable to one, best first, each by itself.

        Unlike with `similar`, those near-identical to it or to one another are among them and are not folded.

        Args:
            min_relevance: least score of a result, where another bar than the engine's own is wanted.
        Raises:
            NotFoundError: no finding has this id.
        """
        row = self._store.finding_row(finding_id)
        query = Query("", filters=filters, min_relevance=min_relevance)
        asked = replace(self._ask_about(row, query.mode, query.direction), left_out=np.array([row]))
        found = self._alone(self.retrieval.everything(asked, self._resolved(filters), query.mode), asked, query)
        return self._hits(asked, query, found, slice(0, found.comparable))

    def every(self, query: Query) -> Every:
        """Every result of a query, to be counted; its page, order and results per report are left aside.

        Raises:
            QueryError: the query is empty, too long or without words.
        """
        _check(query)
        asked, filters = self.ask(query.text, query.mode, query.direction), self._resolved(query.filters)
        found = self._alone(self.retrieval.everything(asked, filters, query.mode), asked, query)
        return Every(asked, found.rows, self.retrieval.passing(filters))

    def column(self, facet: str) -> tuple[tuple[str, ...], IntVector]:
        """The values of a facet, and for every finding, by row, the place of its value, -1 where it has none.

        Raises:
            QueryError: the facet is not known, or needs a table of authorities where there is none.
        """
        if facet in GROUPS:
            if not self.comparators:
                raise no_table(f"grouped by {facet}")
            names, codes = self._store.column("authority")
            places = [place.group(facet) if (place := self.comparators.place(name)) else "" for name in names]
            values = tuple(sorted({*places} - {""}))
            own = np.array([values.index(place) if place else -1 for place in places] + [-1], dtype=np.int64)
            return values, own[codes]
        for known in get_args(Facet):
            if known == facet:
                return self._store.column(known)
        raise _no_facet(facet)

    @property
    def documents_of_findings(self) -> IntVector:
        """The report of every finding, by row, as the place of the report in the index."""
        return self._store.finding_document

    @property
    def groups_of_findings(self) -> IntVector:
        """The near-identical group of every finding, by row: a search shows one of each."""
        return self._store.clusters

    def _ask_about(self, row: int, mode: Mode, direction: Literal["auto"] | Sought) -> Asked:
        """What is searched for to find what is comparable to a finding."""
        ((stored,), sentences) = self._store.findings([row]), self.retrieval.sentence_rows(row)
        finding = stored.finding
        vectors = None
        if mode != "keyword":
            whole = self._generation.finding_vectors.reconstruct(np.array([row]))
            vectors = np.concatenate([whole, self._generation.sentence_vectors.reconstruct(sentences)])
        vectors, leans, sought = self._turned((), vectors, LEANS[finding.direction], direction)
        return Asked(finding.text, vectors, telling_words(finding.text), leans, sought)

    def ask(self, text: str, mode: Mode = "hybrid", direction: Literal["auto"] | Sought = "auto") -> Asked:
        """A typed query as it is searched for.

        Args:
            direction: which way the findings sought point; "auto" reads it from the query.
        Raises:
            QueryError: it is empty, too long or without words.
        """
        typed = parse_query(text)
        parsed, corrections = self.retrieval.words.corrected(typed)
        texts = (parsed.text, *parsed.sentences) if len(parsed.sentences) > 1 else (parsed.text,)
        vectors = None if mode == "keyword" else self._vectors_of(texts)
        leans = self._query_lean(parsed.text, vectors)
        subject = self._subject(parsed.words, vectors)
        vectors, leans, sought = self._turned(texts, vectors, leans, direction)
        return Asked(
            text=typed.text,
            vectors=vectors,
            words=parsed.words,
            lean=leans,
            sought=sought,
            subject=subject,
            required=parsed.required,
            corrections=corrections,
            expansions=self.retrieval.words.expansions(parsed.words),
        )

    def score_texts(self, query: str, texts: Sequence[str]) -> ranking.FloatVector:
        """The scores that sentences which are in no report would have as findings of their own, (n,).

        By vectors and direction alone: the words of an index say nothing of texts that are not in it.

        Raises:
            QueryError: the query is empty, too long or without words.
        """
        asked = self.ask(query)
        assert asked.vectors is not None
        vectors, head = self._encoder.encode(texts), self._encoder.head
        signals = np.zeros((len(texts), len(ranking.Signal)), dtype=np.float32)
        signals[:, ranking.Signal.WHOLE] = signals[:, ranking.Signal.SENTENCE] = vectors @ asked.vectors[0]
        leans = lean(head.sentences(vectors)) if head else np.array([LEANS[sentence_direction(text)] for text in texts])
        signals[:, ranking.Signal.DIRECTION] = asked.lean * leans
        signals[:, ranking.Signal.SUBJECT] = asked.subject
        return ranking.scores(signals, self.fusions["hybrid"])

    def _subject(self, words: tuple[str, ...], vectors: FloatMatrix | None) -> float:
        """Log odds that a query is on the subject: surely so where one finding holds all of its words."""
        head = self._encoder.subject
        if head is None or vectors is None:
            return ON_SUBJECT
        subject = float(head.log_odds(vectors[:1])[0])
        # Most queries are on the subject anyway: the words of all findings are counted only where one is in doubt.
        doubted = subject < ON_SUBJECT and self.retrieval.words.score(words).coverage.max(initial=0) <= _ALL_WORDS
        return subject if doubted else ON_SUBJECT

    def _query_lean(self, text: str, vectors: FloatMatrix | None) -> float:
        """Which way a query points, in [-1, 1]: by its vector where the encoder can tell, else by its words."""
        head = self._encoder.head
        if head is None or vectors is None:
            return LEANS[sentence_direction(text)]
        return float(lean(head.queries(vectors[:1]))[0])

    def _turned(
        self, texts: tuple[str, ...], vectors: FloatMatrix | None, leans: float, direction: Literal["auto"] | Sought
    ) -> tuple[FloatMatrix | None, float, Sought]:
        """The vectors of a query and its lean, turned the way asked for, and that way in a word.

        Args:
            texts: what the vectors are of; none where that is a finding.
        """
        own: Sought = "any" if abs(leans) < _LEANING else "strength" if leans > 0 else "weakness"
        sought = own if direction == "auto" else direction
        if vectors is not None and (head := self._encoder.head) is not None:
            if own == "any" and texts:
                vectors = self._topic_vectors(texts, sought)
            elif sought != own:
                vectors = head.turned(vectors, sought)
        lean_of: Mapping[Sought, float] = {"strength": 1.0, "weakness": -1.0, "any": 0.0}
        return vectors, leans if sought == own != "any" else lean_of[sought], sought

    def _topic_vectors(self, texts: tuple[str, ...], sought: Sought) -> FloatMatrix:
        """Vectors of a topic that points no way, as it is asked about: what is good of it, what is poor, or both.

        An encoder that keeps opposites apart puts a bare topic near plain facts, and far from every finding about it.
        """
        ways = _WAYS if sought == "any" else {sought: _WAYS[sought]}
        asked = tuple(way.format(text) for way in ways.values() for text in texts)  # in one run of the model
        return unit_rows(np.sum(np.split(self._vectors_of(asked), len(ways)), axis=0))

    def _marked_answer(self, asked: Asked, query: Query, started: float) -> Answer:
        """The answer to a query moved by the findings marked, these and those near-identical to them left out."""
        rows = self._store.finding_rows({*query.like, *query.unlike})
        liked, unliked = (
            np.array([rows[each] for each in own if each in rows and each not in other], dtype=np.int64)
            for own, other in ((query.like, query.unlike), (query.unlike, query.like))
        )
        if len(liked) or len(unliked):
            if asked.vectors is not None:
                finding_vectors = self._generation.finding_vectors
                wanted, not_wanted = finding_vectors.reconstruct(liked), finding_vectors.reconstruct(unliked)
                moved = feedback.moved(asked.vectors, wanted, not_wanted, self.mark_weights)
                asked = replace(asked, vectors=moved)
            left_out = self.retrieval.group(np.concatenate([liked, unliked]))
            own_group = np.array([], dtype=np.int64) if asked.left_out is None else asked.left_out
            asked = replace(asked, left_out=np.union1d(own_group, left_out))
        unknown = tuple(each for each in dict.fromkeys((*query.like, *query.unlike)) if each not in rows)
        return replace(self._answer(asked, query, started), unknown_marks=unknown)

    def _answer(self, asked: Asked, query: Query, started: float) -> Answer:
        found = self._rank(asked, query)
        hits = self._hits(asked, query, found, _page(query, found.comparable))
        facets = self._facets(found.rows[: found.comparable])
        return Answer(
            query=asked.text,
            total=found.comparable,
            hits=hits,
            facets=facets,
            took_ms=round((time.perf_counter() - started) * 1000, 2),
            direction=asked.sought,
            corrections=asked.corrections,
            expansions=asked.expansions,
            weak=sum(hit.rank > found.comparable for hit in hits),
        )

    def _rank(self, asked: Asked, query: Query) -> _Ranking:
        """The whole ranking of a query: every result, the best of each near-identical group standing for the others."""
        candidates, scored = self._scored(asked, query)
        order = ranking.order(candidates.rows, scored, self._recency[candidates.rows])
        rows, scored = candidates.rows[order], scored[order]
        first, sizes = ranking.first_of_each(self._store.clusters[rows])
        if query.per_document is not None:
            kept = ranking.capped(self._store.finding_document[rows[first]], query.per_document)
            first, sizes = first[kept], sizes[kept]
        # Groups are sized before the bar falls: `similar` counts all members that pass the filters.
        comparable = self._comparable(scored[first], asked, query)
        listed = np.arange(min(len(first), comparable + (_WEAK if query.weak else 0)))
        if query.sort != "relevance":
            listed[:comparable] = self._by_day(rows[first[:comparable]], query.sort)
        shown = first[listed]
        return _Ranking(rows[shown], scored[shown], sizes[listed] - 1, comparable, order[shown], candidates)

    def _scored(self, asked: Asked, query: Query) -> tuple[Candidates, ranking.FloatVector]:
        """The findings to rank, with their scores.

        Each way of searching puts forward a fixed number. Where about as many are comparable, some that no way put
        forward may be too, so all findings are compared: what is counted is then everything above the bar.
        """
        filters = self._resolved(query.filters)
        candidates = self.retrieval.candidates(asked, filters, query.mode)
        scored = ranking.scores(candidates.signals, self.fusions[query.mode])
        if self._comparable(scored, asked, query) >= _MANY * self._put_forward:
            candidates = self.retrieval.everything(asked, filters, query.mode)
            scored = ranking.scores(candidates.signals, self.fusions[query.mode])
        return candidates, scored

    def _by_day(self, rows: IntVector, sort: Sort) -> IntVector:
        """Positions of results, best first as given, by the day of their report."""
        undated = self._published[self._store.finding_document[rows]] == ""
        return ranking.by_day(self._recency[rows], undated, newest_first=sort == "newest")

    def _alone(self, candidates: Candidates, asked: Asked, query: Query) -> _Ranking:
        """The results among some findings, each standing for itself alone."""
        scored = ranking.scores(candidates.signals, self.fusions[query.mode])
        order = ranking.order(candidates.rows, scored, self._recency[candidates.rows])
        order = order[: self._comparable(scored[order], asked, query)]
        rows = candidates.rows[order]
        return _Ranking(rows, scored[order], np.zeros(len(rows), dtype=np.int64), len(rows), order, candidates)

    def _comparable(self, scored: ranking.FloatVector, asked: Asked, query: Query) -> int:
        """How many of the findings pass the bar, by their scores, best first."""
        if asked.required and query.min_relevance is None:
            return len(scored)
        least = self.bars[query.mode] if query.min_relevance is None else query.min_relevance
        return int(np.count_nonzero(scored >= least))

    # ------------------------------------------------------------------------------------------ results

    def _hits(self, asked: Asked, query: Query, found: _Ranking, page: slice) -> tuple[Hit, ...]:
        shown = self._store.findings(found.rows[page])
        fusion, bar = self.fusions[query.mode], 0.0 if asked.required else self.bars[query.mode]
        reasons: Sequence[Explanation | None] = [None] * len(shown)
        if query.explain:
            reasons = ranking.explained(found.candidates.signals, fusion, found.places[page])
        documents = self._store.summaries({stored.document for stored in shown})
        marks = self._marks(asked, shown)
        return tuple(
            Hit(
                rank=page.start + place + 1,
                score=float(score),
                relevance=ranking.relevance(float(score), bar) if page.start + place < found.comparable else "weak",
                finding=stored.finding,
                document=documents[stored.document],
                citation=citation(documents[stored.document], stored.finding),
                highlights=spans,
                similar=int(similar),
                explanation=reason,
            )
            for place, (stored, score, similar, spans, reason) in enumerate(
                zip(shown, found.scores[page], found.similar[page], marks, reasons, strict=True)
            )
        )

    def _marks(self, asked: Asked, shown: Sequence[StoredFinding]) -> list[tuple[Span, ...]]:
        """The spans to mark in each finding."""
        if not shown:
            return []
        words = self.retrieval.words
        weights = words.weights(asked.words)
        spans = [[(each.start, each.end) for each in stored.finding.sentences] for stored in shown]
        texts = [stored.finding.text[a:b] for stored, parts in zip(shown, spans, strict=True) for a, b in parts]
        cosines = None
        if asked.vectors is not None:
            rows = np.concatenate([self.retrieval.sentence_rows(stored.row) for stored in shown])
            cosines = self._generation.sentence_vectors.scores(asked.vectors, rows).max(axis=0)
        strength = strengths(word_shares(words.stems(texts), weights), cosines)
        of_each = np.split(strength, np.cumsum([len(parts) for parts in spans])[:-1])
        return [
            marked(stored.finding.text, parts, own) for stored, parts, own in zip(shown, spans, of_each, strict=True)
        ]

    def _facets(self, rows: IntVector) -> dict[str, tuple[FacetCount, ...]]:
        """How many of the results have each value of each facet: most first, then by value."""
        facets = {str(facet): self._store.facet_counts(facet, rows) for facet in FACET_COLUMNS}
        counts = np.bincount(self._store.finding_document[rows], minlength=len(self._document_ids))
        documents = [FacetCount(self._document_ids[row], int(counts[row])) for row in np.flatnonzero(counts)]
        facets["document"] = tuple(sorted(documents, key=lambda each: (-each.count, each.value)))
        if self.comparators:
            facets |= {by: self.comparators.counts(by, facets["authority"]) for by in GROUPS}
        return facets

    # ------------------------------------------------------------------------------------------ lookups

    def finding(self, finding_id: str) -> tuple[Finding, DocumentSummary]:
        """One finding and its document.

        Raises:
            NotFoundError: no finding has this id.
        """
        return self._with_documents([self._store.finding_row(finding_id)])[0]

    def findings_of(self, finding_ids: Sequence[str]) -> tuple[tuple[Finding, DocumentSummary], ...]:
        """Findings by their ids, each once, with their documents; ids that no finding has are left out."""
        rows = self._store.finding_rows(finding_ids)
        return self._with_documents([rows[each] for each in dict.fromkeys(finding_ids) if each in rows])

    def near_identical(self, finding_id: str) -> tuple[tuple[Finding, DocumentSummary], ...]:
        """The findings near-identical to one, itself left out; newest report first.

        Raises:
            NotFoundError: no finding has this id.
        """
        row = self._store.finding_row(finding_id)
        others = np.setdiff1d(self.retrieval.group(np.array([row])), [row])
        return self._with_documents(others[np.lexsort((others, -self._recency[others]))])

    def document(self, document_id: str) -> tuple[DocumentSummary, tuple[Finding, ...]]:
        """One document and all its findings, of every kind, in the order of the document.

        Raises:
            NotFoundError: no document has this id.
        """
        row = self._store.document_row(document_id)
        found = self._store.findings(self._store.finding_rows_of(row))
        return self._store.summaries([row])[row], tuple(stored.finding for stored in found)

    def source_file(self, document: DocumentSummary) -> SourceFile:
        """The file that a document of this index was read from.

        Raises:
            NotFoundError: the index has no such document.
        """
        return SourceFile(self._store.location(document.id), document.source, document.sha256)

    def documents(self, filters: Filters, limit: int, offset: int) -> tuple[int, tuple[DocumentSummary, ...]]:
        """How many documents pass the filters, and one page of them, in the order they were indexed.

        Limits on findings (kind, direction, judgement) ask for a document with such a finding.
        """
        rows = self._store.document_rows(self._resolved(filters))
        page = rows[offset : offset + limit]
        found = self._store.summaries(page)
        return len(rows), tuple(found[row] for row in page)

    def values(self, field: str) -> tuple[FacetCount, ...]:
        """Every value of a facet among the findings that a search without filters may find: most first, then by value.

        Regions and types of authorities are those of the table of authorities; without one there are none.

        Raises:
            QueryError: the facet is not known.
        """
        if field in GROUPS:
            return self.comparators.counts(field, self._values_of("authority"))
        for facet in get_args(Facet):
            if facet == field:
                return self._values_of(facet)
        raise _no_facet(field)

    def coverage(self, filters: Filters) -> Coverage:
        """The reports that a search under these filters looks at; limits on findings ask for one such finding."""
        rows = np.array(self._store.document_rows(self._resolved(filters)), dtype=np.int64)
        days = sorted(day for day in self._published[rows].tolist() if day)
        first, last = (date.fromisoformat(days[end]) if days else None for end in (0, -1))
        return Coverage(len(rows), self.facts.documents, first, last)

    @cached_property
    def suggestions(self) -> Suggestions:
        """Words of the index to go on with; worked out when they are first asked for."""
        return Suggestions(self._store)

    @cached_property
    def skipped(self) -> int:
        """How many files of the build could not be read."""
        return sum(file.status == "skipped" for file in self.files())

    def files(self) -> tuple[FileReport, ...]:
        """Every file the build met, and what became of it."""
        return self._store.files()

    def _resolved(self, filters: Filters) -> Filters:
        """Filters as the store takes them: those by region, type and neighbours as a filter by authority.

        Raises:
            QueryError: there is no table of authorities, or it does not have what is asked for.
        """
        return self.comparators.by_authority(filters, self._authorities)

    def _with_documents(self, rows: Sequence[int] | IntVector) -> tuple[tuple[Finding, DocumentSummary], ...]:
        found = self._store.findings(int(row) for row in rows)
        documents = self._store.summaries({stored.document for stored in found})
        return tuple((stored.finding, documents[stored.document]) for stored in found)


def _no_facet(facet: str) -> QueryError:
    return QueryError(f"there is no facet {facet!r}; the facets are {', '.join(get_args(Facet))}")


def _page(query: Query, comparable: int) -> slice:
    """The places of the results asked for; the weak ones follow the last result, beyond the limit if need be."""
    end = query.offset + query.limit
    if query.weak and comparable <= end and (query.offset < comparable or query.offset == comparable == 0):
        return slice(query.offset, comparable + _WEAK)
    return slice(query.offset, min(end, comparable))


def _count_values(store: Store, findings: int, facet: Facet) -> tuple[FacetCount, ...]:
    # Findings of kind `context` are found only by that kind: it is a value too.
    return store.facet_counts(facet, np.arange(findings) if facet == "kind" else None)


def _check(query: Query) -> None:
    if query.limit < 1:
        raise QueryError(f"limit is {query.limit}; it must be at least 1")
    if query.offset < 0:
        raise QueryError(f"offset is {query.offset}; it must not be negative")
    if query.mode not in get_args(Mode):
        raise QueryError(f"mode is {query.mode!r}; it must be one of {', '.join(get_args(Mode))}")


# ---------------------------------------------------------------------------------------------- where it is searched


def _name_in_use(settings: Settings) -> str:
    if settings.store == "milvus":
        from indexer.milvus.opening import name_in_use

        return name_in_use(settings)
    return current_name(settings.index_dir)


def _open(settings: Settings) -> Generation:
    if settings.store == "milvus":
        from indexer.milvus.opening import open_in_milvus

        return open_in_milvus(settings)
    return open_generation(settings.index_dir)


def _retrieval(generation: Generation, settings: Settings) -> Retrieval:
    if settings.store == "milvus":
        from indexer.milvus.retrieval import MilvusRetrieval

        return MilvusRetrieval(generation, settings.search.candidates)
    return Retrieval(generation, settings.search.candidates)


# ---------------------------------------------------------------------------------------------- staying up to date


class EngineHolder:
    """The engine of the generation in use, for a running service.

    Looks now and then at which generation the index names. A new one is opened beside the old one and takes its place
    when it is ready; requests at work keep the engine they have, whose memory is given back after the last of them. If
    it cannot be opened, the old one goes on serving and the reason is logged. Where there is no index, each call says
    so, until one appears. Safe to use from several threads.
    """

    def __init__(
        self, settings: Settings, encoder: Encoder | None = None, comparators: Comparators | None = None
    ) -> None:
        self._settings = settings
        self._encoder = encoder
        self._comparators = comparators
        self._engine: Engine | None = None
        self._error: FindingsError = IndexUnavailable("the index has not been opened yet")
        self._opening = threading.Lock()
        self._looked = -math.inf
        self._failed = ("", -math.inf)
        self._closed = False

    def start(self) -> None:
        """Load the model and open the index if there is one.

        Raises:
            ConfigError: the model that the settings name cannot be loaded.
        """
        if self._encoder is None:
            self._encoder = load_encoder(self._settings, "serving")
        self._look()

    def engine(self) -> Engine:
        """The engine of the generation in use; keep it for one request.

        Raises:
            IndexUnavailable: there is no index, or the holder is closed.
            IndexMismatch: there is one that does not fit, and none before it.
        """
        if time.monotonic() - self._looked >= self._settings.reload_seconds:
            if self._engine is None:
                self._look()
            elif self._opening.acquire(blocking=False):
                # The caller is answered from what is open; this thread is done before another one can start.
                threading.Thread(target=self._look_and_release, name="open-index", daemon=True).start()
        engine = self._engine
        if engine is None or self._closed:
            raise self._error
        return engine

    def close(self) -> None:
        """Close the engine in use."""
        with self._opening:
            self._closed = True
            self._error = IndexUnavailable("the service is closing")
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def _look(self) -> None:
        with self._opening:
            self._take_up()

    def _look_and_release(self) -> None:
        try:
            self._take_up()
        finally:
            self._opening.release()

    def _take_up(self) -> None:
        """Open the generation that the index names, unless it is open already or has just failed."""
        if self._closed or time.monotonic() - self._looked < self._settings.reload_seconds:
            return
        name = ""
        try:
            name = _name_in_use(self._settings)
            if self._engine is not None and self._engine.facts.generation == name:
                return
            if self._failed[0] == name and time.monotonic() - self._failed[1] < _RETRY_SECONDS:
                return
            engine = Engine.open(self._settings, self._encoder, comparators=self._comparators)
            # The one before is left to the requests that still hold it.
            self._engine, self._failed = engine, ("", -math.inf)
            logger.info("serving generation %s: %d findings", name, engine.facts.findings)
        except FindingsError as error:
            if self._engine is not None:
                logger.error("generation %s cannot be opened, the one before goes on serving: %s", name, error)
            elif str(error) != str(self._error):
                logger.error("no index to serve: %s", error)
            self._failed = (name, time.monotonic())
            self._error = error
        finally:
            self._looked = time.monotonic()
