"""What the encoder learns from: triples of a query, a text that answers it and one that does not, and directed texts.

Its sources lie under training/data and were written for this product; findings are named there and read from an index:

- judged.jsonl: queries with findings graded by reading. Grade 3 and 2 answer a query; grade 1, the same topic the wrong
  way round or another issue of it, is the one that must be told from them.
- written.jsonl: findings, each with queries written by reading it (short, in everyday words, as a question), a sentence
  that says the same of another place and one that says the opposite.
- pairs.json: topics, each with sentences that praise and sentences that fault, and queries either way.

- directions.jsonl: sentences of reports with the direction that a reader gave them.

Every triple belongs to a group (a judged query, a finding, a topic); texts of one group are never wrong answers to each
other.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from indexer.embedder import passage_text, sentence_text
from indexer.generations import open_generation

DATA: Final = Path(__file__).with_name("data")

Record = dict[str, Any]
"""One line of a file of training data; each file's fields are named in training/README.md."""

JUDGED_KEPT_BACK: Final = 5
"""Of so many judged queries one is kept from the encoder."""

WRITTEN_KEPT_BACK: Final = 12
"""Of so many reports one is kept from the encoder: what was written for its findings, and how its sentences point."""

OFF_SUBJECT_KEPT_BACK: Final = 5
"""Of so many queries off the subject one is kept from the classifier of subjects."""

GRADED_KEPT_BACK: Final = 8
"""Of so many findings one is kept from the triples, with what was written for it: for the weights of the ranking."""

OPPOSITE: Final = {"strength": "weakness", "weakness": "strength"}

POSITIVES: Final = {"3": 8, "2": 3}
GRADED_POSITIVES: Final = {"3": 5, "2": 2}
"""How many findings of each grade are learnt from at most for one judged query, and for one whose results were."""

WAYS: Final = 5
"""How many everyday ways of saying one term are learnt from at most."""


@dataclass(frozen=True, slots=True)
class Triple:
    """A query (or a text that stands for one), a text that answers it, and one that does not."""

    group: str
    anchor: str
    positive: str
    negative: str


@dataclass(frozen=True, slots=True)
class Directed:
    """A sentence or a query with the direction it points in: strength, weakness, mixed or neutral."""

    text: str
    direction: str
    form: str
    """sentence or query"""
    group: str
    """What it must be kept together with when some are left out: its report or its topic."""
    of_report: bool = False
    """Whether it stands in a report, and was not written for training."""


class Findings:
    """The findings of an index by id. Whichever model it was built with: only texts are read."""

    def __init__(self, index_dir: Path) -> None:
        with open_generation(index_dir) as generation:
            store = generation.store
            documents = [store.document(row) for row in store.document_rows()]
        self.of_id = {finding.id: finding for document in documents for finding in document.findings}


def read_lines(name: str) -> list[Record]:
    """The records of a file of training/data, one a line."""
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judged_triples(findings: Findings, queries: Sequence[Record], rng: random.Random) -> Iterator[Triple]:
    """Triples of judged queries."""
    for query in queries:
        grades = query["grades"]
        hard, easy = grades.get("1", []), grades.get("0", [])
        for grade, most in POSITIVES.items():
            refs = grades.get(grade, [])
            for place, ref in enumerate(rng.sample(refs, min(most, len(refs)))):
                whole = rng.random() < 0.5
                anchor = query["statement"] if place % 4 == 3 else query["query"]
                if (hard or easy) and (not easy or (hard and rng.random() < 0.85)):
                    negative = text_of(findings, rng.choice(hard), whole)
                else:
                    negative = text_of(findings, rng.choice(easy), whole) if easy else query["opposite"]
                if rng.random() < 0.15:
                    negative = query["opposite"]
                yield Triple(query["qid"], anchor, text_of(findings, ref, whole), negative)
        yield Triple(query["qid"], query["query"], query["statement"], query["opposite"])


def text_of(findings: Findings, ref: str, whole: bool) -> str:
    """A finding as it is embedded: whole, or the sentence that the reference names."""
    finding_id, _, sentence = ref.partition("/")
    finding = findings.of_id[finding_id]
    if whole or not finding.sentences:
        return passage_text(finding)
    return sentence_text(finding, finding.sentences[int(sentence)])


def pair_triples(topics: Sequence[Record], rng: random.Random) -> Iterator[Triple]:
    """Triples of opposite sentences: queries to sentences that agree, and sentences to each other."""
    for topic in topics:
        for this, other in (("weakness", "strength"), ("strength", "weakness")):
            for query in topic[f"query_{this}"]:
                for positive in rng.sample(topic[this], 2):
                    yield Triple(topic["topic"], query, positive, rng.choice(topic[other]))
            anchor, positive = rng.sample(topic[this], 2)
            yield Triple(topic["topic"], anchor, positive, rng.choice(topic[other]))


