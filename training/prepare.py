"""Judged queries to training data that names findings and quotes none.

    python -m training.prepare --train FOLDER --index DIR

FOLDER holds judged queries (queries.json, qrels.json) as `findings evaluate` reads them, and of each query the `need`,
a `statement` and its `opposite` besides; DIR is an index of the reports they judge. Every judged passage becomes a
reference to the finding that overlaps it. Writes training/data/judged.jsonl: one query a line, with its findings by
grade, each as its id, a slash and the number of the sentence that the general model puts nearest to the statement.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from evaluation.fit_fusion import Findings as JudgedFindings
from evaluation.untuned import untuned
from indexer.config import Settings, load_settings
from indexer.embedder import load_encoder, sentence_text
from indexer.evaluate import read_judged
from indexer.search import Engine
from training.examples import DATA, Findings


def main() -> None:
    """Write the judged queries with references in place of passages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--train", type=Path, required=True, help="folder with queries.json and qrels.json")
    parser.add_argument("--index", type=Path, required=True, help="index of the reports they judge")
    options = parser.parse_args()
    engine = Engine.open(load_settings().model_copy(update={"index_dir": options.index}))
    judged, texts = JudgedFindings(engine), Findings(options.index)
    encoder = load_encoder(Settings(model=untuned()))
    written = {item["qid"]: item for item in json.loads((options.train / "queries.json").read_text(encoding="utf-8"))}
    with (DATA / "judged.jsonl").open("w", encoding="utf-8") as out:
        for query in read_judged(options.train):
            item, grades = written[query.qid], defaultdict(list)
            statement = encoder.encode([item["statement"]])[0]
            for row, grade in judged.graded(query).items():
                finding = texts.of_id[judged.ids[row]]
                sentences = encoder.encode([sentence_text(finding, sentence) for sentence in finding.sentences])
                grades[str(grade)].append(f"{finding.id}/{int((sentences @ statement).argmax())}")
            record = {key: item[key] for key in ("qid", "query", "need", "statement", "opposite")}
            out.write(json.dumps(record | {"grades": dict(sorted(grades.items()))}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
