"""Fine-tune the general sentence model into the product's encoder.

    python -m training.train --index DIR --general FILE --out FOLDER

DIR is an index of the reports that training/data names, FILE texts of all kinds (`training.general_text`). Three tasks
share the model: of a query and the texts of a batch, tell the one that answers it (softmax over cosines, every other
text of the batch and one opposite for each query being wrong answers); read from the vector of a text which way it
points; and leave the vectors of general texts where the general model has them. `training/README.md` has the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.base.sampler import DefaultBatchSampler
from sentence_transformers.sentence_transformer.losses import MSELoss, MultipleNegativesRankingLoss
from torch import Tensor, nn

from evaluation.untuned import untuned
from indexer.direction_head import ORDER
from indexer.embedder import find_model
from training.examples import (
    DATA,
    Directed,
    Findings,
    Triple,
    directed_texts,
    graded_triples,
    judged_triples,
    learnt,
    pair_triples,
    read_lines,
    word_triples,
    written_triples,
)

EPOCHS: Final = 2
BATCH: Final = 32
LEARNING_RATE: Final = 5e-5
SCALE: Final = 20.0
"""What cosines are multiplied by before the softmax."""
MAX_TOKENS: Final = 128
DIRECTED: Final = 12_000
"""How many directed texts are learnt from in each epoch, at most; sentences of reports are all among them."""
DIRECTION_WEIGHT: Final = 0.5
KEEP_WEIGHT: Final = 8.0
"""What 1 - cosine between a general text's vector and the general model's is multiplied by."""
SEED: Final = 0


class Batches(DefaultBatchSampler):
    """Batches of texts about as long as each other, which leaves little to pad, no two of one group in a batch."""

    STRETCH: Final = 40
    """Batches that are sorted by length together."""

    def __init__(self, groups: Sequence[str], lengths: Sequence[int], generator: torch.Generator | None) -> None:
        everything = torch.utils.data.SequentialSampler(groups)
        super().__init__(everything, batch_size=BATCH, drop_last=True, generator=generator)
        self._groups, self._lengths = groups, lengths

    def __iter__(self) -> Iterator[list[int]]:
        """Each batch once, in random order."""
        order = torch.randperm(len(self._groups), generator=self.generator).tolist()
        size = self.batch_size * self.STRETCH
        batches: list[list[int]] = []
        for begin in range(0, len(order), size):
            waiting = sorted(order[begin : begin + size], key=lambda number: self._lengths[number])
            while waiting:
                batch: dict[str, int] = {}
                rest = []
                for number in waiting:
                    if len(batch) < self.batch_size and self._groups[number] not in batch:
                        batch[self._groups[number]] = number
                    else:
                        rest.append(number)
                batches.append(list(batch.values()))
                waiting = rest
        full = [batch for batch in batches if len(batch) == self.batch_size]
        for place in torch.randperm(len(full), generator=self.generator).tolist():
            yield full[place]

    def __len__(self) -> int:
        """About how many batches there are: those that are not full are left out."""
        return len(self._groups) // self.batch_size - len(self._groups) // (self.batch_size * self.STRETCH)


class DirectionLoss(nn.Module):
    """Cross-entropy of a linear classifier of directions on the vectors."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model
        self.head = nn.Linear(model.get_embedding_dimension() or 0, len(ORDER))

    def forward(self, features: list[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """The loss of one batch."""
        vectors = self.model(features[0])["sentence_embedding"]
        # Vectors have unit length; the classifier starts as if they were about as long as its inputs usually are.
        return DIRECTION_WEIGHT * nn.functional.cross_entropy(self.head(8 * vectors).float(), labels)


class KeepLoss(MSELoss):
    """How far the vectors of general texts have moved from those of the general model."""

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor | None) -> Tensor:
        """The loss of one batch; labels are the general model's vectors, (n, dimension)."""
        loss: Tensor = super().forward(sentence_features, labels)
        # The mean over dimensions of squared differences of unit vectors is 2 (1 - cosine) / dimension.
        return loss * (KEEP_WEIGHT * (self.model.get_embedding_dimension() or 0) / 2)


def triples_of(findings: Findings, rng: random.Random) -> list[Triple]:
    """Everything that is learnt from about what answers what."""
    return [
        *judged_triples(findings, learnt(read_lines("judged.jsonl")), rng),
        *pair_triples(json.loads((DATA / "pairs.json").read_text(encoding="utf-8")), rng),
        *graded_triples(findings, read_lines("graded.jsonl"), rng),
        *written_triples(findings, read_lines("written.jsonl"), rng),
        *word_triples(rng),
    ]


def directed_of(findings: Findings, rng: random.Random) -> list[Directed]:
    """What is learnt from about direction: all sentences of reports, and some of what was written."""
    texts = list(directed_texts(findings))
    rng.shuffle(texts)
    texts.sort(key=lambda item: not item.of_report)
    return texts[:DIRECTED]


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--index", type=Path, required=True, help="index of the reports that the training data names")
    parser.add_argument("--general", type=Path, required=True, help="texts of all kinds, one a line")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    options = parser.parse_args()
    findings = Findings(options.index)
    rng = random.Random(SEED)
    triples, directed = triples_of(findings, rng), directed_of(findings, rng)
    general = sorted(options.general.read_text(encoding="utf-8").splitlines(), key=len)
    print(f"{len(triples)} triples, {len(directed)} directed texts, {len(general)} general texts", flush=True)
    model = SentenceTransformer(str(find_model(untuned()).folder), device="cpu")
    whole, model.max_seq_length = model.max_seq_length, MAX_TOKENS
    names = [direction.value for direction in ORDER]
    kept = model.encode(general, batch_size=BATCH, normalize_embeddings=True)
    datasets = {
        "triples": Dataset.from_dict({k: [getattr(t, k) for t in triples] for k in ("anchor", "positive", "negative")}),
        "directed": Dataset.from_dict(
            {"text": [d.text for d in directed], "label": [names.index(d.direction) for d in directed]}
        ),
        "general": Dataset.from_dict({"text": general, "label": kept.tolist()}),
    }

    def sampler(dataset: Dataset, *, generator: torch.Generator | None = None, **_: object) -> Batches:
        if "anchor" in dataset.column_names:
            lengths = [max(len(item.positive), len(item.negative)) for item in triples]
            return Batches([item.group for item in triples], lengths, generator)
        return Batches(
            [str(place) for place in range(len(dataset))], [len(text) for text in dataset["text"]], generator
        )

    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(options.out / "trainer"),
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        warmup_steps=0.1,
        weight_decay=0.01,
        bf16=True,
        use_cpu=True,
        seed=SEED,
        save_strategy="no",
        logging_steps=100,
        report_to="none",
        disable_tqdm=True,
        batch_sampler=sampler,
    )
    losses = {
        "triples": MultipleNegativesRankingLoss(model, scale=SCALE),
        "directed": DirectionLoss(model),
        "general": KeepLoss(model),
    }
    SentenceTransformerTrainer(model=model, args=arguments, train_dataset=datasets, loss=losses).train()
    shutil.rmtree(options.out / "trainer", ignore_errors=True)
    model.max_seq_length = whole
    # Half of the size; rounding the weights moves a vector by less than the arithmetic of bfloat16 does.
    model.half().save_pretrained(str(options.out), create_model_card=False)


if __name__ == "__main__":
    main()