def written_triples(findings: Findings, records: Sequence[Record], rng: random.Random) -> Iterator[Triple]:
    """Triples of queries written for findings."""
    for record in records:
        if kept_back(record["source"], WRITTEN_KEPT_BACK) or kept_back(record["finding"], GRADED_KEPT_BACK):
            continue
        finding, name = findings.of_id[record["finding"]], record["finding"]
        texts = (sentence_text(finding, finding.sentences[record["sentence"]]), passage_text(finding), record["same"])
        for query in (record["short"], record["ask"], record["lay"], *record.get("more_lay", ())):
            yield Triple(name, query, rng.choices(texts, (4, 3, 3))[0], record["other"])
        yield Triple(name, record["lay"], record["short"], record["other"])
        if "other_lay" in record:
            yield Triple(name, record["other_lay"], record["other"], rng.choices(texts, (4, 3, 3))[0])
        # A topic is answered by whatever is said of it; what is said of another one does not answer it.
        answer = rng.choices((*texts, record["other"]), (2, 2, 1, 1))[0]
        yield Triple(name, record["bare"], answer, rng.choice(records)["same"])


def graded_triples(findings: Findings, queries: Sequence[Record], rng: random.Random) -> Iterator[Triple]:
    """Triples of queries whose first results were graded by reading: the wrong answers are what a ranking believed."""
    for query in queries:
        if kept_back(query["finding"], GRADED_KEPT_BACK):
            continue
        grades = query["grades"]
        wrong = grades.get("1", []) * 3 + grades.get("0", [])
        for grade, most in GRADED_POSITIVES.items():
            refs = grades.get(grade, [])
            for ref in rng.sample(refs, min(most, len(refs))):
                whole = rng.random() < 0.5
                if wrong:
                    negative = text_of(findings, rng.choice(wrong), whole)
                else:
                    negative = query.get("opposite") or rng.choice(queries)["query"]
                yield Triple(query["finding"], query["query"], text_of(findings, ref, whole), negative)


def concepts() -> list[tuple[list[str], list[str]]]:
    """The terms of each concept as reports have them, and everyday ways to say it."""
    lines = (DATA / "everyday.tsv").read_text(encoding="utf-8").splitlines()
    parted = [line.partition("\t") for line in lines]
    return [(terms.split(", "), ways.split(" | ")) for terms, _, ways in parted]


def word_triples(rng: random.Random) -> Iterator[Triple]:
    """Triples of everyday words and the terms of the reports that they stand for."""
    known = concepts()
    for terms, ways in known:
        for way in rng.sample(ways, min(WAYS, len(ways))):
            yield Triple(terms[0], way, rng.choice(terms), rng.choice(known)[0][0])


def labelled(findings: Findings, records: Sequence[Record]) -> Iterator[Directed]:
    """The sentences of reports that records name by finding and start, as they are embedded."""
    for record in records:
        finding = findings.of_id[record["finding"]]
        for sentence in finding.sentences:
            if sentence.start == record["start"]:
                yield Directed(sentence_text(finding, sentence), record["label"], "sentence", record["source"], True)


def directed_texts(findings: Findings) -> Iterator[Directed]:
    """Texts with the direction they point in: sentences of reports as they are embedded, written ones, and queries."""
    labels = read_lines("directions.jsonl")
    yield from labelled(findings, [record for record in labels if not kept_back(record["source"], WRITTEN_KEPT_BACK)])
    for topic in json.loads((DATA / "pairs.json").read_text(encoding="utf-8")):
        name = topic["topic"]
        for direction in ("weakness", "strength", "neutral"):
            yield from (Directed(text, direction, "sentence", name) for text in topic[direction])
            yield from (Directed(text, direction, "query", name) for text in topic.get(f"query_{direction}", ()))
    for query in learnt(read_lines("judged.jsonl")):
        direction, name = query["need"].partition(":")[0].lower(), query["qid"]
        yield Directed(query["query"], direction, "query", name)
        yield Directed(query["statement"], direction, "sentence", name)
        yield Directed(query["opposite"], OPPOSITE[direction], "sentence", name)
    for record in read_lines("written.jsonl"):
        if kept_back(record["source"], WRITTEN_KEPT_BACK):
            continue
        direction, name = record["direction"], record["source"]
        queries = (record["short"], record["lay"], record["ask"], *record.get("more_lay", ()))
        yield from (Directed(query, direction, "query", name) for query in queries)
        yield Directed(record["bare"], "neutral", "query", name)
        yield Directed(record["same"], direction, "sentence", name)
        if direction in OPPOSITE:
            yield Directed(record["other"], OPPOSITE[direction], "sentence", name)
            if "other_lay" in record:
                yield Directed(record["other_lay"], OPPOSITE[direction], "query", name)


def off_subject() -> list[str]:
    """Queries about something that these reports do not look at."""
    return (DATA / "off_subject.txt").read_text(encoding="utf-8").splitlines()


def learnt(queries: Sequence[Record]) -> list[Record]:
    """The judged queries that the encoder learns from.

    The others are kept for the weights of the ranking, which must not be fitted on queries that the encoder knows.
    """
    return [query for query in queries if not kept_back(query["qid"], JUDGED_KEPT_BACK)]


def kept_back(name: str, one_in: int) -> bool:
    """Whether a query or a report is kept from the encoder: one in so many, always the same ones."""
    return hashlib.sha256(name.encode()).digest()[0] % one_in == 0
