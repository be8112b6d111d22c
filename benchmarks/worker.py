"""A system under measurement in a process of its own, so that no system's memory, threads or settings touch another's.

The process is called through a pipe. Times are taken inside it, so that the pipe costs nothing; whoever calls loads
nothing of the system.
"""

from __future__ import annotations

import importlib
import multiprocessing
import time
import traceback
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, Self

from benchmarks.machine import own_memory_mb

SYSTEMS: Final = {
    "product": "benchmarks.product.Product",
    "txtai": "benchmarks.txtai_user.Txtai",
    "script": "benchmarks.script.Script",
    "grown": "benchmarks.grown.Grown",
}
"""Name -> the class whose methods can be called."""


class BenchmarkError(RuntimeError):
    """Something that is measured did not work; the message says what."""


class Worker:
    """One system in its own process; use it as a context.

    Args:
        system: one of `SYSTEMS`.
    """

    def __init__(self, system: str) -> None:
        self._system = system
        # Spawned, so that nothing of this process is in it.
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=_work, args=(SYSTEMS[system], far), name=system)
        self._process.start()
        far.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pipe.close()  # which the process takes as its end
        self._process.join()

    def timed(self, method: str, *arguments: object) -> tuple[Any, float]:
        """What a method of the system gives, and the seconds it took.

        Raises:
            BenchmarkError: it failed, or the process has ended.
        """
        try:
            self._pipe.send((method, arguments))
            failure, value, seconds = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join()
            ended = f"the process of {self._system} ended ({self._process.exitcode}) while it was at {method}"
            raise BenchmarkError(ended) from error
        if failure:
            raise BenchmarkError(f"{self._system} failed at {method}:\n{failure}")
        return value, seconds

    @property
    def memory_mb(self) -> float:
        """Memory of the process now."""
        assert self._process.pid is not None
        return own_memory_mb(self._process.pid)


def _work(path: str, pipe: Connection) -> None:
    """Make the system and answer calls until the other end closes."""
    module, _, name = path.rpartition(".")
    system: Any = None
    while True:
        try:
            method, arguments = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            if system is None:
                system = getattr(importlib.import_module(module), name)()
            started = time.perf_counter()
            value = getattr(system, method)(*arguments)
            pipe.send(("", value, time.perf_counter() - started))
        except KeyboardInterrupt:
            return
        except Exception:
            pipe.send((traceback.format_exc(), None, 0.0))
