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
    (re.compile("|".join(patterns), re.IGNORECASE), kind)
    for kind, patterns in (
        (Kind.PRIORITY_ACTION, (r"\bpriority (?:and immediate )?actions?\b", r"\bimmediate actions?\b")),
        (
            Kind.RECOMMENDATION,
            (
                r"^(?:key )?recommendations?\b",
                r"\bwhat (?:needs|does .{0,60} need|must|should) (?:to )?(?:improve|change)\b",
                r"\bareas? (?:for|of|needing|requiring) improvement\b",
                r"^(?:required )?improvements? (?:needed|required)",
                r"^actions? (?:required|needed)",
            ),
        ),
        (
            Kind.AREA_FOR_DEVELOPMENT,
            (
                r"\bareas? (?:for|of) (?:further )?development\b",
                r"\bdevelopment areas?\b",
                r"^(?:key )?weaknesses\b",
                r"^areas? of weakness",
                r"\bneeds? to do better\b",  # area SEND inspections
            ),
        ),
        (
            Kind.MEETS_REQUIREMENTS,
            (r"\bmeets? (?:the )?requirements?", r"^satisfactory practice", r"^areas? .{0,20}\bmet requirements"),
        ),
        (
            Kind.STRENGTH,
            (
                r"^(?:key |main )?strengths?\b(?!.*weakness)",
                r"\bfollowing strengths$",
                r"\b.s strengths$",
                r"^areas? of strength",
                r"^what (?:is working|works) well",
                r"^(?:practice|case) study: (?:highly )?effective practice",  # joint targeted area inspections
                r"^(?:highly )?effective practice",
                r"\bdoing that is effective\b",  # area SEND inspections
            ),
        ),
        (
            Kind.CONTEXT,
            (
                r"\binformation about (?:this|the) (?:local (?:authority|area)|LSCB|area|service|inspection|visit)",
                r"^about (?:this|the) (?:inspection|visit|report|area)",
                r"^(?:the )?inspection (?:team|details)",
                r"^areas? covered by (?:the|this) visit",
                r"^local area partnership details",
                r"^(?:other|previous) (?:ofsted )?inspections?",
                r"^local leadership",
                r"^(?:about the )?(?:children|child protection|other information)\b.{0,60}\b(?:in|about) this area",
                r"^service information",
                r"\binspection judge?ments (?:and what they )?mean",
                r"^(?:about )?the (?:local area|inspection)$",
                r"^(?:context|introduction|methodology|next steps)$",
                r"^scope of the (?:inspection|visit)",
                r"^grade descriptors?",
            ),
        ),
    )
)
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
_PART = re.compile(r"summary|inspection findings", re.IGNORECASE)
_VERDICT = re.compile(
    r"(?:(?:[:–—-]|\b(?:is|are|as|was|were)(?: that it is)?(?: judged)?(?: to be)?)"
    r"\s*\(?(?P<stated>outstanding|good|inadequate|adequate|satisfactory)"
    r"|\b(?P<improve>requires? improvement(?: to be good)?))\b\)?(?: because)?\W*$",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"\s(?P<grade>Outstanding|Good|Inadequate|Adequate|Satisfactory)\W*$")
_GRADE_NUMBER = re.compile(
    r"^grade\s*\d\s*\((?P<grade>outstanding|good|adequate|inadequate|satisfactory)\)", re.IGNORECASE
)
_WORDS = re.compile(r"[a-z]+")
_FILLER = frozenset(
    re.findall(
        r"\w+",
        "the of a an and for to in on that is are who it this from about"
        " experience experiences progress graded judgement judgment",
    )
)
"""Words that one of two names of an area may leave out: its table says "Children who need help and protection", the
section "The experiences and progress of children who need help and protection"."""
SAME_AREA = 0.86
"""Two names of an area are one where this share of their letters stands in both, in order."""


def kind_of(heading: str) -> Kind | None:
    """The kind that a heading gives to the findings under it; None where it says nothing."""
    for pattern, kind in KINDS:
        if pattern.search(heading):
            return kind
    return None


def is_part_of(heading: str, above: str) -> bool:
    """Whether a heading names a part of the section above it, at whatever level both are set ("Summary")."""
    section = bool(_SECTIONS.search(above) or _TOPICS.search(above))
    return section and bool(_PART.fullmatch(heading)) and not _PART.fullmatch(above)


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
    if match := _VERDICT.search(heading):
        return Grade.REQUIRES_IMPROVEMENT if match["improve"] else Grade(match["stated"].casefold())
    match = _BESIDE.search(heading) or _GRADE_NUMBER.search(heading)
    return Grade(match["grade"].casefold()) if match else None


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
