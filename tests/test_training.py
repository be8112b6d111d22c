"""What the encoder is made from: the data name findings and quote none, and batches keep to their rules."""

from __future__ import annotations

import bz2
import json
from html import escape
from pathlib import Path

import pytest

from indexer.direction_head import ORDER
from training.examples import DATA, kept_back, learnt, read_lines
from training.general_text import definitions, pieces

DIRECTIONS = {direction.value for direction in ORDER}


@pytest.mark.parametrize("name", ["judged.jsonl", "graded.jsonl", "written.jsonl", "directions.jsonl"])
def test_data_refer_to_findings_by_id(name: str) -> None:
    """Every finding is named by sixteen hexadecimal digits."""
    for record in read_lines(name):
        named = [reference for references in record.get("grades", {}).values() for reference in references]
        named += [record["finding"]] if "finding" in record else []
        assert named
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


def test_articles_lose_their_markup(tmp_path: Path) -> None:
    """Links become their text; templates, tables and references go; pieces end with a sentence."""
    sentence = "The abbey was founded in 1132 by [[Savigny Abbey|Savigny]], and '''rebuilt''' in brick.<ref>x</ref> "
    page = f"{{{{Infobox|a={{{{b}}}}}}}}\n{sentence * 4}\n== History ==\nshort"
    export = f"<mediawiki xmlns='http://www.mediawiki.org/xml/export-0.10/'><text>{escape(page)}</text></mediawiki>"
    (tmp_path / "pages.bz2").write_bytes(bz2.compress(export.encode()))
    plain = "The abbey was founded in 1132 by Savigny, and rebuilt in brick."
    assert " ".join(pieces(tmp_path / "pages.bz2")) == " ".join([plain] * 4)


def test_definitions_have_their_headwords_before_them(tmp_path: Path) -> None:
    """A line of WordNet's data gives its words and its gloss; the lines of the licence give nothing."""
    line = "00002684 03 n 02 object 0 physical_object 0 001 @ 00001930 n 0000 | a tangible entity; it casts a shadow  "
    for part in ("noun", "verb", "adj", "adv"):
        (tmp_path / f"data.{part}").write_text(f"  1 This software ...\n{line if part == 'noun' else ''}\n")
    assert list(definitions(tmp_path)) == ["object, physical object: a tangible entity; it casts a shadow"]


def test_pairs_have_both_sides() -> None:
    """Every topic has sentences and queries either way, and none on both sides."""
    for topic in json.loads((DATA / "pairs.json").read_text(encoding="utf-8")):
        for part in ("{}", "query_{}"):
            sides = [set(topic[part.format(side)]) for side in ("weakness", "strength")]
            assert all(sides)
            assert not sides[0] & sides[1]
