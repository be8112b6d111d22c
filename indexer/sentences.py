"""Sentences of a finding, as spans of its text."""

from __future__ import annotations

import re

from sentencex import segment

from indexer.models import Span

SHORT = 12
"""A stretch shorter than this many characters is joined to the sentence before it."""

_REMARK = re.compile(r"\([^()]{1,40}\)[.;]?")
"""A remark in brackets that follows a full stop belongs to the sentence before it: "(Recommendation)"."""


def sentence_spans(text: str) -> tuple[Span, ...]:
    """Where the sentences of a text stand, in order: they cover every character that is not white space.

    Args:
        text: one finding.
    Returns:
        Spans in `text`; empty only where the text is blank.
    """
    spans: list[Span] = []
    position = 0
    for part in segment("en", text):
        start = text.find(part.strip(), position)
        if start < 0 or not part.strip():
            continue
        end = start + len(part.strip())
        if spans and (end - start < SHORT or _REMARK.fullmatch(part.strip())):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
        position = end
    if not spans and text.strip():
        start = len(text) - len(text.lstrip())
        return ((start, len(text.rstrip())),)
    return tuple(spans)
