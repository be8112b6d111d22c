"""What is demanded of an index beyond judged queries: each check reads a file of demands and says which do not hold.

directions      JSON lines {"finding", "source", "start", "label"}: the way the sentence of a finding that starts
                there points, as a person reads it
pairs           JSON lines {"query", "right", "wrong"}: two sentences on one topic that point opposite ways, neither
                of them in the index; the right one must score higher
unanswerable    lines of text: queries that must get no result
invariants      CSV with the columns query, source, words, k, absent: what must stand among the first results, and
                what must not
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from indexer import estimates
from indexer.errors import NotFoundError, ReadError
from indexer.estimates import Estimate
from indexer.evaluate import EXCERPT
from indexer.models import Answer, Direction, DocumentSummary, Filters, Finding, Mode, Query
from indexer.ranking import FloatVector
from indexer.records import csv_rows, json_lines, lines

DIRECTIONS: Final = tuple(Direction)
_EVERY_DOCUMENT: Final = 1_000_000


class Checked(Protocol):
    """What is checked: an engine."""

    def search(self, query: Query) -> Answer:
        """Answer one query."""
        ...

    def score_texts(self, query: str, texts: Sequence[str]) -> FloatVector:
        """The score that each text would have as a finding of its own, (n,)."""
        ...

    def finding(self, finding_id: str) -> tuple[Finding, DocumentSummary]:
        """One finding and its document."""
        ...

    def document(self, document_id: str) -> tuple[DocumentSummary, tuple[Finding, ...]]:
        """One document and all its findings."""
        ...

    def documents(self, filters: Filters, limit: int, offset: int) -> tuple[int, tuple[DocumentSummary, ...]]:
        """How many documents pass the filters, and one page of them."""
        ...


# ---------------------------------------------------------------------------------------------- directions


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """Which way a sentence points, as a person reads it."""

    finding: str
    source: str
    start: int
    label: Direction


@dataclass(frozen=True, slots=True)
class WrongDirection:
    """A sentence whose direction is stored otherwise than it is labelled."""

    source: str
    text: str
    label: Direction
    stored: Direction


@dataclass(frozen=True, slots=True)
class DirectionCheck:
    """Directions as labelled against directions as stored."""

    accuracy: Estimate | None
    table: tuple[tuple[int, ...], ...]
    """How many sentences of each label (row) are stored with each direction (column), both as in `DIRECTIONS`."""
    wrong: tuple[WrongDirection, ...]
    missing: int
    """Labelled sentences that the index does not hold: their report is not in it, or is cut otherwise."""

    @property
    def turned_round(self) -> int:
        """Strengths stored as weaknesses, and weaknesses stored as strengths."""
        strength, weakness = DIRECTIONS.index(Direction.STRENGTH), DIRECTIONS.index(Direction.WEAKNESS)
        return self.table[strength][weakness] + self.table[weakness][strength]


def read_directions(path: Path) -> tuple[LabelledSentence, ...]:
    """Labelled sentences.

    Raises:
        ReadError: the file cannot be read or is ill-formed.
    """
    found = []
    for record in json_lines(path):
        label = record.text("label")
        if label not in DIRECTIONS:
            raise record.error(f"'label' must be one of {', '.join(DIRECTIONS)}, not {label!r}")
        start = record.number("start", 0)
        found.append(LabelledSentence(record.text("finding"), record.text("source"), start, Direction(label)))
    return tuple(found)


def check_directions(checked: Checked, labelled: Iterable[LabelledSentence]) -> DirectionCheck:
    """Compare labels with the directions the index holds."""
    pairs: Counter[tuple[Direction, Direction]] = Counter()
    wrong = []
    missing = 0
    for each in labelled:
        try:
            finding, _ = checked.finding(each.finding)
        except NotFoundError:
            missing += 1
            continue
        sentence = next((sentence for sentence in finding.sentences if sentence.start == each.start), None)
        if sentence is None:
            missing += 1
            continue
        pairs[each.label, sentence.direction] += 1
        if each.label != sentence.direction:
            text = finding.text[sentence.start : sentence.end]
            wrong.append(WrongDirection(each.source, text[:EXCERPT], each.label, sentence.direction))
    table = tuple(tuple(pairs[label, stored] for stored in DIRECTIONS) for label in DIRECTIONS)
    right = sum(table[place][place] for place in range(len(DIRECTIONS)))
    accuracy = estimates.share([True] * right + [False] * len(wrong))
    return DirectionCheck(accuracy, table, tuple(wrong), missing)


# ---------------------------------------------------------------------------------------------- opposite pairs


@dataclass(frozen=True, slots=True)
class OppositePair:
    """A query, a sentence comparable to it, and one on the same topic that points the other way."""

    query: str
    right: str
    wrong: str


@dataclass(frozen=True, slots=True)
class WrongPair:
    """A pair whose wrong sentence scores as high as the right one, or higher."""

    pair: OppositePair
    right: float
    wrong: float


@dataclass(frozen=True, slots=True)
class PairCheck:
    """How many pairs are ranked the right way round."""

    accuracy: Estimate | None
    wrong: tuple[WrongPair, ...]


def read_pairs(path: Path) -> tuple[OppositePair, ...]:
    """Opposite pairs.

    Raises:
        ReadError: the file cannot be read or is ill-formed.
    """
    return tuple(
        OppositePair(record.text("query"), record.text("right"), record.text("wrong")) for record in json_lines(path)
    )


def check_pairs(checked: Checked, pairs: Sequence[OppositePair]) -> PairCheck:
    """Score both sentences of each pair; a tie is wrong."""
    wrong = []
    for pair in pairs:
        right_score, wrong_score = (float(score) for score in checked.score_texts(pair.query, (pair.right, pair.wrong)))
        if right_score <= wrong_score:
            wrong.append(WrongPair(pair, right_score, wrong_score))
    accuracy = estimates.share([True] * (len(pairs) - len(wrong)) + [False] * len(wrong))
    return PairCheck(accuracy, tuple(wrong))


# ---------------------------------------------------------------------------------------------- no answer


@dataclass(frozen=True, slots=True)
class WronglyAnswered:
    """A query that should get no result, and its first one."""

    query: str
    results: int
    score: float
    citation: str
    text: str


@dataclass(frozen=True, slots=True)
class UnanswerableCheck:
    """How many of the queries that should get no result get none."""

    silent: Estimate | None
    answered: tuple[WronglyAnswered, ...]


def read_unanswerable(path: Path) -> tuple[str, ...]:
    """Queries, one on each line.

    Raises:
        ReadError: the file cannot be read.
    """
    return lines(path)


def check_unanswerable(checked: Checked, queries: Sequence[str], mode: Mode) -> UnanswerableCheck:
    """Ask each query."""
    answered = []
    for query in queries:
        answer = checked.search(Query(query, limit=1, mode=mode))
        for hit in answer.hits[:1]:
            text = hit.finding.text[:EXCERPT]
            answered.append(WronglyAnswered(query, answer.total, hit.score, hit.citation, text))
    silent = estimates.share([True] * (len(queries) - len(answered)) + [False] * len(answered))
    return UnanswerableCheck(silent, tuple(answered))


# ---------------------------------------------------------------------------------------------- invariants


@dataclass(frozen=True, slots=True)
class Invariant:
    """One demand: a finding of `source` that holds `words` is among the first `k` results, and none that holds any of
    `absent` is."""

    line: int
    query: str
    source: str
    words: str
    k: int
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A demand that does not hold, and why."""

    line: int
    query: str
    reason: str


