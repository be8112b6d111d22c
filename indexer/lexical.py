"""The words of a query: cleaned and parsed, corrected, joined to acronyms and long forms, and scored by BM25.

SQLite's FTS5 holds the words and computes BM25, one word at a time. Since BM25 is a sum over words, the contributions
of the words of a query are added up here as NumPy arrays over all findings: every finding gets its exact score, so that
filters and paging never change it, and the share of the query a finding covers comes from the same lists. Lists of
words already met are kept, and everything typed reaches FTS5 as a quoted string.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer.acronyms import Acronyms
from indexer.english import STOP_WORDS
from indexer.errors import QueryError
from indexer.lexicon import bm25_of
from indexer.sentences import sentence_spans
from indexer.spelling import Spelling
from indexer.stems import WORD, Stemmer, plain
from indexer.store import Store
from indexer.vectors.base import IntVector

FloatVector = NDArray[np.float32]

MAX_LENGTH = 2000
"""Characters of a query, after cleaning."""

_TERMS = 40
"""Words of a query that are scored: the rarest, which decide; a pasted page has hundreds."""

_KEPT_WORDS = 20_000
"""Word lists kept in memory. All the words of an index take about as much room as its text."""

_BM25_LIMIT = 2.2
"""BM25's contribution of one word tends to (k1 + 1) idf as the word is repeated; k1 is 1.2 in FTS5."""

_OTHER_WAY = 0.75
"""What a long form counts where an acronym was typed, or the reverse: of two findings alike in all else, the one in the
words of the query comes first."""

_QUOTED = re.compile(r'["“”„‟«»]([^"“”„‟«»]*)["“”„‟«»]')
_BEGINS = re.compile(r"(?:^|[.!?:;])[\W_]*$")
"""What stands before the first word of a sentence."""

_SHOUTED = 6
"""Letters of a word in capitals that can be misspelt, where the whole query is in capitals; others are acronyms."""


# ---------------------------------------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query as understood."""

    text: str
    """Cleaned: characters normalised, white space folded. What the answer repeats."""
    words: tuple[str, ...]
    """All words, in order, each as typed but in lower case; never empty. Small words are among them, as long forms have
    them ("team around the child"); `Words` passes over them."""
    required: tuple[str, ...]
    """Quoted words and phrases that every result must hold."""
    sentences: tuple[str, ...]
    """The sentences of the query; one for most."""


def parse_query(text: str) -> ParsedQuery:
    """Clean a query and take it apart.

    Words in double quotation marks, straight or curly, must stand in every result. In a text of several sentences
    they are the text's own, and mean nothing: whoever pastes a paragraph does not ask for its quotations. A query that
    is nothing but quotations asks for them, however many sentences they have.

    Raises:
        QueryError: the query is empty, too long, or has no words.
    """
    clean = _clean(text)
    if not clean:
        raise QueryError("the query is empty: type what you are looking for")
    # Counted as typed: normalising makes three characters of "…".
    if (length := len(" ".join(text.split()))) > MAX_LENGTH:
        raise QueryError(f"the query has {length:,} characters; the longest that can be searched has {MAX_LENGTH:,}")
    if not WORD.search(clean):
        raise QueryError(f"the query {clean[:40]!r} has no words to search for")
    parsed = _taken_apart(clean, ())
    if len(parsed.sentences) > 1 and WORD.search(_QUOTED.sub("", clean)):
        return parsed
    return replace(parsed, required=tuple(part for part in _QUOTED.findall(clean) if WORD.search(part)))


def _taken_apart(clean: str, required: tuple[str, ...]) -> ParsedQuery:
    words = tuple(word.lower() for word in WORD.findall(clean))
    return ParsedQuery(clean, words, required, tuple(clean[start:end] for start, end in sentence_spans(clean)))


def telling_words(text: str) -> tuple[str, ...]:
    """The words of a text to look for, in lower case and in order: without stop words, unless there are no others."""
    words = WORD.findall(_clean(text).lower())
    return tuple(word for word in words if word not in STOP_WORDS) or tuple(words)


def _clean(text: str) -> str:
    """A text with its characters normalised, soft hyphens taken out and white space folded."""
    return " ".join("".join(_visible(unicodedata.normalize("NFKC", text.replace("\u00ad", "")))).split())


