"""The `findings` command: index, serve, search, pack, evaluate.

Exit status 0; 1 for a failure, said in one line on standard error; 2 for wrong usage; 130 after Ctrl-C.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.options import (
    AuthorityOption,
    AuthorityTypeOption,
    DirectionOption,
    DocumentOption,
    ExcludeAuthorityOption,
    InspectionTypeOption,
    JudgementOption,
    KindOption,
    LikeOption,
    MinRelevanceOption,
    ModeOption,
    NeighboursOfOption,
    PerDocumentOption,
    PublishedFromOption,
    PublishedToOption,
    QueryDirectionOption,
    RegionOption,
    SortOption,
    UnlikeOption,
    WeakOption,
)
from app.params import SearchParams
from indexer.config import Settings, load_settings
from indexer.errors import FindingsError, ReadError
from indexer.models import Mode

# Everything that reads, embeds, searches or serves is imported by the command that needs it: `--help` is instant.

DESCRIPTION = "Search the findings of inspection reports for those comparable to an issue, word for word and cited."

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

IndexDir = Annotated[
    Path | None,
    typer.Option("--index", metavar="DIR", help="Folder of the index. Without it, the one that the settings name."),
]


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character shows another in its place
            stream.reconfigure(errors="replace")
    app(prog_name="findings")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"findings {importlib.metadata.version('findings')}")
        raise typer.Exit


@app.callback(help=DESCRIPTION)
def _findings(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say more on standard error, and trace failures to their cause.")
    ] = False,
) -> None:
    _log(logging.DEBUG if verbose else logging.WARNING)


@app.command("index")
def index_command(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Folders and files with documents; folders with all below.")
    ],
    index: IndexDir = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail (exit status 1) if any file was skipped. The rest is indexed.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Leave out what was indexed before from other folders than these.")
    ] = False,
) -> None:
    """Build the index from folders and files, or bring it up to date.

    Documents of these folders are added, changed and removed as their files are; only what changed is read. Documents
    of other folders indexed before stay. PDF, Word (.docx), HTML and plain text are read, whatever the files' names.
    """
    with _one_line_for_failures("stopped; the index is as it was"):
        from app.console import BuildProgress, show_build
        from app.words import count
        from indexer.build import build

        settings = _settings(index)
        if settings.store == "milvus":
            from indexer.milvus.server import Server
            from indexer.milvus.upload import upload

            Server(settings.milvus)  # that it cannot be reached is said before the work and not after it
        with BuildProgress() as progress:
            report = build(settings, paths, replace_roots=replace, progress=progress)
        show_build(report)
        if not report.documents:
            raise ReadError(f"nothing could be indexed in {', '.join(map(str, paths))}; the index is as it was")
        if settings.store == "milvus":
            with BuildProgress() as progress:
                upload(settings, partial(progress, "upload"))
            print(f"Milvus at {settings.milvus.uri} answers from it.")
        skipped = sum(file.status == "skipped" for file in report.files)
        if strict and skipped:
            raise ReadError(f"{count(skipped, 'file')} of {len(report.files)} skipped, and --strict allows none")


@app.command("serve")
def serve_command(
    index: IndexDir = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all. Without it, that of the settings.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one. Without it, that of the settings."),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Processes that answer requests. Without it, that of the settings."),
    ] = None,
) -> None:
    """Start the service: the search page and the HTTP API. Ctrl-C stops it.

    It takes up a newly built index by itself, and starts without one too.
    """
    with _one_line_for_failures("stopped"):
        given = {"host": host, "port": port, "processes": processes}
        changes = {name: value for name, value in given.items() if value is not None}
        settings = _settings(index).model_copy(update=changes)

        from app.server import serve

        if not _verbose():
            _log(logging.INFO)
        serve(settings)


@app.command("search")
def search_command(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for: a few words or a whole paragraph.")],
    index: IndexDir = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Results to show, 1 to 100.")] = 10,
    offset: Annotated[int, typer.Option(metavar="N", min=0, help="Results to leave out at the start.")] = 0,
    mode: ModeOption = "hybrid",
    query_direction: QueryDirectionOption = "auto",
    min_relevance: MinRelevanceOption = None,
    weak: WeakOption = False,
    per_document: PerDocumentOption = None,
    sort: SortOption = "relevance",
    like: LikeOption = None,
    unlike: UnlikeOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each result how its score came about.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the HTTP API answers, as JSON.")] = False,
    authority: AuthorityOption = None,
    exclude_authority: ExcludeAuthorityOption = None,
    inspection_type: InspectionTypeOption = None,
    kind: KindOption = None,
    direction: DirectionOption = None,
    judgement: JudgementOption = None,
    document: DocumentOption = None,
    published_from: PublishedFromOption = None,
    published_to: PublishedToOption = None,
    region: RegionOption = None,
    authority_type: AuthorityTypeOption = None,
    neighbours_of: NeighboursOfOption = None,
) -> None:
    """Find comparable findings. Filters of one name are alternatives; those of different names must all hold."""
    with _one_line_for_failures("stopped"):
        given = {
            "q": query,
            "limit": limit,
            "offset": offset,
            "mode": mode,
            "query_direction": query_direction,
            "min_relevance": min_relevance,
            "weak": weak,
            "per_document": per_document,
            "sort": sort,
            "like": like,
            "unlike": unlike,
            "explain": explain,
            "authority": authority,
            "exclude_authority": exclude_authority,
            "inspection_type": inspection_type,
            "kind": kind,
            "direction": direction,
            "judgement": judgement,
            "document": document,
            "published_from": published_from,
            "published_to": published_to,
            "region": region,
            "authority_type": authority_type,
            "neighbours_of": neighbours_of,
        }
        try:
            asked = SearchParams.model_validate(given).as_query()
        except ValidationError as error:
            raise typer.BadParameter("; ".join(map(_wrong, error.errors()))) from error
        from app.console import show_answer
        from app.schemas import search_response
        from indexer.search import Engine

        with closing(Engine.open(_settings(index))) as engine:
            answer = engine.search(asked)
        if as_json:
            print(search_response(answer).model_dump_json(indent=2))
        else:
            show_answer(answer, offset)


@app.command("pack")
def pack_command(
    lines: Annotated[
        str,
        typer.Argument(
            metavar="LINES",
            help="File of lines of enquiry: text with one on each row, or CSV; - for standard input.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="File to write; its ending says what: .docx, .csv, .md or .json.")
    ],
    index: IndexDir = None,
    per_line: Annotated[
        int, typer.Option(metavar="N", min=1, max=25, help="Findings to give for each line, 1 to 25.")
    ] = 5,
    title: Annotated[str, typer.Option(help="Title of the pack.")] = "Evidence pack",
    made: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Day that the pack bears; today without it.")
    ] = None,
    base: Annotated[
        str,
        typer.Option(metavar="URL", help="Address of the service that links lead to; without it that of the settings."),
    ] = "",
    mode: ModeOption = "hybrid",
    query_direction: QueryDirectionOption = "auto",
    min_relevance: MinRelevanceOption = None,
    weak: WeakOption = False,
    per_document: PerDocumentOption = None,
    sort: SortOption = "relevance",
    authority: AuthorityOption = None,
    exclude_authority: ExcludeAuthorityOption = None,
    inspection_type: InspectionTypeOption = None,
    kind: KindOption = None,
    direction: DirectionOption = None,
    judgement: JudgementOption = None,
    document: DocumentOption = None,
    published_from: PublishedFromOption = None,
    published_to: PublishedToOption = None,
    region: RegionOption = None,
    authority_type: AuthorityTypeOption = None,
    neighbours_of: NeighboursOfOption = None,
) -> None:
    """Make an evidence pack: what is comparable to each line of enquiry, quoted and cited, in one file.

    The same lines, options and date give the same file as long as the index is the same.
    """
    with _one_line_for_failures("stopped; nothing was written"):
        from app.packs.command import run_pack

        given = {
            "per_line": per_line,
            "title": title,
            "date": made,
            "mode": mode,
            "query_direction": query_direction,
            "min_relevance": min_relevance,
            "weak": weak,
            "per_document": per_document,
            "sort": sort,
            "authority": authority,
            "exclude_authority": exclude_authority,
            "inspection_type": inspection_type,
            "kind": kind,
            "direction": direction,
            "judgement": judgement,
            "document": document,
            "published_from": published_from,
            "published_to": published_to,
            "region": region,
            "authority_type": authority_type,
            "neighbours_of": neighbours_of,
        }
        try:
            run_pack(_settings(index), lines, out, given, base)
        except ValidationError as error:
            raise typer.BadParameter("; ".join(map(_wrong, error.errors()))) from error


@app.command("evaluate")
def evaluate_command(
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder with the judged queries: queries.json and qrels.json.")
    ] = None,
    index: IndexDir = None,
    mode: Annotated[Mode, typer.Option(help="Way of comparing that is measured.")] = "hybrid",
    per_query: Annotated[
        bool, typer.Option("--per-query", help="Show each query and the grades of its results too.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write everything that was measured as a page to read.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="RUN.json", help="Keep what was measured, to compare a later run with.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="RUN.json", help="Say what has changed since a run that was kept.")
    ] = None,
    directions: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Sentences labelled with the way they point.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Queries with a right and a wrong text each.")
    ] = None,
    unanswerable: Annotated[
        Path | None, typer.Option(metavar="FILE.txt", help="Queries that must get no result, one on each line.")
    ] = None,
    invariants: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="What must stand among the first results; exit status 1 where anything does not."
        ),
    ] = None,
) -> None:
    """Measure the ranking: nDCG@10 and its companions on judged queries, and whatever else a file is given for."""
    with _one_line_for_failures("stopped"):
        from app.evaluation import run_evaluation
        from indexer.runs import Material

        material = Material(data, directions, pairs, unanswerable, invariants)
        if material == Material():
            raise typer.BadParameter("nothing to measure with: give --data FOLDER, or --invariants, or another file")
        if baseline is not None and data is None:
            raise typer.BadParameter("--baseline compares judged queries: give --data FOLDER too")
        broken = run_evaluation(_settings(index), material, mode, per_query, report, save, baseline)
        if broken:
            _fail(broken, 1)


@app.command("mcp")
def mcp_command(
    index: IndexDir = None,
    http: Annotated[
        bool, typer.Option("--http", help="Answer over HTTP, at /mcp, in place of standard input and output.")
    ] = False,
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="With --http: port to listen on; 0 for any free one.")
    ] = 8001,
) -> None:
    """Answer assistants: the search as read-only tools of the Model Context Protocol.

    An assistant's program starts this command itself and talks to it on standard input and output, or finds it over
    HTTP. Needs `pip install 'findings[assistants]'`.
    """
    with _one_line_for_failures("stopped"):
        from app.mcp_server import serve

        serve(_settings(index), (host, port) if http else None)


# ---------------------------------------------------------------------------------------------- helpers


def _settings(index: Path | None) -> Settings:
    settings = load_settings()
    return settings if index is None else settings.model_copy(update={"index_dir": index})


@contextmanager
def _one_line_for_failures(stopped: str) -> Iterator[None]:
    """Turn what goes wrong into one line on standard error and the exit status for it.

    Args:
        stopped: what is said after Ctrl-C.
    """
    try:
        yield
        sys.stdout.flush()
    except FindingsError as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        _fail(stopped, 130)
    except BrokenPipeError:
        # Whoever reads has seen enough, as with `| head`. Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:
        message = f"this should not have happened: {type(error).__name__}: {error}"
        _fail(f"{message}; please report what `findings --verbose ...` says", 1)


def _fail(message: str, status: int) -> NoReturn:
    if _verbose():
        traceback.print_exc()
    print(f"findings: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(status) from None


def _log(level: int) -> None:
    """Have the product's own log, and not that of its libraries, on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s:     %(message)s"))
    for name in ("app", "indexer"):
        logging.getLogger(name).handlers = [handler]
        logging.getLogger(name).setLevel(level)


def _verbose() -> bool:
    return logging.getLogger("indexer").isEnabledFor(logging.DEBUG)


def _wrong(item: ErrorDetails) -> str:
    """What is wrong with a value, named by its option."""
    name = str(item["loc"][0]) if item["loc"] else ""
    option = {"q": "QUERY", "": "the dates"}.get(name, f"--{name.replace('_', '-')}")
    return f"{option}: {item['msg'].removeprefix('Value error, ')}"


if __name__ == "__main__":
    main()
