"""The numbers Word prints before paragraphs: no file holds them, they are counted from its list definitions.

The rules are those of ECMA-376 part 1, section 17.9: `w:num` instances point to `w:abstractNum` definitions and count
together with all other instances of the same definition, unless an instance starts a level anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from lxml.etree import _Element

BULLET = "•"

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LARGEST_ROMAN = 3_999
_LARGEST_LETTERS = 26 * 30  # Word repeats the letter: z, aa, bb; beyond this it is no list


def value(element: _Element | None, name: str = "w:val") -> str | None:
    """An attribute of an element that may not be there."""
    return None if element is None else element.get(qn(name))


def number(element: _Element | None, otherwise: int) -> int:
    """The value of an element as a whole number, where it is there and is one."""
    text = value(element)
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,9}", text) else otherwise


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: how its numbers look, such as "%1.%2" for 3.4."""

    start: int
    style: str
    text: str
    legal: bool
    """True where numbers of outer levels are shown as decimals whatever their own style."""
    restarts: bool
    paragraph_style: str | None


@dataclass(slots=True)
class _Instance:
    """A list as used by paragraphs: its definition, and levels that start anew or look different."""

    definition: str
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)


class Numbering:
    """Counts the numbered paragraphs of one document, in their order."""

    def __init__(self, part: _Element | None, list_of_style: Callable[[str], str | None]) -> None:
        """Read the definitions.

        Args:
            part: root of the numbering part; None where the document has none.
            list_of_style: list style id -> id of its list instance, for definitions that point to a style.
        """
        self._definitions: dict[str, dict[int, Level]] = {}
        self._instances: dict[str, _Instance] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._started: set[tuple[str, int]] = set()
        if part is None:
            return
        links: dict[str, str] = {}
        for definition in part.iterchildren(qn("w:abstractNum")):
            name = definition.get(qn("w:abstractNumId"), "")
            self._definitions[name] = _levels(definition)
            link = value(definition.find(qn("w:numStyleLink")))
            if link:
                links[name] = link
        for instance in part.iterchildren(qn("w:num")):
            self._instances[instance.get(qn("w:numId"), "")] = _instance(instance)
        for instance in self._instances.values():
            other = self._instances.get(list_of_style(links.get(instance.definition, "")) or "")
            if other is not None:
                instance.definition = other.definition

    def level_of_style(self, list_id: str, style: str) -> int:
        """The level of a list that belongs to a paragraph style; the outermost where none does."""
        instance = self._instances.get(list_id)
        levels = self._definitions.get(instance.definition, {}) if instance else {}
        return next((place for place, level in levels.items() if level.paragraph_style == style), 0)

    def marker(self, list_id: str, place: int) -> str | None:
        """Count the next paragraph of a list and give what Word prints before it.

        Args:
            list_id: the list's instance, `w:numId`.
            place: the level, 0 outermost.
        Returns:
            "•" for a bullet, the number as printed ("12.", "(a)", "3.4"), "" where the level prints nothing, None
            where there is no such list.
        """
        instance = self._instances.get(list_id)
        level = self._level(instance, place) if instance else None
        if instance is None or level is None:
            return None
        counts = self._counts.setdefault(instance.definition, {})
        if place in instance.starts and (list_id, place) not in self._started:
            counts[place] = instance.starts[place]
        else:
            counts[place] = counts[place] + 1 if place in counts else level.start
        self._started.add((list_id, place))
        for deeper in [other for other in counts if other > place]:
            inner = self._level(instance, deeper)
            if inner is None or inner.restarts:
                del counts[deeper]
        if level.style == "bullet":
            return BULLET
        return self._printed(instance, level, counts)

    def _level(self, instance: _Instance, place: int) -> Level | None:
        return instance.levels.get(place) or self._definitions.get(instance.definition, {}).get(place)

    def _printed(self, instance: _Instance, level: Level, counts: dict[int, int]) -> str:
        """A level's text with the numbers of it and its outer levels filled in."""

        def fill(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            outer = self._level(instance, place)
            if outer is None:
                return ""
            return _formatted(counts.get(place, outer.start), "decimal" if level.legal else outer.style)

        return "" if level.style == "none" else re.sub(r"%([1-9])", fill, level.text).strip()


def _levels(definition: _Element) -> dict[int, Level]:
    """The levels of a list definition by their place."""
    return {int(level.get(qn("w:ilvl"))): _level(level) for level in definition.iterchildren(qn("w:lvl"))}


def _level(level: _Element) -> Level:
    """One level of a list definition."""
    legal = level.find(qn("w:isLgl"))
    return Level(
        start=number(level.find(qn("w:start")), 0),
        style=value(level.find(qn("w:numFmt"))) or "decimal",
        text=value(level.find(qn("w:lvlText"))) or "",
        legal=legal is not None and value(legal) not in ("0", "false", "off"),
        restarts=value(level.find(qn("w:lvlRestart"))) != "0",
        paragraph_style=value(level.find(qn("w:pStyle"))),
    )


def _instance(instance: _Element) -> _Instance:
    """A list instance with what it sets otherwise than its definition."""
    result = _Instance(value(instance.find(qn("w:abstractNumId"))) or "")
    for override in instance.iterchildren(qn("w:lvlOverride")):
        place = int(override.get(qn("w:ilvl")))
        start = override.find(qn("w:startOverride"))
        if start is not None:
            result.starts[place] = number(start, 1)
        level = override.find(qn("w:lvl"))
        if level is not None:
            result.levels[place] = _level(level)
    return result


def _formatted(count: int, style: str) -> str:
    """A number in one of Word's styles; decimal for those English reports do not use."""
    if style in ("lowerLetter", "upperLetter") and 0 < count <= _LARGEST_LETTERS:
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters.upper() if style == "upperLetter" else letters
    if style in ("lowerRoman", "upperRoman") and 0 < count <= _LARGEST_ROMAN:
        return roman(count).upper() if style == "upperRoman" else roman(count)
    if style == "decimalZero":
        return f"{count:02d}"
    return "" if style in ("none", "bullet") else str(count)


def roman(count: int) -> str:
    """A number from 1 to 3,999 in small Roman figures."""
    result = ""
    for size, figures in _ROMAN:
        result += figures * (count // size)
        count %= size
    return result
