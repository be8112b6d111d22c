"""Many files to documents, in several processes, so that reading goes on while others are embedded.

A file that fails becomes a reason, whatever the failure: even one that ends the process it is read in.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from indexer.errors import ReadError
from indexer.models import Document

logger = logging.getLogger(__name__)

Read = Callable[[Path, str], Document]
"""Path of a file and its name in the index -> document; raises ReadError with a reason for a person."""

FEW = 8
"""Up to so many files, starting processes takes longer than it saves."""
AHEAD = 4
"""Files under way or waiting for each process: bounds the memory of documents that are not yet embedded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading one file came to: a document, or the reason why there is none."""

    document: Document | None
    reason: str = ""
    lasting: bool = True
    """False where reading the same bytes again may well go better."""


def read_all(files: Sequence[tuple[Path, str]], read: Read, workers: int) -> Generator[Outcome, None, None]:
    """Read files, given with their names in the index, and yield an outcome for each in their order.

    Args:
        read: the reader; picklable, as it travels to other processes.
        workers: processes to use; with one, or for a few files, all is read in this process.
    """
    done = 0
    while workers > 1 and len(files) - done > FEW:
        # Spawned and not forked: a fork would copy the locks of this process's other threads as they stand.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
        try:
            if not _starts(pool):
                break
            for outcome in _read_in(pool, files[done:], read, workers):
                done += 1
                yield outcome
        except BrokenProcessPool:
            # One of those under way ended its process. Each alone, so that the others come to no harm.
            for path, source in files[done : done + workers * AHEAD]:
                done += 1
                yield _read_alone(path, source, read)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    for path, source in files[done:]:
        yield read_one(path, source, read)


def read_one(path: Path, source: str, read: Read) -> Outcome:
    """Read one file; nothing that goes wrong with it is raised."""
    try:
        document = read(path, source)
        _check(document)
    except ReadError as error:
        return Outcome(None, str(error))
    except MemoryError:
        return Outcome(None, "could not be read: it needs more memory than there is", lasting=False)
    except Exception as error:
        # A fault of the product and not of the file; it must not end the reading of all others.
        logger.info("could not read %s", path, exc_info=True)
        return Outcome(None, f"could not be read: {' '.join(f'{type(error).__name__}: {error}'.split())}")
    if not document.findings:
        return Outcome(None, "no findings: it holds no paragraph, bullet or numbered point that states one")
    return Outcome(document)


def _check(document: Document) -> None:
    """Raise ValueError where a document could not be stored: found here, it costs one file and not the build."""
    if len({finding.id for finding in document.findings}) < len(document.findings):
        raise ValueError("two of its findings have the same id")
    meta = document.metadata
    for text in (document.text, meta.title, meta.authority, meta.lead_inspector, *_texts(document)):
        (text or "").encode()  # UnicodeEncodeError, a ValueError, on half of a surrogate pair


def _texts(document: Document) -> Iterator[str]:
    for finding in document.findings:
        yield finding.text
        yield from finding.section


def _read_in(
    pool: ProcessPoolExecutor, files: Sequence[tuple[Path, str]], read: Read, workers: int
) -> Iterator[Outcome]:
    """Outcomes in the order of the files, with a bounded number of files under way."""
    waiting = iter(files)
    running: deque[Future[Outcome]] = deque(
        pool.submit(read_one, path, source, read) for path, source in islice(waiting, workers * AHEAD)
    )
    while running:
        yield running.popleft().result()
        for path, source in islice(waiting, 1):
            running.append(pool.submit(read_one, path, source, read))


def _read_alone(path: Path, source: str, read: Read) -> Outcome:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_start_worker) as pool:
        try:
            return pool.submit(read_one, path, source, read).result()
        except BrokenProcessPool:
            logger.info("the process that read %s ended without a word", path)
            return Outcome(None, "could not be read: the reader ended abruptly on it", lasting=False)


def _starts(pool: ProcessPoolExecutor) -> bool:
    """Whether processes can be had here: not, for one, where the main program came from standard input."""
    try:
        pool.submit(os.getpid).result()
    except (BrokenProcessPool, OSError):
        logger.info("no processes to read in; reading in this one")
        return False
    return True


def _start_worker() -> None:
    """Leave Ctrl-C to the main process, and end when it does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()
