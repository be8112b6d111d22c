"""How a search is limited, as options of every command that searches."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.params import QueryDirection
from indexer.models import Direction, Grade, Kind, Mode, Sort


def _any(values: type[StrEnum]) -> str:
    return ", ".join(f'"{value}"' if " " in value else value for value in values)


ModeOption = Annotated[
    Mode, typer.Option(help="Compare by meaning and words (hybrid), meaning only (semantic) or words (keyword).")
]
QueryDirectionOption = Annotated[
    QueryDirection,
    typer.Option(
        help="Which way the findings sought point: weakness, strength (good practice), any, or auto, which reads "
        "it from the query."
    ),
]
MinRelevanceOption = Annotated[
    float | None,
    typer.Option(metavar="SCORE", min=0, max=1, help="Least score of a result, 0 to 1, in place of the usual bar."),
]
WeakOption = Annotated[
    bool,
    typer.Option("--weak", help="Show the nearest findings below the bar too, five at most, where results end."),
]
PerDocumentOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=100, help="Most results of one report. Without it, all of them."),
]
SortOption = Annotated[
    Sort, typer.Option(help="Best match first (relevance), or by the day of the report (newest, oldest).")
]
LikeOption = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="More like the finding with this id. Repeatable.")
]
UnlikeOption = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Less like the finding with this id. Repeatable.")
]
AuthorityOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only findings about this authority. Repeatable.")
]
ExcludeAuthorityOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="No findings about this authority. Repeatable.")
]
InspectionTypeOption = Annotated[
    list[str] | None, typer.Option(metavar="TYPE", help="Only findings of inspections of this type. Repeatable.")
]
KindOption = Annotated[
    list[Kind] | None, typer.Option(metavar="KIND", help=f"Only findings of this kind: {_any(Kind)}. Repeatable.")
]
DirectionOption = Annotated[
    list[Direction] | None,
    typer.Option(metavar="WAY", help=f"Only findings that point this way: {_any(Direction)}. Repeatable."),
]
JudgementOption = Annotated[
    list[Grade] | None,
    typer.Option(
        metavar="GRADE", help=f"Only findings from parts of inspections with this grade: {_any(Grade)}. Repeatable."
    ),
]
DocumentOption = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Only findings of the document with this id. Repeatable.")
]
PublishedFromOption = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Only documents published on this day or later.")
]
PublishedToOption = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Only documents published on this day or earlier.")
]
RegionOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Only findings about authorities of this region. Repeatable. This option and the two that follow need a "
        "table of authorities in the settings.",
    ),
]
AuthorityTypeOption = Annotated[
    list[str] | None, typer.Option(metavar="TYPE", help="Only findings about authorities of this type. Repeatable.")
]
NeighboursOfOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only findings about this authority's statistical neighbours. Repeatable."),
]
