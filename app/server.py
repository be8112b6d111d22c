"""Runs the service: takes the address, loads the model, and only then starts to listen.

With several processes each has the model and its own caches, and all share the pages of the index's files.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.main import create_app
from indexer.comparators import read_comparators
from indexer.config import Settings
from indexer.embedder import find_model, load_encoder
from indexer.errors import ConfigError

EVERYWHERE = ("0.0.0.0", "::", "")

HANDED_ON = "SERVED_BY_FINDINGS"
"""Environment variable by which the processes of a service get its settings, as JSON."""

_START_SECONDS = 120.0
"""How long a process may take until it answers."""


def serve(settings: Settings) -> None:
    """Serve until a signal ends it.

    Raises:
        ConfigError: the address cannot be had, or the model or the table of authorities cannot be loaded.
    """
    # Before the server starts, so that what is wrong with the address, the model or a table is said in one line.
    read_comparators(settings.authorities.file)
    with bound_socket(settings.host, settings.port) as bound:
        if settings.processes > 1:
            find_model(settings.model)
            os.environ[HANDED_ON] = settings.model_dump_json()
            _Workers(_config(settings, "app.server:application"), [bound]).run()
        else:
            run(_config(settings, create_app(settings, load_encoder(settings, "serving"))), bound)


def run(config: uvicorn.Config, bound: socket.socket) -> None:
    """Serve at a socket until a signal ends it, and say on standard error where."""
    _Server(config).run(sockets=[bound])


def application() -> FastAPI:
    """The application in one of several processes, with the settings that the first one handed on."""
    return create_app(Settings.model_validate_json(os.environ[HANDED_ON]))


def _config(settings: Settings, served: FastAPI | str) -> uvicorn.Config:
    return uvicorn.Config(
        served,
        factory=isinstance(served, str),
        host=settings.host,
        port=settings.port,
        workers=settings.processes,
        server_header=False,
    )


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket at an address, not yet listening: whoever connects before the server is ready is refused at once.

    Raises:
        ConfigError: the address cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # else the port stays taken for a minute after the service has ended
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except BaseException:
            bound.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        taken = isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES)
        way_out = "name another port with --port" if taken else "name an address of this machine with --host"
        raise ConfigError(f"cannot listen on {host} port {port}: {reason}; {way_out}") from error
    return bound


class _Server(uvicorn.Server):
    """uvicorn, saying where it listens; of a socket that it is given it says nothing itself."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        _say_where(sockets or ())


class _Workers(Multiprocess):
    """uvicorn in several processes: one that ends is replaced, and all end with the first one."""

    def run(self) -> None:
        """Serve until a signal ends it; Ctrl-C ends it as it ends one process."""
        self._interrupted = False
        super().run()
        if self._interrupted:
            raise KeyboardInterrupt

    def init_processes(self) -> None:
        """Start them, and say where they listen when the first one does."""
        super().init_processes()
        if self.processes[0].wait_until_ready(_START_SECONDS, self.should_exit):
            _say_where(self.sockets)

    def handle_int(self) -> None:
        """End after Ctrl-C."""
        self._interrupted = True
        super().handle_int()


def _say_where(sockets: Sequence[socket.socket]) -> None:
    for listening in sockets:
        host, port = listening.getsockname()[:2]
        shown = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
        print(f"Serving on http://{shown}:{port} (Ctrl-C ends it)", file=sys.stderr, flush=True)