def _visible(text: str) -> Iterator[str]:
    """The characters of a text, with a space for each that is a control or format character or half of a pair."""
    for character in text:
        yield " " if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character


# ---------------------------------------------------------------------------------------------- scores


@dataclass(frozen=True, slots=True)
class Postings:
    """The findings that hold a word or phrase: rows, and what it contributes to the BM25 of each."""

    rows: NDArray[np.int32]
    scores: FloatVector
    idf: float


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """How well every finding holds the words of a query. Arrays are (findings,)."""

    bm25: FloatVector
    """Share of the BM25 that the query could get at most, in [0, 1]."""
    coverage: FloatVector
    """Share of the query's words that stand in the finding, each weighted by its idf, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """Words of a query that mean one thing, and the other ways to say it. One word alone, for most."""

    words: tuple[str, ...]
    others: tuple[str, ...] = ()
    """Long forms where the word is an acronym, acronyms where the words are a long form."""


class Words:
    """The words of one index.

    Args:
        findings: how many findings the index has.
        acronyms: acronym -> long forms, as `learn_acronyms` gives them; those of the index if not given.
    """

    def __init__(
        self,
        store: Store,
        findings: int,
        acronyms: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._store = store
        self._findings = findings
        self._stemmer = Stemmer()
        self.postings = lru_cache(maxsize=_KEPT_WORDS)(self._read)
        rows = store.connection().execute("SELECT acronym, form FROM acronyms ORDER BY acronym, position")
        learnt: dict[str, tuple[str, ...]] = {}
        for acronym, form in rows:
            learnt[acronym] = (*learnt.get(acronym, ()), form)
        self._acronyms = Acronyms(learnt if acronyms is None else acronyms, self._stemmer)
        written = dict(store.connection().execute("SELECT word, times FROM written").fetchall())
        self._spelling = Spelling(written, self._is_held, self._stemmer)

    # ------------------------------------------------------------------------------------------ what is meant

    def corrected(self, parsed: ParsedQuery) -> tuple[ParsedQuery, tuple[tuple[str, str], ...]]:
        """The query with its misspelt words replaced, and each of those with the word it was taken for.

        Words in quotation marks stay as they are, and so do acronyms: words in capitals, unless all of a query is. A
        word with a capital where none is due is a name, and only taken for one.
        """
        text = parsed.text
        quoted = [found.span() for found in _QUOTED.finditer(text)]
        capitals_mean_nothing = not any(word.islower() and word not in STOP_WORDS for word in WORD.findall(text))
        pairs: dict[str, str] = {}

        def meant(found: re.Match[str]) -> str:
            word = found[0]
            if any(start <= found.start() < end for start, end in quoted):
                return word
            if word.isupper() and (len(word) < _SHOUTED or not text.isupper()):
                return word
            due = capitals_mean_nothing or _BEGINS.search(text[: found.start()]) is not None
            if other := self._spelling.meant(word, word.istitle() and not due):
                pairs[word] = other
            return other or word

        text = WORD.sub(meant, text)
        return (_taken_apart(text, parsed.required) if pairs else parsed), tuple(pairs.items())

    def expansions(self, words: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The acronyms and long forms among the words, each with the other ways to say it that count as much."""
        return self._acronyms.expansions(words)

    # ------------------------------------------------------------------------------------------ scores

    def score(self, words: Sequence[str]) -> LexicalScores:
        """How well every finding holds the words; words with one stem count once."""
        units = self._units(words)
        rarest = sorted({w for unit in units for w in unit.words}, key=lambda word: (-self.postings(word).idf, word))
        chosen = set(rarest[:_TERMS])
        bm25 = np.zeros(self._findings, dtype=np.float32)
        coverage = np.zeros(self._findings, dtype=np.float32)
        attainable = 0.0
        for unit in units:
            terms = [self.postings(word) for word in unit.words if word in chosen]
            attainable += sum(term.idf for term in terms)
            if not unit.others:
                for term in terms:
                    bm25[term.rows] += term.scores
                    coverage[term.rows] += term.idf
            elif terms:
                unit_bm25, unit_coverage = self._either(terms, unit.others)
                bm25 += unit_bm25
                coverage += unit_coverage
        if attainable:
            bm25 /= _BM25_LIMIT * attainable
            coverage /= attainable
        return LexicalScores(bm25, coverage)

    def _either(self, terms: Sequence[Postings], others: Sequence[str]) -> tuple[FloatVector, FloatVector]:
        """BM25 and coverage of what can be said in several ways, the best of them for each finding, (findings,) each.

        The other ways are worth the same, however much rarer one is than another, and a little less than what was said.
        """
        bm25 = np.zeros(self._findings, dtype=np.float32)
        coverage = np.zeros(self._findings, dtype=np.float32)
        for term in terms:
            bm25[term.rows] += term.scores
            coverage[term.rows] += term.idf
        worth = _OTHER_WAY * sum(term.idf for term in terms)
        for other in map(self.postings, others):
            bm25[other.rows] = np.maximum(bm25[other.rows], other.scores * np.float32(worth / other.idf))
            coverage[other.rows] = np.maximum(coverage[other.rows], worth)
        return bm25, coverage

    def holding(self, phrase: str) -> IntVector:
        """Rows of the findings whose text holds exactly these words side by side, whatever case, accents and marks."""
        words = WORD.findall(plain(phrase))
        exact = re.compile(r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, words)) + r"(?![^\W_])")
        rows = self._store.connection().execute(
            "SELECT f.row, f.text FROM words JOIN findings f ON f.row = words.rowid WHERE words MATCH ? ORDER BY f.row",
            (f'text : "{" ".join(words)}"',),
        )
        return np.array([row for row, text in rows if exact.search(plain(text))], dtype=np.int64)

    def weights(self, words: Sequence[str]) -> dict[str, float]:
        """What each stem of a query is worth where its words are marked: the idf, whole for a word said in full.

        The stems of an acronym's long form share its worth, and an acronym has that of its long form.
        """
        weights: dict[str, float] = {}
        for unit in self._units(words):
            worth = [self.postings(word).idf for word in unit.words]
            for parts, idf in zip(self._stemmer.stems(unit.words), worth, strict=True):
                for stem in parts:
                    weights[stem] = max(weights.get(stem, 0.0), idf)
            for parts in self._stemmer.stems([" ".join(telling_words(other)) for other in unit.others]):
                for stem in parts:
                    weights[stem] = max(weights.get(stem, 0.0), sum(worth) / len(parts))
        return weights

    def stems(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The stems of each text, in order, as the index holds them."""
        return self._stemmer.stems(texts)

    def _read(self, phrase: str) -> Postings:
        """The findings that hold a word, or words side by side, in any form of the same stems."""
        connection, (stems,) = self._store.connection(), self._stemmer.stems([phrase])
        found = connection.execute("SELECT rows, scores FROM postings WHERE term = ?", (" ".join(stems),)).fetchone()
        if found is not None:
            rows, scores = np.frombuffer(found[0], dtype=np.int32), np.frombuffer(found[1], dtype=np.float32)
        else:
            rows, scores = bm25_of(connection, phrase)
        # As in FTS5: a word that more than half of the findings hold says next to nothing.
        idf = max(1e-6, float(np.log((self._findings - len(rows) + 0.5) / (len(rows) + 0.5))))
        return Postings(rows, scores, idf)

    def _is_held(self, word: str) -> bool:
        """Whether any finding has a word in any form of its stem."""
        found = self._store.connection().execute("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (f'"{word}"',))
        return found.fetchone() is not None

    def _units(self, words: Sequence[str]) -> list[_Unit]:
        """The words of a query, each stem once, with long forms taken together and joined to their acronyms.

        Stop words are passed over, unless there are no others.
        """
        stems = [" ".join(parts) for parts in self._stemmer.stems(words)]
        said = {each.start: each for each in self._acronyms.said(words)}
        passed = STOP_WORDS if any(word not in STOP_WORDS for word in words) else frozenset()
        units: list[_Unit] = []
        seen: set[str] = set()
        place = 0
        while place < len(words):
            part = slice(place, said[place].end if place in said else place + 1)
            new = {stem: word for stem, word in zip(stems[part], words[part], strict=True) if word not in passed}
            telling = tuple(word for stem, word in new.items() if stem not in seen)
            seen.update(new)
            if telling:
                found = said.get(place)
                units.append(_Unit(telling, found.others if found else ()))
            place = part.stop
        return units
