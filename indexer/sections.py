"""What a heading says of the findings under it: their kind, and the grade of their area.

The reports of every generation sort their findings under a handful of headings ("Strengths", "Areas for development",
"What needs to improve?", "Recommendations"). Each pattern below names a family of such headings; a heading that
matches none says nothing, and its findings take the kind of the nearest heading above that does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from indexer.models import Grade, Judgement, Kind

# First match wins: "areas for priority action" before "areas for", "what needs to improve" before anything on progress.
KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"\bpriority (?:and immediate )?action|\bimmediate action|\bpriority actions?\b", Kind.PRIORITY_ACTION),
        (r"^(?:key )?recommendations?\b|\bwhat (?:needs|does .{0,60} need|must|should) (?:to )?improve"
        r"|\bareas? (?:for|of|needing|requiring) improvement"
         r"|^(?:required )?improvements? (?:needed|required)|^actions? (?:required|needed)", Kind.RECOMMENDATION),
        (r"\bareas? (?:for|of) (?:further )?development|\bdevelopment areas?\b|^(?:key )?weaknesses\b"
        r"|^areas? of weakness", Kind.AREA_FOR_DEVELOPMENT),
        (r"\bmeets? (?:the )?requirements?|^satisfactory practice"
        r"|^areas? (?:of practice )?that met requirements", Kind.MEETS_REQUIREMENTS),
        (r"^(?:key |main )?strengths?\b(?!.*weakness)|\bfollowing strengths$|\b.s strengths$"
        r"|^areas? of strength|^what (?:is working|works) well|^(?:highly )?effective practice", Kind.STRENGTH),
        (r"\binformation about (?:this|the) (?:local (?:authority|area)|LSCB|area|service|inspection)"
        r"|^about (?:this|the) (?:inspection|visit|report|area)"
         r"|^(?:the )?inspection team|^areas? covered by (?:the|this) visit|^previous (?:ofsted )?inspections?"
         r"|^other ofsted inspections|^local leadership"
         r"|^(?:about the )?(?:children|child protection|other information)\b.{0,60}\b(?:in|about) this area"
         r"|^service information"
         r"|\binspection judge?ments (?:and what they )?mean|^(?:about )?the (?:local area|inspection)$"
         r"|^context\b|^introduction$|^methodology|^scope of the inspection"
         r"|^progress since the last inspection of|^next steps$|^grade descriptors?", Kind.CONTEXT),
    )
)  # fmt: skip
# Headings that open narrative findings whatever stands above them, since the levels of headings are not always sound;
_SECTIONS = re.compile(
    r"\binspection findings?\b|\b(?:headline|key|main) findings?\b|^findings\b|\bexecutive summary"
    r"|^summary\b|\bexperiences? and progress of"
    r"|\bimpact of leaders|\bgraded judge?ment|\binspection judge?ments? about|^overall effectiveness"
    r"|^capacity (?:to|for) improve"
    r"|^progress since the last inspection$|^summary for children",
    re.IGNORECASE,
)
# and those that do so only where what stands above is context: lists of recommendations use them as subheadings.
_TOPICS = re.compile(
    r"\bleadership,? (?:and )?(?:management|governance)|\blocal safeguarding children board\b"
    r"|^quality of (?:provision|practice)|^outcomes\b",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"(?:[:–—-]|\b(?:is|are|as|was"
    r"|were)(?: that it is)?(?: judged)?(?: to be)?)\s*\(?(?P<grade>outstanding|good"
    r"|requires? improvement(?: to be good)?|inadequate|adequate|satisfactory)\b\)?\W*$",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"\s(?P<grade>Outstanding|Good|Inadequate|Adequate|Satisfactory|[Rr]equires? improvement(?: to be good)?)\W*$"
)
_GRADE_NUMBER = re.compile(
    r"^grade\s*\d\s*\((?P<grade>outstanding|good|adequate|inadequate|satisfactory)\)", re.IGNORECASE
)
_WORDS = re.compile(r"[a-z]+")
_FILLER = frozenset(
    ("the", "of", "a", "an", "and", "for", "to", "in", "on", "that", "is", "are", "who", "it", "this", "from")
)
SAME_AREA = 0.86
"""Two names of an area are one where this share of their letters stands in both, in order."""


def kind_of(heading: str) -> Kind | None:
    """The kind that a heading gives to the findings under it; None where it says nothing."""
    for pattern, kind in KINDS:
        if pattern.search(heading):
            return kind
    return None


def closes_context(heading: str) -> bool:
    """Whether a heading ends a stretch of context above it, at whatever level it is set."""
    kind = kind_of(heading)
    return kind is not Kind.CONTEXT and (kind is not None or bool(_SECTIONS.search(heading)))


def section_kind(path: Sequence[str]) -> Kind:
    """The kind that the headings above a finding give it, the innermost telling one first.

    Args:
        path: headings, outermost first.
    """
    topic = False
    for heading in reversed(path):
        kind = kind_of(heading)
        if kind is not None:
            return Kind.FINDING if topic and kind is Kind.CONTEXT else kind
        if _SECTIONS.search(heading):
            return Kind.FINDING
        topic = topic or bool(_TOPICS.search(heading))
    return Kind.FINDING


def verdict(heading: str) -> Grade | None:
    """The grade that a heading itself states ("... care leavers: good", "... is that it requires improvement")."""
    match = _VERDICT.search(heading) or _BESIDE.search(heading) or _GRADE_NUMBER.search(heading)
    return Grade(_grade(match["grade"])) if match else None


def _grade(words: str) -> str:
    words = words.casefold()
    return "requires improvement" if words.startswith("require") else words


@lru_cache(maxsize=4096)
def area_grade(heading: str, judgements: tuple[Judgement, ...]) -> Grade | None:
    """The grade of the judged area that a heading names; None where it names none or the report gives no grade."""
    words = _significant(_BESIDE.sub("", _VERDICT.sub("", heading)))
    if not words:
        return None
    best, grade = 0.0, None
    for judgement in judgements:
        area = _significant(judgement.area)
        likeness = 1.0 if words == area else SequenceMatcher(None, words, area, autojunk=False).ratio()
        if likeness > best:
            best, grade = likeness, judgement.grade
    return grade if best >= SAME_AREA else None


def _significant(text: str) -> str:
    return " ".join(word for word in _WORDS.findall(text.casefold()) if word not in _FILLER)
