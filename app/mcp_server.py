"""The tools of `app/assistants.py` over the Model Context Protocol: on standard input and output, or over HTTP.

Imported only by `findings mcp`, as the SDK behind it is an extra. Over HTTP each call is answered by itself, without
sessions, and the SDK refuses calls whose Host or Origin is not one of this server's, so that no web page can reach a
server on one's own machine by a name that it makes up (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import sys
from contextlib import closing, redirect_stdout
from typing import Any, Final
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from app.assistants import INSTRUCTIONS, Tool, Tools
from app.routes import MAX_BODY
from app.server import bound_socket, run
from indexer.comparators import read_comparators
from indexer.config import Settings
from indexer.errors import ConfigError
from indexer.search import EngineHolder
from indexer.sources import Sources

try:
    from mcp import types
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server
    from mcp.server.transport_security import TransportSecuritySettings
except ImportError as error:
    raise ConfigError(
        f"a package that assistants are served with is missing ({error}): install it with"
        " `pip install 'findings[assistants]'`"
    ) from error

PATH: Final = "/mcp"
"""Where the server is over HTTP."""

_HERE: Final = ("127.0.0.1", "localhost", "[::1]")


def server(tools: Tools) -> Server[Any]:
    """An MCP server of these tools."""
    listed = [_listed(tool) for tool in tools.listed.values()]

    async def list_tools(_context: ServerRequestContext[Any], _params: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=listed)

    async def call_tool(
        _context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        # In a thread: a search takes a processor for some time, and others wait for this loop.
        answered = await asyncio.to_thread(tools.call, params.name, params.arguments or {})
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=answered.text)],
            structured_content=answered.structured,
            is_error=answered.structured is None,
        )

    return Server(
        "findings",
        version=importlib.metadata.version("findings"),
        title="Findings search",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _listed(tool: Tool) -> types.Tool:
    hints = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=dict(tool.schema),
        annotations=hints,
    )


def http_app(tools: Tools, host: str, public_url: str | None) -> Starlette:
    """The server as a web application at `PATH`.

    Args:
        host: the address it listens on.
        public_url: where people reach the service; calls may come by its name too.
    """
    names = [*_HERE, f"[{host}]" if ":" in host else host]
    hosts = [pattern for name in names for pattern in (name, f"{name}:*")]
    origins = [f"http://{each}" for each in hosts]
    if public_url:
        parts = urlsplit(public_url)
        hosts.append(parts.netloc)
        origins.append(f"{parts.scheme}://{parts.netloc}")
    return server(tools).streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MAX_BODY,
        transport_security=TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins),
    )


def serve(settings: Settings, address: tuple[str, int] | None) -> None:
    """Answer until the input ends or a signal comes.

    Args:
        address: host and port for HTTP; None for standard input and output.
    Raises:
        ConfigError: the model or the table of authorities cannot be loaded, or the address cannot be had.
    """
    comparators = read_comparators(settings.authorities.file)
    holder = EngineHolder(settings, comparators=comparators)
    sources = Sources()
    tools = Tools(holder.engine, settings.public_url or "", bool(comparators), sources)
    with closing(holder), closing(sources):
        # Standard output is the protocol's: what a library has to say while it starts goes where the log goes.
        with redirect_stdout(sys.stderr):
            holder.start()
        if address is None:
            asyncio.run(_on_standard_streams(server(tools)))
            return
        host, port = address
        with bound_socket(host, port) as bound:
            app = http_app(tools, host, settings.public_url)
            run(uvicorn.Config(app, server_header=False, access_log=False), bound)


async def _on_standard_streams(served: Server[Any]) -> None:
    async with stdio_server() as (incoming, outgoing):
        await served.run(incoming, outgoing, served.create_initialization_options())
