"""Runs the service: takes the address, loads the model, and only then starts to listen."""

from __future__ import annotations

import errno
import os
import socket
import sys

import uvicorn

from app.main import create_app
from indexer.config import Settings
from indexer.embedder import load_encoder
from indexer.errors import ConfigError

EVERYWHERE = ("0.0.0.0", "::", "")


def serve(settings: Settings) -> None:
    """Serve until a signal ends it.

    Raises:
        ConfigError: the address cannot be had, or the model cannot be loaded.
    """
    # Before the server starts, so that what is wrong with the address or the model is said in one line.
    with bound_socket(settings.host, settings.port) as bound:
        application = create_app(settings, load_encoder(settings))
        config = uvicorn.Config(application, host=settings.host, port=settings.port, server_header=False)
        _Server(config).run(sockets=[bound])


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
        for listening in sockets or ():
            host, port = listening.getsockname()[:2]
            shown = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
            print(f"Serving on http://{shown}:{port} (Ctrl-C ends it)", file=sys.stderr, flush=True)
