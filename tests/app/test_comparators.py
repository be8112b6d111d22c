"""Filters by region, type and statistical neighbours: over HTTP, on the pages, on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app import cli
from app.main import create_app
from indexer.config import AuthoritiesSettings, Settings
from indexer.errors import ConfigError
from indexer.search import Engine
from tests.app.test_pages import follow, one, page, plain
from tests.small_index import WordEncoder

QUERY = '"assessments"'


@pytest.fixture(scope="module")
def names(engine: Engine) -> list[str]:
    """The authorities of the index, those with the most findings first."""
    return [each.value for each in engine.values("authority")]


@pytest.fixture(scope="module")
def with_table(settings: Settings, names: list[str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that name a table of the authorities of the index, in two regions; one of them it does not have."""
    file = tmp_path_factory.mktemp("table") / "authorities.csv"
    lines = ["code,name,region,type,neighbours", "E1,Wigan,North,Borough,"]
    for place, name in enumerate(names[:-1]):
        neighbours = "; ".join(each for each in names[:-1] if each != name) if place == 0 else ""
        lines.append(f'X{place},"{name}",{("North", "South")[place % 2]},Borough,{neighbours}')
    file.write_text("\n".join(lines), encoding="utf-8")
    return settings.model_copy(update={"authorities": AuthoritiesSettings(file=file)})


@pytest.fixture(scope="module")
def client_with_table(with_table: Settings) -> Iterator[TestClient]:
    """A client of the app over that index with that table."""
    with TestClient(create_app(with_table, WordEncoder())) as found:
        yield found


def test_a_region_is_its_authorities(client_with_table: TestClient, names: list[str]) -> None:
    """A search in a region finds what a search for its authorities finds, by GET and by POST, and counts agree."""
    asked: dict[str, Any] = {"q": QUERY, "limit": 100}
    expected = client_with_table.post("/api/v1/search", json={**asked, "authority": names[1:-1:2]}).json()
    found = client_with_table.get("/api/v1/search", params={**asked, "region": "south"}).json()
    assert found["results"] == expected["results"] != []
    assert found["facets"]["region"] == [{"value": "South", "count": found["total"]}]
    posted = client_with_table.post("/api/v1/search", json={**asked, "region": ["South"]}).json()
    assert posted["results"] == expected["results"]
    every = client_with_table.get("/api/v1/search", params={"q": QUERY}).json()["facets"]
    counts = {each["value"]: each["count"] for each in every["region"]}
    assert counts["South"] == found["total"]
    left_out = sum(each["count"] for each in every["authority"] if each["value"] == names[-1])
    assert sum(counts.values()) == sum(each["count"] for each in every["authority"]) - left_out
    assert every["authority_type"] == [{"value": "Borough", "count": sum(counts.values())}]


def test_neighbours_leave_out_whose_they_are(client_with_table: TestClient, names: list[str]) -> None:
    """Neighbours of an authority, by name or code, are those the table gives: in search, similar and documents."""
    for asked in (names[0], "x0"):
        found = client_with_table.get("/api/v1/search", params={"q": QUERY, "neighbours_of": asked}).json()
        assert {each["value"] for each in found["facets"]["authority"]} == set(names[1:-1])
        listed = client_with_table.get("/api/v1/documents", params={"neighbours_of": asked}).json()
        assert {each["authority"] for each in listed["documents"]} == set(names[1:-1])
    finding = found["results"][0]["finding"]["id"]
    similar = client_with_table.get(f"/api/v1/findings/{finding}/similar", params={"neighbours_of": names[0]}).json()
    assert {each["value"] for each in similar["facets"]["authority"]} <= set(names[1:-1])


def test_filters_that_exclude_each_other_give_nothing(client_with_table: TestClient, names: list[str]) -> None:
    """An authority outside the region, and a region without reports, give no results, and not all."""
    for filters in ({"region": "South", "authority": names[0]}, {"neighbours_of": names[0], "authority": names[0]}):
        found = client_with_table.get("/api/v1/search", params={"q": QUERY, **filters}).json()
        assert (found["total"], found["results"]) == (0, [])
        assert client_with_table.get("/api/v1/documents", params=filters).json()["total"] == 0


