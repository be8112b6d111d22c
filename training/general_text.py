"""Text of all kinds, by which training keeps the model's knowledge of what inspections do not speak of.

    python -m training.general_text --wordnet FOLDER --articles FILE.bz2 --out FILE

FOLDER holds the data files of WordNet 3.0 (Debian: wordnet-base), FILE.bz2 pages of Wikipedia as it exports them.
Written are one text a line, in random order: definitions of WordNet with their headwords and examples, and pieces of a
few sentences of the articles. Nothing of them is part of the product.
"""

from __future__ import annotations

import argparse
import bz2
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

DEFINITIONS: Final = 7_000
PIECES: Final = 6_000
PIECE: Final = 320
"""About how many characters of an article are one text: as long as a finding of three sentences."""
SEED: Final = 0

_MARKUP: Final = (
    (re.compile(r"<!--.*?-->|<ref[^>/]*/>|<ref.*?</ref>|<math.*?</math>", re.DOTALL), ""),
    (re.compile(r"\{\{[^{}]*\}\}|\{\|.*?\|\}", re.DOTALL), ""),
    (re.compile(r"\[\[(?:File|Image|Category):[^\[\]]*(?:\[\[[^\]]*\]\][^\[\]]*)*\]\]"), ""),
    (re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]"), r"\1"),
    (re.compile(r"\[https?://\S+ ([^\]]*)\]"), r"\1"),
    (re.compile(r"'{2,}|<[^>]+>|&nbsp;"), ""),
)


def definitions(folder: Path) -> Iterator[str]:
    """The definitions of WordNet, each with its headwords before it."""
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if not line.strip() or line.startswith(" "):
                continue
            head, _, gloss = line.partition(" | ")
            fields = head.split()
            words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
            yield f"{', '.join(words).replace('_', ' ')}: {gloss.strip()}"


def pieces(file: Path) -> Iterator[str]:
    """The running text of articles without its markup, in pieces of some sentences."""
    with bz2.open(file) as pages:
        for _, element in etree.iterparse(pages, tag="{*}text", recover=True):
            text = element.text or ""
            element.clear()
            for _ in range(3):  # templates stand inside templates
                for pattern, plain in _MARKUP:
                    text = pattern.sub(plain, text)
            for paragraph in text.splitlines():
                if len(paragraph) > PIECE / 2 and paragraph[0].isalpha():
                    yield from _cut(paragraph)


def _cut(paragraph: str) -> Iterator[str]:
    """A paragraph in pieces that end with a sentence."""
    piece = ""
    for sentence in re.split(r"(?<=[.!?]) +(?=[A-Z])", paragraph):
        piece = f"{piece} {sentence}".strip()
        if len(piece) >= PIECE:
            yield piece
            piece = ""
    if len(piece) > PIECE / 4:
        yield piece


def main() -> None:
    """Write the texts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--wordnet", type=Path, required=True, help="folder of data.noun, data.verb, data.adj, data.adv"
    )
    parser.add_argument("--articles", type=Path, required=True, help="exported pages of Wikipedia, bz2")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args()
    rng = random.Random(SEED)
    texts = []
    for found, most in ((list(definitions(options.wordnet)), DEFINITIONS), (list(pieces(options.articles)), PIECES)):
        print(f"{len(found)} texts, {min(most, len(found))} taken")
        texts += rng.sample(found, min(most, len(found)))
    rng.shuffle(texts)
    options.out.write_text("".join(f"{' '.join(text.split())}\n" for text in texts), encoding="utf-8")


if __name__ == "__main__":
    main()
