"""Whether a model still understands text that has nothing to do with inspections.

    python -m evaluation.general [--model FOLDER]...

general.jsonl holds passages of general knowledge from 15 domains, 20 close together in each, and for each passage one
query in other words; in about a quarter of them another passage says the opposite or holds for the opposite case. For
every query all passages of all domains are ranked by cosine similarity. The general model that the product's was made
from is measured first, then the product's own, then each folder given, a line each:

- recall@1, recall@5: share of the queries whose passage is the first, or among the first five;
- MRR: mean over the queries of 1 / rank of the passage.

In brackets stands the 95% interval of the mean over queries drawn anew with replacement (percentile bootstrap), the
same draws for every model. Below each folder's figures stands the difference to the first model, query by query.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluation.untuned import untuned
from indexer.config import ModelSettings, Settings
from indexer.embedder import Encoder, load_encoder
from indexer.errors import ConfigError
from indexer.estimates import Difference, Estimate, mean, paired

PAIRS: Final = Path(__file__).with_name("general.jsonl")
FIGURES: Final = ("recall@1", "recall@5", "MRR")


@dataclass(frozen=True)
class Pair:
    """A query and the one passage that answers it."""

    domain: str
    query: str
    passage: str


def read_pairs(path: Path = PAIRS) -> tuple[Pair, ...]:
    """The pairs of a file, in its order: one JSON object a line."""
    return tuple(Pair(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())


def ranks(encoder: Encoder, pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """The rank of each query's own passage among all passages, from 1, (n,); equal scores count as better."""
    queries = encoder.encode_query([pair.query for pair in pairs])
    scores = queries @ encoder.encode([pair.passage for pair in pairs]).T
    better: NDArray[np.int64] = (scores >= scores.diagonal()[:, None]).sum(axis=1)
    return better


def gains(found: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each query adds to each of `FIGURES`, (n, 3)."""
    return np.stack([found <= 1, found <= 5, 1 / found], axis=1).astype(np.float64)


def line(name: str, cells: Iterable[Estimate | Difference | None], sign: str = "") -> str:
    """One figure after the other with its interval; `sign` is "+" where these are differences."""
    shown = [
        f"{cell.value:{sign}.3f} [{cell.low:{sign}.3f}, {cell.high:{sign}.3f}]" for cell in cells if cell is not None
    ]
    return f"{name:<28}" + "".join(f"{cell:<26}" for cell in shown)


def main() -> None:
    """Measure the general model, the product's own and every folder given."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, action="append", default=[], help="folder of a model; may be repeated")
    options = parser.parse_args()
    pairs = read_pairs()
    print(f"{len(pairs)} queries, {len({pair.domain for pair in pairs})} domains")
    print(" " * 28 + "".join(f"{figure:<26}" for figure in FIGURES))
    first: NDArray[np.float64] | None = None
    for model in (untuned(), ModelSettings(), *(ModelSettings(path=path) for path in options.model)):
        try:
            encoder = load_encoder(Settings(model=model))
        except ConfigError as error:
            parser.error(str(error))
        own = gains(ranks(encoder, pairs))
        print(line(encoder.name, (mean(list(column)) for column in own.T)).rstrip())
        if first is None:
            first = own
        else:
            changes = (paired(list(one), list(other)) for one, other in zip(first.T, own.T, strict=True))
            print(line("  difference to the first", changes, "+").rstrip())


if __name__ == "__main__":
    main()
