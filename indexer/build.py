"""Documents to an index: read what is new, embed it, and put a new generation in use.

Only what changed is read and embedded. What is unchanged is copied from the generation in use, rows and vectors, and a
text that had a vector before keeps it even where its document has been read anew.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Final, Literal

import numpy as np

from indexer.config import Settings
from indexer.document import PIPELINE, read_document
from indexer.embedder import Encoder, find_model, load_encoder
from indexer.errors import IndexMismatch, IndexUnavailable
from indexer.generations import (
    CURRENT,
    FORMAT,
    Generation,
    Manifest,
    build_lock,
    built_time,
    generation_name,
    measure,
    new_generation,
    open_generation,
    publish,
)
from indexer.known_texts import KnownTexts
from indexer.models import FileReport, Kind
from indexer.planning import SAME, Roots, Step, candidates, choose_roots, plan, remaining, require_all
from indexer.pool import Outcome, Read, read_all
from indexer.schema import FileRecord
from indexer.unfinished import Unfinished, unfinished_facts
from indexer.writer import GenerationWriter, Vectors

NOTE_SECONDS: Final = 10.0
"""How much work an interruption may cost. To note how far a build has come takes some hundredths of a second."""

Progress = Callable[[Literal["model", "files", "findings"], int, int], None]
"""Called as a build goes on: what is counted, how many are done, and how many there are as far as is known."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build came to."""

    changed: bool
    """False where the index was left as it was: nothing is new, or nothing could be indexed at all."""
    files: tuple[FileReport, ...]
    documents: int
    findings: int
    kinds: tuple[tuple[Kind, int], ...]
    """How many findings of each kind there are, for the kinds there are."""
    seconds: float = 0.0
    note: str = ""
    """What else the user should know, in a sentence."""


def build(
    settings: Settings,
    paths: Sequence[Path],
    *,
    read: Read = read_document,
    pipeline: str = PIPELINE,
    encoder: Encoder | None = None,
    replace_roots: bool = False,
    progress: Progress = lambda what, done, total: None,
    note_seconds: float = NOTE_SECONDS,
) -> BuildReport:
    """Bring the index up to date with folders and files.

    What a build before had read and embedded when it was interrupted is taken over.

    Documents of these paths are added, changed and removed as the files are; those of other folders indexed before
    stay as they are. Where no document is left at all, nothing is written and the index stays as it was.

    Args:
        read: reads one file; picklable, as it may be called in other processes.
        pipeline: the version of `read`: an index built by another one is read anew.
        encoder: makes the vectors; without one that of the settings is loaded, if there is anything to embed.
        replace_roots: leave out everything that does not come from these paths.
        note_seconds: how often what is done is put on disk, so that an interruption costs no more.
    Raises:
        ConfigError: a path is not there, or the model cannot be used.
        IndexUnavailable: the index folder cannot be written to, is another's, or another build is at work on it.
        IndexMismatch: everything must be read anew, and a folder the index was built from is gone.
    """
    started = time.monotonic()
    choose_roots(paths, ())  # so that a misspelt path leaves no empty index behind
    with build_lock(settings.index_dir):
        old, note = _open_old(settings.index_dir)
        try:
            report = _Build(settings, read, pipeline, encoder, progress, old, note_seconds).run(paths, replace_roots)
        except (OSError, sqlite3.Error) as error:
            raise IndexUnavailable(f"cannot write the index in {settings.index_dir}: {error}") from error
        finally:
            if old is not None:
                old.close()
    notes = " ".join(filter(None, (note, report.note)))
    return replace(report, note=notes, seconds=time.monotonic() - started)


def _open_old(index_dir: Path) -> tuple[Generation | None, str]:
    try:
        return open_generation(index_dir), ""
    except IndexUnavailable:
        if (index_dir / CURRENT).exists():
            raise  # there is one that cannot be reached, which must not be taken for none
        return None, ""
    except IndexMismatch as error:
        reason = str(error).partition(": build it again")[0]
        return None, f"{reason}; nothing of it was used: folders other than those given now must be indexed again."


