"""The table of authorities: what it says of them, which reports pass its filters, and what is wrong with a bad one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indexer.comparators import NOBODY, Comparators, read_comparators
from indexer.errors import ConfigError, QueryError
from indexer.models import FacetCount, Filters

TABLE = """\
code,name,region,type,neighbours,also
E09000002,Barking and Dagenham,London,London borough,Greenwich; E09000010,
E09000010,Enfield,London,London borough,"Barking and Dagenham;  West Northamptonshire ",
E09000011,Royal Borough of Greenwich,London,London borough,,

E06000058,"Bournemouth, Christchurch and Poole",South West,Unitary authority,,BCP;Bournemouth; Poole
E06000061,North Northamptonshire,East Midlands,Unitary authority,E06000058,Northamptonshire
E06000062,West Northamptonshire,East Midlands,Unitary,,Northamptonshire
,"Bristol, City of",South West,Unitary authority,North Northamptonshire,
"""
REPORTS = (
    "Barking and Dagenham",
    "Bournemouth",
    "Bristol",
    "Bury",
    "Enfield",
    "Greenwich",
    "Northamptonshire",
    "Poole",
)
"""The names that the reports of an index have."""


def table(tmp_path: Path, text: str | bytes = TABLE) -> Comparators:
    """The table of a file with this text."""
    file = tmp_path / "authorities.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_comparators(file)


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(region=("London",)), ("Barking and Dagenham", "Enfield", "Greenwich")),
        (
            Filters(region=("south west", "London"), authority_type=("unitary authority",)),
            ("Bournemouth", "Bristol", "Poole"),
        ),
        # whoever was split up counts under the first of its successors, and is a neighbour as each of them
        (Filters(authority_type=("Unitary",)), NOBODY),
        (Filters(region=("East Midlands",)), ("Northamptonshire",)),
        (Filters(neighbours_of=("Enfield",)), ("Barking and Dagenham", "Northamptonshire")),
        # by code, in another form of the name, by the name of one it replaced
        (Filters(neighbours_of=("e09000002",)), ("Enfield", "Greenwich")),
        (Filters(neighbours_of=("London Borough of Barking & Dagenham",)), ("Enfield", "Greenwich")),
        (Filters(neighbours_of=("Northamptonshire",)), ("Bournemouth", "Poole")),
        # several are alternatives; an authority is among them only as a neighbour of another
        (
            Filters(neighbours_of=("Enfield", "E09000002")),
            ("Barking and Dagenham", "Enfield", "Greenwich", "Northamptonshire"),
        ),
        # filters of different names must all hold
        (Filters(neighbours_of=("Enfield",), region=("London",)), ("Barking and Dagenham",)),
        (Filters(region=("London",), authority=("enfield", "Bury")), ("Enfield",)),
        (Filters(region=("London",), authority=("Bury",)), NOBODY),
    ],
)
def test_filters_become_authorities(tmp_path: Path, filters: Filters, passing: tuple[str, ...]) -> None:
    """Region, type and neighbours become the authorities of the reports that pass; where none does, nothing passes."""
    assert table(tmp_path).by_authority(filters, REPORTS) == Filters(authority=passing)


def test_other_filters_stay(tmp_path: Path) -> None:
    """What is not asked of the table is left as it is, with a table and without."""
    filters = Filters(authority=("Bury",), kind=("finding",), exclude_authority=("Enfield",))
    assert table(tmp_path).by_authority(filters, REPORTS) is filters
    assert Comparators().by_authority(filters, REPORTS) is filters
    found = table(tmp_path).by_authority(Filters(region=("London",), exclude_authority=("Enfield",)), REPORTS)
    assert found.exclude_authority == ("Enfield",)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (
            Filters(region=("Londn",)),
            "region: “Londn” is not in the table of authorities; those it has are East Midlands, London",
        ),
        (Filters(authority_type=("County",)), "authority_type: “County”"),
        (Filters(neighbours_of=("Enfeld",)), "“Enfeld” is not in the table of authorities; did you mean Enfield?"),
        (Filters(neighbours_of=("Greenwich",)), "gives no statistical neighbours of Greenwich"),
    ],
)
def test_what_the_table_does_not_have_is_refused(tmp_path: Path, filters: Filters, said: str) -> None:
    """A region, type or authority that is not in the table is named, and so is what could be meant."""
    with pytest.raises(QueryError, match="table of authorities") as raised:
        table(tmp_path).by_authority(filters, REPORTS)
    assert said in str(raised.value)


@pytest.mark.parametrize("field", ["region", "authority_type", "neighbours_of"])
def test_without_a_table_its_filters_are_refused(field: str) -> None:
    """Where the settings name no table, the sentence says so and names the setting."""
    filters: dict[str, Any] = {field: ("London",)}
    with pytest.raises(QueryError, match=rf"no table of authorities.* by {field}.* authorities\.file"):
        read_comparators(None).by_authority(Filters(**filters), REPORTS)


def test_counts_by_region_add_up(tmp_path: Path) -> None:
    """Counts by region and type are those of their authorities; what the table does not have counts nowhere."""
    counts = [FacetCount(name, 10 + place) for place, name in enumerate(REPORTS)]
    found = table(tmp_path)
    assert found.counts("region", counts) == (
        FacetCount("South West", 11 + 12 + 17),
        FacetCount("London", 10 + 14 + 15),
        FacetCount("East Midlands", 16),
    )
    assert found.counts("authority_type", counts)[0] == FacetCount("Unitary authority", 11 + 12 + 16 + 17)
    assert found.groups("region") == ("East Midlands", "London", "South West")
    place = found.place("poole")
    assert place
    assert (place.name, place.region) == ("Bournemouth, Christchurch and Poole", "South West")
    assert found.place("Bury") is None
    assert found.with_neighbours() == ("Barking and Dagenham", "Bristol", "Enfield", "North Northamptonshire")


def test_columns_may_be_left_out_and_stand_in_any_order(tmp_path: Path) -> None:
    """Only the name is needed; a byte order mark, capitals in the first line and short lines do no harm."""
    found = table(tmp_path, "\ufeffRegion,Name\r\nLondon,Enfield\r\n,Bury\r\n")
    assert [(each.line, each.name, each.region) for each in found.authorities] == [
        (2, "Enfield", "London"),
        (3, "Bury", ""),
    ]
    with pytest.raises(QueryError, match="gives none at all"):
        found.by_authority(Filters(authority_type=("County",)), REPORTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,county\nBury,x\n", "line 1: there is no column 'county'; the columns are code, name, region"),
        ("name,name\nBury,x\n", "line 1: the column 'name' stands there twice"),
        ("code,region\n1,London\n", "line 1: the first line must name the columns, name among them"),
        ("name\n", "holds no authority"),
        ("", "holds no authority"),
        ("name,code\nBury,1\n\n,2\n", "line 4: the name is empty"),
        ("name,code\nBury,1\nBolton,2\nBury Council,3\n", "line 4: the name 'Bury' stands on line 2 too"),
        ("name,code\nBury,a1\nBolton,A1\n", "line 3: the code 'A1' stands on line 2 too"),
        ("name,neighbours\nBury,Bolton\n", "line 2: the neighbour 'Bolton' is no code and no name of this file"),
        ("name,neighbours\nBury,Bury\n", "line 2: 'Bury' is named as its own neighbour"),
        ("name,neighbours,also\nBury,Y\nBolton,,Y\nWigan,,Y\n", "line 2: the neighbour 'Y' was replaced by several"),
        ("name,also\nBury,\nBolton,bury\n", "line 3: the other name 'Bury' is the name of the authority on line 2"),
        ("name,region\nBournemouth, Christchurch and Poole,South West\n", "line 2: there are 3 cells for 2 columns"),
        # a cell over two lines: the line is the one that the authority begins on
        ('name,region\n"Bury","North\nWest"\nBury,\n', "line 4: the name 'Bury' stands on line 2 too"),
        ('name\n"Bury\n', "line 2: it is not CSV: "),
        ("name\nBury\nBöblingen\n".encode("latin-1"), "line 3: it is not in UTF-8: save the file as “CSV UTF-8”"),
        ("name\nBury\n".encode("utf-16"), "line 1: it is not in UTF-8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str | bytes, said: str) -> None:
    """What is wrong with a table stops the program with the file, the line and the reason."""
    with pytest.raises(ConfigError) as raised:
        table(tmp_path, text)
    assert said in str(raised.value)
    assert "authorities.csv" in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A table that cannot be read stops the program with its path and the reason."""
    with pytest.raises(ConfigError, match=r"none\.csv: No such file"):
        read_comparators(tmp_path / "none.csv")


def test_the_example_of_the_documentation_is_one(tmp_path: Path) -> None:
    """The table that docs/authorities.md shows can be read, and gives what is said of it."""
    text = (Path(__file__).parents[1] / "docs" / "authorities.md").read_text(encoding="utf-8")
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") and "," in line]
    found = table(tmp_path, "\n".join(lines))
    assert len(found.authorities) == 6
    assert found.by_authority(Filters(region=("South West",)), REPORTS).authority == ("Bournemouth", "Poole")
