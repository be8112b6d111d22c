"""One process apart for work on files that must neither stop nor end this one.

PDFium is not safe in several threads and cannot be interrupted, and a file that is damaged in the right way ends the
process that reads it. So such work is done in a process of its own, one task at a time: one that takes too long is
ended with it, and the next task starts another.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from indexer.errors import BusyError, ReadError

START_SECONDS: Final = 60.0
"""Longest time for the process to start."""
TASK_SECONDS: Final = 30.0
"""Longest time for one task; reading the largest published reports takes a second or two."""
WAITING: Final = 8
"""Tasks that may be under way or waiting at the same time; each holds a thread of the service."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Apart:
    """Runs functions of modules in one other process, which starts with the first. Safe to use from several threads."""

    def __init__(self, seconds: float = TASK_SECONDS, waiting: int = WAITING) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(waiting)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None

    def run(self, task: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """What a task gives back.

        Args:
            task: a function of a module; it and its arguments are pickled, and so is what it gives back.
        Raises:
            ReadError: the task raised it, failed otherwise, took too long, or ended the process.
            BusyError: too many tasks are waiting.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError("too many source files are being read just now; try again in a few seconds")
        try:
            with self._lock:
                return self._run(task, args, kwargs)  # type: ignore[no-any-return]
        finally:
            self._places.release()

    def close(self) -> None:
        """End the process, and the task that may be under way; calling it twice does no harm."""
        if (process := self._process) is not None:
            process.kill()
        with self._lock:
            self._end()

    def _run(self, task: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        try:
            connection = self._started()
            connection.send((task, args, kwargs))
            done, result = _received(
                connection, self._seconds, f"reading it takes longer than {self._seconds:g} seconds"
            )
        except (EOFError, OSError):
            self._end()
            raise ReadError("reading it ended the program that reads it; the file may be damaged") from None
        except ReadError:
            self._end()
            raise
        if not done:
            raise ReadError(result)
        return result

    def _started(self) -> Connection[Any, Any]:
        if self._connection is not None and self._process is not None and self._process.poll() is None:
            return self._connection
        self._end()
        own, other = socket.socketpair()
        with other:
            # Not by multiprocessing, which would first import the program that runs the service; and with this very
            # package, whatever folder the service was started in.
            command = [sys.executable, "-P", "-m", __name__, str(other.fileno())]
            path = os.pathsep.join(
                filter(None, (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH")))
            )
            own_path = {**os.environ, "PYTHONPATH": path}
            self._process = subprocess.Popen(command, env=own_path, stdin=subprocess.DEVNULL, pass_fds=[other.fileno()])
        self._connection = Connection(own.detach())
        _received(self._connection, START_SECONDS, "the program that reads it does not start")
        return self._connection

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None


def _received(connection: Connection[Any, Any], seconds: float, otherwise: str) -> Any:  # noqa: ANN401
    if not connection.poll(seconds):
        raise ReadError(otherwise)
    return connection.recv()


def work(connection: Connection[Any, Any]) -> None:
    """Do tasks until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process
    connection.send("ready")
    while True:
        try:
            task, args, kwargs = connection.recv()
        except EOFError:
            return
        try:
            answer = True, task(*args, **kwargs)
        except ReadError as error:
            answer = False, str(error)
        except Exception as error:  # a library's fault on one file
            logger.info("a task failed", exc_info=True)
            answer = False, f"it is damaged, or made in a way that cannot be read ({type(error).__name__})"
        connection.send(answer)


if __name__ == "__main__":
    work(Connection(int(sys.argv[1])))