@dataclass(frozen=True, slots=True)
class InvariantCheck:
    """Which demands do not hold, of how many."""

    count: int
    broken: tuple[Broken, ...]


def read_invariants(path: Path) -> tuple[Invariant, ...]:
    """The demands of a CSV file; several texts in `absent` are parted by " | ".

    Raises:
        ReadError: the file cannot be read or is ill-formed.
    """
    return tuple(
        Invariant(
            line=record.line(),
            query=record.text("query"),
            source=record.text("source"),
            words=record.text("words"),
            k=record.number("k", 1, 100),
            absent=tuple(part.strip() for part in record.fields["absent"].split(" | ") if part.strip()),
        )
        for record in csv_rows(path, ("query", "source", "words", "k", "absent"))
    )


def check_invariants(checked: Checked, invariants: Sequence[Invariant], mode: Mode) -> InvariantCheck:
    """Ask each query of the documents that the demands name, whatever else the index holds.

    Raises:
        ReadError: a document is not in the index.
    """
    _, documents = checked.documents(Filters(), limit=_EVERY_DOCUMENT, offset=0)
    ids = {document.source: document.id for document in documents}
    sources = sorted({invariant.source for invariant in invariants})
    for source in sources:
        if source not in ids:
            raise ReadError(f"the invariants name {source}, which is not in the index; index its folder too")
    filters = Filters(document=tuple(ids[source] for source in sources))
    held = {source: [_plain(finding.text) for finding in checked.document(ids[source])[1]] for source in sources}
    broken = [
        Broken(invariant.line, invariant.query, reason)
        for invariant in invariants
        if (reason := _missing(invariant, held) or _broken(checked, invariant, filters, mode))
    ]
    return InvariantCheck(len(invariants), tuple(broken))


def _missing(invariant: Invariant, held: dict[str, list[str]]) -> str:
    """What the documents do not hold, so that the demand would say nothing; "" where they hold all."""
    if not any(_plain(invariant.words) in text for text in held[invariant.source]):
        return f"no finding of {invariant.source} holds {invariant.words!r}"
    texts = [text for found in held.values() for text in found]
    gone = [words for words in invariant.absent if not any(_plain(words) in text for text in texts)]
    return f"no finding holds {gone[0]!r}" if gone else ""


def _broken(checked: Checked, invariant: Invariant, filters: Filters, mode: Mode) -> str:
    """Why a demand does not hold; "" where it does."""
    answer = checked.search(Query(invariant.query, limit=100, mode=mode, filters=filters))
    words = _plain(invariant.words)
    found = next(
        (hit for hit in answer.hits if hit.document.source == invariant.source and words in _plain(hit.finding.text)),
        None,
    )
    if found is None:
        return f"{invariant.words!r} is not among the {len(answer.hits)} results"
    if found.rank > invariant.k:
        return f"{invariant.words!r} stands at {found.rank}, not among the first {invariant.k}"
    for hit in answer.hits[: invariant.k]:
        for other in invariant.absent:
            if _plain(other) in _plain(hit.finding.text):
                return f"{other!r} stands at {hit.rank}, among the first {invariant.k}"
    return ""


def _plain(text: str) -> str:
    """A text as demands are compared with it: in lower case, with plain apostrophes and single spaces."""
    return " ".join(text.casefold().replace("’", "'").split())
