"""What is said of an answer: which way was sought, what the query was taken for, and why a result is one.

Everything here gives plain text, for the pages, which escape it, and for the command line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.words import count, listed, ordinal, score, shortened
from indexer.models import Answer, Explanation, Leg, Sought

SOUGHT: Final[Mapping[Sought, str]] = {
    "weakness": "Looking for weaknesses",
    "strength": "Looking for good practice",
    "any": "Looking for weaknesses and good practice",
}
_LEG: Final[Mapping[str, str]] = {
    "sentence": "Meaning of its closest sentence",
    "finding": "Meaning of the whole finding",
    "words": "Words in common, rare ones counting most",
    "coverage": "Share of the words looked for",
}


def counted(answer: Answer) -> str:
    """How many results there are: "13 comparable findings"."""
    return count(answer.total, "comparable finding") if answer.total else "No comparable findings"


def outcome(answer: Answer) -> str:
    """An answer in a title: "13 comparable findings, looking for weaknesses"."""
    parts = [counted(answer)]
    if answer.weak:
        parts.append(count(answer.weak, "weak one"))
    if answer.direction != "any":
        parts.append(SOUGHT[answer.direction].lower())
    return ", ".join(parts)


def corrected(answer: Answer) -> str:
    """Which words were taken for others: “No report has “minuts”: searched for “minutes”.” Empty where none was."""
    return corrected_words(answer.corrections)


def corrected_words(corrections: Sequence[tuple[str, str]]) -> str:
    """The same of the corrections alone."""
    if not corrections:
        return ""
    typed, taken_for = ([f"“{word}”" for word in side] for side in zip(*corrections, strict=True))
    return f"No report has {listed(typed, 'or')}: searched for {listed(taken_for)}."


def expanded(answer: Answer) -> str:
    """What was searched for beside the words typed: acronyms in full and the reverse. Empty where nothing was."""
    return expanded_words(answer.expansions)


def expanded_words(expansions: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The same of the expansions alone."""
    parts = [f"{listed(also)} (for {said})" for said, also in expansions if also]
    return f"Also searched: {'; '.join(parts)}." if parts else ""


def unknown_marks(answer: Answer) -> str:
    """Which marks were passed over, since their findings are gone. Empty where none was."""
    if not answer.unknown_marks:
        return ""
    gone = [f"“{shortened(each)}”" for each in answer.unknown_marks]
    return f"No finding has the id {listed(gone, 'or')}, so that mark was passed over. It may have left the collection."


# ---------------------------------------------------------------------------------------------- why a result is one

MEANING_OF_SCORE: Final = "is the estimated probability that an inspector would call this finding comparable"


def steps(explanation: Explanation) -> tuple[str, ...]:
    """How a score came about, one comparison after the other; the last one arrives at the score.

    Scores cannot be added up and log odds say nothing to most people, so each step says where the score stands after
    it. Comparisons that make no difference are left out.
    """
    return tuple(_steps(explanation.base, explanation.legs))


def _steps(log_odds: float, legs: Sequence[Leg]) -> Iterator[str]:
    before = score(_probability(log_odds))
    yield f"Before anything is compared: {before}"
    for leg in legs:
        if not leg.share:
            continue
        log_odds += leg.share
        after = score(_probability(log_odds))
        verb = "leaves it at" if before == after else "raises it to" if leg.share > 0 else "lowers it to"
        yield f"{_compared(leg)}: {verb} {after}"
        before = after


def _compared(leg: Leg) -> str:
    if leg.name == "direction":
        return "Points the way sought" if leg.share > 0 else "Points the other way"
    if leg.name == "subject":
        return (
            "The search is on the reports’ subject" if leg.share > 0 else "The search may be off the reports’ subject"
        )
    place = "" if leg.rank is None else ", best of all" if leg.rank == 1 else f", {ordinal(leg.rank)} best of all"
    return _LEG.get(leg.name, leg.name.capitalize()) + place


def _probability(log_odds: float) -> float:
    # By the hyperbolic tangent, which large numbers cannot make overflow.
    return 0.5 * (1 + math.tanh(log_odds / 2))
