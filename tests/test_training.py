"""What the encoder is made from: the data name findings and quote none, and batches keep to their rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.direction_head import ORDER
from training.examples import DATA, kept_back, learnt, read_lines

DIRECTIONS = {direction.value for direction in ORDER}


@pytest.mark.parametrize("name", ["judged.jsonl", "written.jsonl", "directions.jsonl"])
def test_data_refer_to_findings_by_id(name: str) -> None:
    """Every finding is named by sixteen hexadecimal digits."""
    for record in read_lines(name):
        named = [record["finding"]] if "finding" in record else [r for refs in record["grades"].values() for r in refs]
        for reference in named:
            finding_id, _, sentence = reference.partition("/")
            assert len(finding_id) == 16
            assert int(finding_id, 16) >= 0
            assert not sentence or sentence.isdigit()


def test_directions_are_those_the_classifier_knows() -> None:
    """Labels and needs are of the four directions."""
    assert {record["label"] for record in read_lines("directions.jsonl")} == DIRECTIONS
    assert {record["direction"] for record in read_lines("written.jsonl")} <= DIRECTIONS
    needs = {record["need"].partition(":")[0].lower() for record in read_lines("judged.jsonl")}
    assert needs == {"strength", "weakness"}


def test_nothing_tested_on_is_learnt_from() -> None:
    """The sentences that the classifier is tested on are none of those it learns from."""
    test = Path(__file__).parents[1] / "evaluation" / "directions.jsonl"
    tested = {(record["finding"], record["start"]) for record in map(json.loads, test.read_text("utf-8").splitlines())}
    assert len(tested) == 300
    assert not tested & {(record["finding"], record["start"]) for record in read_lines("directions.jsonl")}


def test_one_judged_query_in_five_is_kept_back() -> None:
    """The same queries are kept from the encoder every time, about a fifth of them."""
    queries = read_lines("judged.jsonl")
    kept = [query for query in queries if kept_back(query["qid"], 5)]
    assert len(kept) + len(learnt(queries)) == len(queries)
    assert 0.1 < len(kept) / len(queries) < 0.3


def test_pairs_have_both_sides() -> None:
    """Every topic has sentences and queries either way, and none on both sides."""
    for topic in json.loads((DATA / "pairs.json").read_text(encoding="utf-8")):
        for part in ("{}", "query_{}"):
            sides = [set(topic[part.format(side)]) for side in ("weakness", "strength")]
            assert all(sides)
            assert not sides[0] & sides[1]
