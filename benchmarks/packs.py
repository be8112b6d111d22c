"""What an evidence pack costs: lines of enquiry searched for, and written in each form.

    python -m benchmarks.packs INDEX [--lines N] [--rounds N]

The lines are the first of benchmarks/queries.txt. Each round opens the index anew, so that no vector of a line is kept
from the one before; the model is loaded and warmed up before. Printed: seconds of each round, for the search and for
each form, and how many findings the pack holds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import closing
from datetime import date
from pathlib import Path

from app.packs.formats import FORMATS
from app.packs.pack import make_pack
from app.packs.params import PackParams
from benchmarks.machine import this_machine
from benchmarks.querying import WARM, read_queries
from indexer.config import load_settings
from indexer.embedder import load_encoder
from indexer.models import Query
from indexer.search import Engine


def main() -> None:
    """Make the pack in several rounds and print what each took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("index", type=Path, help="folder of the index")
    parser.add_argument("--lines", type=int, default=25, help="lines of enquiry (default 25)")
    parser.add_argument("--rounds", type=int, default=5, help="how often the pack is made (default 5)")
    options = parser.parse_args()
    settings = load_settings().model_copy(update={"index_dir": options.index})
    asked = PackParams(lines=read_queries(options.lines), date=date(2026, 1, 1))
    encoder = load_encoder(settings, "serving")
    taken: dict[str, list[float]] = {name: [] for name in ("search", *FORMATS)}
    for _ in range(options.rounds):
        with closing(Engine.open(settings, encoder)) as engine:
            for query in WARM:
                engine.search(Query(query))
            started = time.perf_counter()
            pack = make_pack(engine, asked, "http://127.0.0.1:8000")
            taken["search"].append(time.perf_counter() - started)
        for name, form in FORMATS.items():
            started = time.perf_counter()
            form.write(pack)
            taken[name].append(time.perf_counter() - started)
    facts = pack.facts
    print(this_machine().described())
    print(f"{facts.documents:,} reports, {facts.findings:,} findings")
    print(f"{options.lines} lines, {len(pack.entries)} findings in the pack")
    for part, seconds in taken.items():
        shown = ", ".join(f"{each:.2f}" for each in seconds)
        print(f"{part:<10}{statistics.median(seconds):>8.2f} s   ({shown})")


if __name__ == "__main__":
    main()
