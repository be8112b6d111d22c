"""Which way a finding points: by the heading it stands under first, by its sentences second.

A bullet under "What needs to improve" names a shortfall whatever its words: 94% of those hold no negative word. Only
where structure is silent do the sentences decide, each by itself: by the classifier of the encoder where it has one,
else by words, phrases that inspectors use to praise and to fault, with a negation before or after a phrase turning it
round ("no child was left without", "not timely").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from indexer.direction_head import ORDER, lean
from indexer.models import Direction, Finding, Kind
from indexer.vectors.base import FloatMatrix

BY_KIND: dict[Kind, Direction] = {
    Kind.STRENGTH: Direction.STRENGTH,
    Kind.MEETS_REQUIREMENTS: Direction.STRENGTH,
    Kind.AREA_FOR_DEVELOPMENT: Direction.WEAKNESS,
    Kind.PRIORITY_ACTION: Direction.WEAKNESS,
    Kind.RECOMMENDATION: Direction.WEAKNESS,
    Kind.CONTEXT: Direction.NEUTRAL,
}
"""Kinds whose heading settles the direction; narrative findings are absent, their words decide."""

LEANS: dict[Direction, float] = {
    Direction.STRENGTH: 1.0,
    Direction.WEAKNESS: -1.0,
    Direction.MIXED: 0.0,
    Direction.NEUTRAL: 0.0,
}
"""What `Sentence.lean` is where a direction is known without a probability."""

_NEGATED = (
    r"(?:not|n.t|never|rarely|seldom|too few|hardly|without|nor|no|none|little|few"
    r"|insufficiently|inconsistently|neither|cannot)"
)
_PRAISE = (
    r"good|strong(?:ly|er)?|effective(?:ly)?|well|timely|prompt(?:ly)?|swift(?:ly)?|quick(?:ly)?"
    r"|thorough(?:ly)?|robust(?:ly)?|excellent|outstanding|impressive|exemplary"
    r"|high[- ]quality|comprehensive(?:ly)?|detailed|clear(?:ly)?|appropriate(?:ly)?|consistent(?:ly)?"
    r"|stable|skilled|skilful(?:ly)?|committed|ambitious|purposeful|sensitive(?:ly)?"
    r"|improv(?:ed|ing|ements?)|strength(?:s|ened)?|success(?:ful|fully)?|benefit(?:s|ted)?|valued?"
    r"|positive(?:ly)?|confident|ensur(?:es?|ed|ing)|manageable|tenacious(?:ly)?|creative(?:ly)?"
    r"|regular(?:ly)?|rigorous(?:ly)?|proactive(?:ly)?|child[- ](?:centred|focused)|embedded|responsive"
    r"|safe(?:ly|r)?|helpful|productive|mature|caring|nurturing|fully addressed|persistent(?:ly)?"
)  # fmt: skip
_FAULT = (
    r"delay(?:s|ed|ing)?|drift(?:s|ed|ing)?|weak(?:ness|nesses|er|ly)?|poor(?:ly|er|est)?|inconsisten(?:t"
    r"|cy|cies|tly)|variable|inadequate(?:ly)?|insufficient(?:ly)?|ineffective(?:ly)?|lack(?:s|ed|ing)?"
    r"|too (?:many|much|long|few|often|slow(?:ly)?|late|high|variable|little|generic|optimistic|reliant"
    r"|soon|early|small|low|narrow|complex)|fail(?:s|ed|ing|ure|ures)?|absen(?:t|ce)|missing from (?:files"
    r"|records|plans)|gaps?|shortfalls?|shortcomings?"
    r"|under-?developed|unclear|unsafe|backlogs?|vacanc(?:y|ies)|high caseloads|not (?:yet|always|all"
    r"|routinely|sufficiently|consistently|enough|regularly|fully|adequately|effectively|clear(?:ly)?"
    r"|timely|robust|well)"
    r"|(?:are|is|was|were|has|have|had|do|does|did|could|can|will|would)(?: not|n.t)\b|cannot|unable"
    r"|unassessed|unidentified|unallocated|missed opportunit(?:y|ies)|limited|limits|declin(?:e|ed|ing)"
    r"|deteriorat(?:e|ed|ing|ion)"
    r"|concern(?:s|ing)?(?= (?:about|that|remain))|outstanding (?:work|action)s?|overdue|out of date"
    r"|late\b|slow(?:ly|er)?|needs? (?:to|further|more)|require[sd]? (?:improvement|further|to improve"
    r"|strengthening)|should\b|must\b"
    r"|superficial|generic|over-?optimistic|rarely|seldom|neglected|overlooked|unsuitable|unregistered"
    r"|instability|turnover|high number of changes|inappropriate(?:ly)?|unnecessar(?:y|ily)"
    r"|at risk of harm|left (?:at|in) risk"
    r"|no (?:clear|systematic|evidence|strategy|oversight|plan|system|process)"
)  # fmt: skip
_PRAISE_RE = re.compile(rf"\b(?:{_PRAISE})\b", re.IGNORECASE)
_FAULT_RE = re.compile(rf"\b(?:{_FAULT})", re.IGNORECASE)
_NEGATED_PRAISE = re.compile(rf"\b{_NEGATED}\b(?:\s+\S+){{0,3}}?\s+(?:{_PRAISE})\b", re.IGNORECASE)
_NEGATED_FAULT = re.compile(
    r"\b(?:no|without|any|avoid(?:s|ed|ing)?|reduc(?:e|es|ed|ing|tion in)|prevent(?:s|ed|ing)?|minimis(?:e"
    r"|es|ed|ing)|tackl(?:e|es|ed|ing)|address(?:es|ed|ing)?|free (?:of|from)|few|rare(?:ly)?|not)"
    r"\s+(?:\w+\s+){0,2}?(?:delays?|drift|gaps?|weakness(?:es)?|shortfalls?|backlogs?|failures?|concerns?"
    r"|risks?|poor|inconsisten(?:t|cy)|vacanc(?:y|ies)|turnover|variab\w+|unallocated|left)",
    re.IGNORECASE,
)
_NO_CHILD = re.compile(
    r"\bno (?:child|children|case|cases|young (?:person|people)|one|visits?|referrals?)\b", re.IGNORECASE
)


def sentence_direction(text: str) -> Direction:
    """Which way one sentence points by its words: `neutral` where it neither praises nor faults."""
    rest, turned_good = _NEGATED_FAULT.subn(" ", text)
    rest, children_safe = _NO_CHILD.subn(" ", rest)
    rest, turned_bad = _NEGATED_PRAISE.subn(" ", rest)
    faults = len(_FAULT_RE.findall(rest)) + turned_bad
    praises = len(_PRAISE_RE.findall(_FAULT_RE.sub(" ", rest))) + turned_good + children_safe
    if faults and praises:
        return _contrast(text, faults, praises)
    if faults:
        return Direction.WEAKNESS
    return Direction.STRENGTH if praises else Direction.NEUTRAL


def _contrast(text: str, faults: int, praises: int) -> Direction:
    """A sentence with both: what a contrast word leads to counts; without one, the majority."""
    match = re.search(r"\b(?:but|however|although|though|despite|while|whilst|yet)\b", text, re.IGNORECASE)
    if match:
        return Direction.MIXED
    if faults >= praises:
        return Direction.WEAKNESS
    return Direction.STRENGTH if praises > 2 * faults else Direction.MIXED


def finding_direction(kind: Kind, sentences: Iterable[Direction]) -> Direction:
    """Sum up a finding: its kind where that settles it, else what its sentences agree on."""
    if (settled := BY_KIND.get(kind)) is not None:
        return settled
    seen = {direction for direction in sentences if direction is not Direction.NEUTRAL}
    if not seen:
        return Direction.NEUTRAL
    return seen.pop() if len(seen) == 1 else Direction.MIXED


def directed(finding: Finding, probabilities: FloatMatrix) -> Finding:
    """A finding with the direction that a classifier gives its sentences, unless structure settles it.

    Args:
        probabilities: of each of its sentences to point each way, (sentences, 4), columns as in `ORDER`.
    """
    if finding.kind in BY_KIND or not finding.sentences:
        return finding
    found = [ORDER[place] for place in probabilities.argmax(axis=1)]
    sentences = tuple(
        replace(sentence, direction=direction, lean=round(float(leans), 3))
        for sentence, direction, leans in zip(finding.sentences, found, lean(probabilities), strict=True)
    )
    return replace(finding, sentences=sentences, direction=finding_direction(finding.kind, found))