class _Build:
    """One run of a build: what its steps share."""

    def __init__(
        self,
        settings: Settings,
        read: Read,
        pipeline: str,
        encoder: Encoder | None,
        progress: Progress,
        old: Generation | None,
        note_seconds: float,
    ) -> None:
        self._settings = settings
        self._read = read
        self._pipeline = pipeline
        self._given = encoder
        self._progress = progress
        self._old = old
        self._records = old.store.file_records() if old is not None else ()
        model = encoder.sha256 if encoder is not None else find_model(settings.model).sha256
        self._same_model = old is not None and old.manifest.model_sha256 == model
        self._same_pipeline = old is not None and old.manifest.pipeline == pipeline
        self._note_seconds = note_seconds
        self._unfinished = Unfinished.find(settings.index_dir, pipeline, model)

    @cached_property
    def _encoder(self) -> Encoder:
        if self._given is not None:
            return self._given
        self._progress("model", 0, 1)
        encoder = load_encoder(self._settings, "building")
        self._progress("model", 1, 1)
        return encoder

    @property
    def _model(self) -> dict[str, str | int]:
        """The facts about the model; from the index in use where they hold, as there may be nothing to load it for."""
        if self._old is not None and self._same_model:
            return self._old.manifest.model_dump(include={"model", "model_sha256", "dimension", "precision"})
        encoder = self._encoder
        return {
            "model": encoder.name,
            "model_sha256": encoder.sha256,
            "dimension": encoder.dimension,
            "precision": encoder.precision,
        }

    def run(self, paths: Sequence[Path], replace_roots: bool) -> BuildReport:
        """Plan, and write a new generation where there is anything new."""
        kept = self._old.manifest.roots if self._old is not None and not replace_roots else ()
        roots = choose_roots(paths, kept)
        if self._old is not None and not self._same_pipeline:
            roots = require_all(roots, "this version of the program reads documents in another way")
        found = candidates(roots, self._records, self._settings.index_dir)
        steps = plan(found, self._old, self._same_pipeline)
        roots = Roots(remaining(roots, steps), roots.looked_at)
        with ExitStack() as until_done:
            if self._unfinished is not None:
                until_done.callback(self._unfinished.close)
            if self._old is not None and self._nothing_new(self._old, steps, roots):
                report = self._left_as_it_was(self._old)
            else:
                report = self._write(until_done.enter_context(new_generation(self._settings.index_dir)), steps, roots)
        if self._unfinished is not None:
            self._unfinished.remove()
        return report

    def _nothing_new(self, old: Generation, steps: Sequence[Step], roots: Roots) -> bool:
        before = [_as_unchanged(record) for record in self._records if record.status != "removed"]
        return (
            self._same_model
            and self._same_pipeline
            and roots.all == old.manifest.roots
            and not any(step.read for step in steps)
            and [_record(step) for step in steps] == before
        )

    def _left_as_it_was(self, old: Generation) -> BuildReport:
        counts = {item.value: item.count for item in old.store.facet_counts("kind", np.arange(old.manifest.findings))}
        return BuildReport(
            changed=False,
            files=tuple(_as_unchanged(record).report for record in self._records if record.status != "removed"),
            documents=old.manifest.documents,
            findings=old.manifest.findings,
            kinds=tuple((kind, counts[kind]) for kind in Kind if kind in counts),
        )

    def _write(self, folder: Path, steps: Sequence[Step], roots: Roots) -> BuildReport:
        known, note = KnownTexts(), ""
        if self._old is not None and self._same_model and any(step.read for step in steps):
            known.learn_all(self._old)
        if self._unfinished is not None:
            known.learn_all(self._unfinished)
        with self._writer(folder, known) as writer:
            records = [self._take(step, outcome, writer) for step, outcome in self._outcomes(steps)]
            records += self._removed(records, roots)
            counts = writer.counts
            if counts["documents"]:
                writer.write_vectors()
                note = " ".join(filter(None, (self._resumed(steps), writer.note)))
                self._publish(folder, writer, records, roots)
        return BuildReport(
            changed=counts["documents"] > 0,
            files=tuple(record.report for record in records),
            documents=counts["documents"],
            findings=counts["findings"],
            kinds=writer.kinds,
            note=note,
        )

    def _writer(self, folder: Path, known: KnownTexts) -> GenerationWriter:
        def dimension() -> int:
            return int(self._model["dimension"])

        return GenerationWriter(
            folder,
            dimension,
            lambda: self._encoder,
            known,
            partial(self._progress, "findings"),
            self._settings.indexing.exact_up_to,
            lambda: unfinished_facts(self._pipeline, str(self._model["model_sha256"]), dimension()),
            self._note_seconds,
        )

    def _left(self, step: Step) -> int | None:
        """The row of a document to read in what an interrupted build has left, if it is there."""
        if self._unfinished is None or not step.read:
            return None
        return self._unfinished.rows.get((step.candidate.sha256, step.candidate.source))

    def _resumed(self, steps: Sequence[Step]) -> str:
        count = sum(self._left(step) is not None for step in steps)
        return f"{count} of the documents had been read and embedded by a build that was interrupted." if count else ""

    def _outcomes(self, steps: Sequence[Step]) -> Generator[tuple[Step, Outcome], None, None]:
        """Each step with the document it comes to, in order; those that must be read are read ahead of their turn."""
        left = [self._left(step) for step in steps]
        to_read = [
            (step.candidate.path, step.candidate.source)
            for step, row in zip(steps, left, strict=True)
            if step.read and row is None
        ]
        workers = self._settings.indexing.workers or os.cpu_count() or 1
        done = 0
        with closing(read_all(to_read, self._read, workers)) as outcomes:
            for step, row in zip(steps, left, strict=True):
                if row is not None and self._unfinished is not None:
                    yield step, Outcome(self._unfinished.store.document(row))
                elif step.read:
                    yield step, next(outcomes)
                    done += 1
                    self._progress("files", done, len(to_read))
                elif step.copy is not None and self._old is not None:
                    yield step, Outcome(self._old.store.document(step.copy))
                else:
                    yield step, Outcome(None, step.skip)

    def _take(self, step: Step, outcome: Outcome, writer: GenerationWriter) -> FileRecord:
        """Give a document to the writer, where there is one, and say what became of the file."""
        root, source, document = step.candidate.root, step.candidate.source, outcome.document
        if document is None:
            return FileRecord(root, source, step.candidate.sha256 if outcome.lasting else "", "skipped", outcome.reason)
        if (same := writer.source_of(document.sha256)) is not None:  # the file changed while the build was under way
            return FileRecord(root, source, document.sha256, "skipped", SAME + same)
        writer.add(document, root, self._vectors(step))
        status: Literal["indexed", "unchanged"] = "indexed" if step.read else "unchanged"
        return FileRecord(root, source, document.sha256, status, "", len(document.findings), document.pages)

    def _vectors(self, step: Step) -> Vectors | None:
        """The vectors of a document of the index in use, or of one that an interrupted build has left."""
        holder: Generation | Unfinished | None = self._unfinished
        if (row := self._left(step)) is None:
            holder, row = self._old if self._same_model else None, step.copy
        if holder is None or row is None:
            return None
        findings = holder.store.finding_rows_of(row)
        sentences = holder.store.sentence_rows_of(findings)
        return Vectors(
            holder.finding_vectors.reconstruct(np.asarray(findings, dtype=np.int64)),
            holder.sentence_vectors.reconstruct(np.asarray(sentences, dtype=np.int64)),
        )

    def _removed(self, records: Sequence[FileRecord], roots: Roots) -> list[FileRecord]:
        """The files of the index in use whose content is not in the new one."""
        there = {(record.root, record.source) for record in records}
        kept = {record.sha256 for record in records}
        removed = []
        for record in self._records:
            gone = (record.root, record.source) not in there and record.sha256 not in kept
            if gone and record.status in ("indexed", "unchanged"):
                inside = any(Path(record.root).is_relative_to(root) for root in roots.all)
                reason = "the file is no longer there" if inside else "its folder was left out"
                removed.append(FileRecord(record.root, record.source, record.sha256, "removed", reason))
        return removed

    def _publish(self, folder: Path, writer: GenerationWriter, records: Sequence[FileRecord], roots: Roots) -> None:
        name = generation_name(folder)
        facts = {
            "format": FORMAT,
            "generation": name,
            "built": built_time(name),
            "pipeline": self._pipeline,
            **self._model,
            **writer.counts,
        }
        writer.finish({key: str(value) for key, value in facts.items()}, records)
        named = {**facts, **writer.vector_facts, "roots": roots.all, "files": measure(folder)}
        manifest = Manifest.model_validate(named)
        publish(self._settings.index_dir, folder, manifest, self._settings.indexing.keep_generations)


def _record(step: Step) -> FileRecord:
    """What is recorded of a file that need not be read."""
    status: Literal["skipped", "unchanged"] = "skipped" if step.skip else "unchanged"
    return FileRecord(step.candidate.root, step.candidate.source, step.candidate.sha256, status, step.skip)


def _as_unchanged(record: FileRecord) -> FileRecord:
    return replace(record, status="unchanged") if record.status == "indexed" else record
