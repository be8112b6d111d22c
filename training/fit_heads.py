"""Fit the classifiers that read from a vector which way its text points, and whether a query is on the subject.

    python -m training.fit_heads --model FOLDER --index DIR

Two softmax regressions on the vectors of the encoder in FOLDER, one for sentences of reports and one for queries, are
written into it as `direction.safetensors`, and a support vector machine on those of queries as `subject.safetensors`.
Printed: accuracy on sentences of reports left out (five folds by report), and on the sentences of
evaluation/directions.jsonl, which nothing is fitted on.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict  # type: ignore[import-untyped]
from sklearn.svm import SVC  # type: ignore[import-untyped]

from indexer import subject_head
from indexer.acronyms import learn_acronyms
from indexer.config import ModelSettings, Settings
from indexer.direction_head import FILE, ORDER
from indexer.embedder import Encoder, load_encoder, passage_text
from training.examples import (
    OFF_SUBJECT_KEPT_BACK,
    Directed,
    Findings,
    directed_texts,
    kept_back,
    labelled,
    off_subject,
)

TEST: Final = Path(__file__).parents[1] / "evaluation" / "directions.jsonl"
STRENGTH: Final = 3.0
SUBJECT_STRENGTH: Final = 10.0
"""Inverse of the regularisation, as scikit-learn has it."""
SUBJECT_WIDTH: Final = 2.0
"""What the square of a distance is multiplied by in the kernel of the subject's classifier."""
ON_SUBJECT_PASSAGES: Final = 800
"""How many findings of reports it learns from besides."""
ON_SUBJECT: Final = 7_500
"""How many queries on the subject that classifier learns from, drawn at random: more make it large, no better."""


def vectors_of(encoder: Encoder, texts: Sequence[Directed]) -> np.ndarray:
    """The vectors of some texts, (n, dimension); queries go through the model as queries."""
    encode = encoder.encode_query if texts[0].form == "query" else encoder.encode
    return encode([item.text for item in texts])


def fit(vectors: np.ndarray, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Weights (4, dimension) and biases (4,), rows as in `ORDER`; a direction without examples gets a bias of -20."""
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(vectors, labels)
    weights = np.zeros((len(ORDER), vectors.shape[1]), dtype=np.float32)
    biases = np.full(len(ORDER), -20.0, dtype=np.float32)
    for name, row, bias in zip(model.classes_, model.coef_, model.intercept_, strict=True):
        place = [direction.value for direction in ORDER].index(name)
        weights[place], biases[place] = row, bias
    return weights, biases


def fit_subject(encoder: Encoder, on: Sequence[str], off: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays of `SubjectHead`; both sides count the same."""
    vectors = encoder.encode_query([*on, *off])
    labels = np.repeat([1, 0], [len(on), len(off)])
    machine = SVC(C=SUBJECT_STRENGTH, gamma=SUBJECT_WIDTH, class_weight="balanced")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    margins = cross_val_predict(machine, vectors, labels, cv=folds, method="decision_function")
    odds = LogisticRegression(class_weight="balanced").fit(margins[:, None], labels)
    slope, offset = float(odds.coef_[0, 0]), float(odds.intercept_[0])
    right = (margins * slope + offset > 0) == labels
    print(
        f"subject: {len(on)} on, {len(off)} off; left out, right of those on {right[labels == 1].mean():.3f}, "
        f"of those off {right[labels == 0].mean():.3f}"
    )
    machine.fit(vectors, labels)
    return {
        "support": machine.support_vectors_.astype(np.float16),
        "weights": (slope * machine.dual_coef_[0]).astype(np.float32),
        "bias": (slope * machine.intercept_ + offset).astype(np.float32),
        "width": np.array([SUBJECT_WIDTH], dtype=np.float32),
    }


def main() -> None:
    """Fit both, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="folder of the encoder")
    parser.add_argument("--index", type=Path, required=True, help="index of the reports that the training data names")
    options = parser.parse_args()
    for name in (FILE, subject_head.FILE):
        (options.model / name).unlink(missing_ok=True)
    findings = Findings(options.index)
    encoder = load_encoder(Settings(model=ModelSettings(path=options.model)))
    arrays: dict[str, np.ndarray] = {}
    for form in ("sentence", "query"):
        texts = [item for item in directed_texts(findings) if item.form == form]
        vectors, labels = vectors_of(encoder, texts), [item.direction for item in texts]
        print(form, len(texts), dict(Counter(labels)))
        groups = [item.group for item in texts]
        guess = cross_val_predict(
            LogisticRegression(C=STRENGTH, max_iter=3000), vectors, labels, groups=groups, cv=GroupKFold(5)
        )
        right = guess == np.array(labels)
        print(f"  left out by report or topic: {right.mean():.3f}")
        weights, biases = fit(vectors, labels)
        arrays |= {f"{form}_weights": weights, f"{form}_biases": biases}
        if form == "sentence":
            test = list(
                labelled(findings, [json.loads(line) for line in TEST.read_text(encoding="utf-8").splitlines()])
            )
            predicted = (vectors_of(encoder, test) @ weights.T + biases).argmax(axis=1)
            truth = np.array([[direction.value for direction in ORDER].index(item.direction) for item in test])
            clear = truth < 2
            print(
                f"  {len(test)} of the test: {(predicted == truth).mean():.3f};"
                f" of the {clear.sum()} that praise or fault: {(predicted == truth)[clear].mean():.3f}"
            )
    save_file(arrays, options.model / FILE)
    on = [item.text for item in directed_texts(findings) if item.form == "query"]
    on = random.Random(0).sample(on, min(ON_SUBJECT, len(on)))
    # A query may be a whole paragraph; what is off the subject is short in all examples, and must not be all that is.
    passages = sorted(passage_text(finding) for finding in findings.of_id.values())
    on += random.Random(0).sample(passages, ON_SUBJECT_PASSAGES)
    on += [item.text for item in directed_texts(findings) if item.form == "sentence" and not item.of_report][::8]
    # What the reports themselves abbreviate is on their subject, however short it is.
    acronyms = learn_acronyms(finding.text for finding in findings.of_id.values())
    on += [*acronyms, *(form for forms in acronyms.values() for form in forms)]
    off = [query for query in off_subject() if not kept_back(query, OFF_SUBJECT_KEPT_BACK)]
    save_file(fit_subject(encoder, on, off), options.model / subject_head.FILE)


if __name__ == "__main__":
    main()