@pytest.mark.parametrize("address", ["/api/v1/search?q=x&", "/api/v1/documents?", "/?q=x&", "/documents?"])
def test_what_cannot_be_asked_is_said(client: TestClient, client_with_table: TestClient, address: str) -> None:
    """Without a table, and with a region the table does not have, the answer is a 422 with a sentence."""
    without = client.get(f"{address}region=London")
    assert without.status_code == 422
    assert "There is no table of authorities here" in without.text
    unknown = client_with_table.get(f"{address}region=Nowhere")
    assert unknown.status_code == 422
    assert "“Nowhere” is not in the table of authorities; those it has are North, South" in unknown.text


def test_without_a_table_nothing_offers_it(client: TestClient) -> None:
    """No page offers a filter that would be refused, and no answer counts by it."""
    for address in (f"/?q={QUERY}", "/documents"):
        found = page(client, address)
        for name in ("region", "authority_type", "neighbours_of"):
            assert not found.select(f"[name={name}]")
    facets = client.get("/api/v1/search", params={"q": QUERY}).json()["facets"]
    assert not {"region", "authority_type"} & set(facets)


def test_the_page_offers_regions_types_and_neighbours(client_with_table: TestClient, names: list[str]) -> None:
    """The form has boxes with exact counts and a list of authorities; what is chosen stays and can be taken off."""
    found = page(client_with_table, f"/?q={QUERY}&region=South")
    answer = client_with_table.get("/api/v1/search", params={"q": QUERY}).json()
    boxes = found.select("aside li:has(input[name=region])")
    shown = {str(one(box, "input")["value"]): plain(box) for box in boxes}
    assert shown == {each["value"]: f"{each['value']} ({each['count']})" for each in answer["facets"]["region"]}
    assert [box["value"] for box in found.select("input[name=region][checked]")] == ["South"]
    chosen = page(client_with_table, follow(found, "Remove the filter Region: South"))
    assert not chosen.select("[name=region][checked]")

    options = one(found, "select[name=neighbours_of]").select("option")
    assert [plain(option) for option in options] == ["Any authority", names[0]]
    two = f"/?q={QUERY}&neighbours_of=X0&neighbours_of={quote(names[0])}"
    found = page(client_with_table, two)
    assert one(found, "select[name=neighbours_of] option[selected]")["value"] == names[0]
    assert [each["value"] for each in found.select("aside input[type=hidden][name=neighbours_of]")] == ["X0"]
    assert plain(one(found, ".chosen")).count("Statistical neighbours of:") == 2
    listed = page(client_with_table, "/documents?region=South")
    assert one(listed, "input[name=region][checked]")["value"] == "South"
    assert listed.select("select[name=neighbours_of]")


def test_the_command_line_takes_them(
    with_table: Settings, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`findings search` has the three as options, and says what cannot be asked."""
    monkeypatch.setenv("FINDINGS_AUTHORITIES__FILE", str(with_table.authorities.file))
    monkeypatch.setattr("indexer.search.load_encoder", lambda *_: WordEncoder())
    asked = ["search", QUERY, "--index", str(with_table.index_dir), "--json"]
    run = CliRunner().invoke(
        cli.app, [*asked, "--region", "South", "--authority-type", "Borough", "--neighbours-of", "X0"]
    )
    assert run.exit_code == 0, run.output
    assert {each["value"] for each in json.loads(run.stdout)["facets"]["authority"]} == set(names[1:-1:2])
    run = CliRunner().invoke(cli.app, [*asked, "--region", "Nowhere"])
    assert run.exit_code == 1
    assert run.stderr.startswith("findings: region: “Nowhere” is not in the table")


def test_a_wrong_table_stops_the_service(settings: Settings, tmp_path: Path) -> None:
    """A table that cannot be used is said when the app is made, and not with the first search."""
    file = tmp_path / "authorities.csv"
    file.write_text("name\n,\n x , y\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 3: there are 2 cells"):
        create_app(settings.model_copy(update={"authorities": AuthoritiesSettings(file=file)}), WordEncoder())


def test_another_table_makes_other_answers(
    with_table: Settings, client: TestClient, client_with_table: TestClient
) -> None:
    """What a client holds from before a change of the table is out of date."""
    tags = {each.get("/api/v1/documents").headers["etag"] for each in (client, client_with_table)}
    file = with_table.authorities.file
    assert file
    before = file.read_bytes()
    file.write_bytes(before.replace(b"South", b"East"))
    try:
        with TestClient(create_app(with_table, WordEncoder())) as changed:
            tags.add(changed.get("/api/v1/documents").headers["etag"])
    finally:
        file.write_bytes(before)
    assert len(tags) == 3
