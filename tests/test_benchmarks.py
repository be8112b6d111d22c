"""The benchmarks' own arithmetic: percentiles and ratios, equal parts, drawn findings, and what is written of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks import measured
from benchmarks.building import drawn_from, parts
from benchmarks.grown import Grown, exactly_nearest, recall_at_ten
from benchmarks.machine import Machine, own_memory_mb, this_machine
from benchmarks.measured import Building, Load, Measured, Querying, Served, Serving, percentiles, ratio
from benchmarks.querying import read_queries, turned
from benchmarks.ratios import ratios
from benchmarks.report import written
from benchmarks.serving import Server
from benchmarks.synthesis import Real, drawn_documents, moved, noisy
from benchmarks.worker import BenchmarkError, Worker
from indexer.config import Settings
from indexer.generations import Generation, open_generation
from indexer.models import Kind, Query
from indexer.search import Engine
from indexer.vectors.brute_force import BruteForceIndex
from tests.small_index import WordEncoder, document, finding, write_index

MACHINE = Machine("A processor", 2, 8.0, ("avx2",), "Linux", "3.11", (("numpy", "2"),))
BUILDING = Building(
    date="2026-01-01",
    reports=2,
    findings=10,
    sentences=30,
    texts=40,
    encoder="a model",
    seconds=(3.0, 5.0),
    loading=(1.0, 1.0),
    again=0.03,
    sample=20,
    rates={"encoder": (20.0, 20.0), "script": (10.0, 10.0), "txtai": (4.0, 2.0)},
    passages={"script": 1.0, "txtai": 4.0},
)


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    """A small index, of which one finding is context and one has no sentences."""
    folder = tmp_path_factory.mktemp("real")
    findings = [finding(f"Plan {number} is late. Nobody chases it. Child {number} waits.") for number in range(20)]
    findings.append(finding("The area has two towns.", kind=Kind.CONTEXT))
    findings.append(replace(finding("Records are kept."), sentences=()))
    write_index(folder, [document("a.txt", "Bury", date(2020, 1, 1), findings)], WordEncoder())
    with open_generation(folder) as opened:
        yield opened


def test_percentiles_fall_between_the_times() -> None:
    """Of the numbers from 1 to 101, so many in a hundred are no greater than a percentile."""
    found = percentiles([float(number) for number in range(101, 0, -1)])
    assert (found.p50, found.p90, found.p99) == (51, 91, 100)
    with pytest.raises(ValueError, match="no times"):
        percentiles([])


def test_a_ratio_of_nothing_is_none() -> None:
    """A ratio is the value by the other, and 0 where there is nothing to compare with."""
    assert ratio(6, 4) == 1.5
    assert ratio(6, 0) == 0


def test_rates_of_equal_parts_are_those_of_the_whole() -> None:
    """Rates over equal parts come to all texts by all seconds; a build's rate counts every build."""
    # Two parts of 10 texts at 4 and 2 a second take 2.5 and 5 seconds.
    assert BUILDING.rate_of("txtai") == pytest.approx(20 / 7.5)
    assert BUILDING.rate == pytest.approx(80 / 8)
    assert BUILDING.rate_loaded == pytest.approx(80 / 6)


def test_turns_put_loads_together() -> None:
    """Throughput over several turns counts all answers in all seconds, and the best way of serving is compared."""
    loads = (Load(1, 1.0, (5.0,) * 10), Load(4, 1.0, (9.0,) * 7), Load(1, 3.0, (7.0,) * 10))
    served = Served("product, 1 process", "product", "serve", 100, 120, loads)
    assert served.load(1).throughput == 5
    assert served.load(1).times == (5.0,) * 10 + (7.0,) * 10
    faster = replace(served, name="product, 2 processes", loads=(Load(1, 1.0, (5.0,) * 6),))
    serving = Serving("2026-01-01", (1, 4), (served, faster), (1.0, 2.0))
    assert serving.best("product", 1).throughput == 6


def test_texts_are_drawn_and_cut_the_same_way_every_time() -> None:
    """A sample has no text twice and is the same in every run; its parts hold every text once, in order."""
    texts = [str(number) for number in range(100)]
    drawn = drawn_from(texts, 10)
    assert drawn == drawn_from(texts, 10)
    assert len(set(drawn)) == 10
    assert sorted(drawn_from(texts, 1000)) == sorted(texts)
    for turns in (1, 2, 3, 200):
        cut = parts(drawn, turns)
        assert [text for part in cut for text in part] == drawn
        assert max(map(len, cut)) - min(map(len, cut)) <= 1


def test_every_system_begins_in_its_turn() -> None:
    """Who is asked first changes from query to query, and all are asked every query."""
    orders = [turned(("a", "b", "c"), number) for number in range(3)]
    assert [order[0] for order in orders] == ["a", "b", "c"]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)


def test_queries_are_many_and_different() -> None:
    """There are 200 queries, none of them twice, none longer than a query may be."""
    queries = read_queries(1000)
    assert len(queries) == len(set(queries)) == 200
    assert all(0 < len(query) <= 2000 for query in queries)


def test_the_machine_is_described_without_naming_it(tmp_path: Path) -> None:
    """Processor and instructions are read from the system's own description, and only those that matter."""
    cpu_info = tmp_path / "cpuinfo"
    cpu_info.write_text("model name\t: Some CPU\nflags\t\t: fpu avx2 amx_bf16 sse\n", encoding="utf-8")
    machine = this_machine(cpu_info)
    assert machine.processor == "Some CPU"
    assert machine.instructions == ("avx2", "amx_bf16")
    assert "Some CPU" in machine.described()
    assert "/" not in machine.described()


def test_memory_counts_what_a_process_holds() -> None:
    """A process that fills memory has so much more of it, and one that has ended has none."""
    code = "import sys; held = b'x' * (50 << 20); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert 50 < own_memory_mb(process.pid) < 100
        process.communicate(b"")
    assert own_memory_mb(process.pid) == 0


def test_a_server_is_shown_without_paths() -> None:
    """The command of a server is written down as it is typed, without the folders of the machine."""
    command = ("-m", "x", "--index", "/some/where/index", "--port", "PORT")
    server = Server("s", "s", command, "/r", "/s", "q", {"CONFIG": "/some/where/x.yml"})
    assert server.shown == "CONFIG=x.yml python -m x --index index --port PORT"


def test_measurements_survive_their_file(tmp_path: Path) -> None:
    """What is saved is read back the same; a file of another form counts as none."""
    file = tmp_path / "measured.json"
    assert measured.load(file) is None
    everything = Measured(MACHINE, building=BUILDING)
    measured.save(everything, file)
    assert measured.load(file) == everything
    file.write_text('{"machine": 1}', encoding="utf-8")
    assert measured.load(file) is None


def test_what_was_measured_is_written_down() -> None:
    """The results hold every ratio of the parts there are, with their dates, and nothing of the others."""
    times: dict[str, measured.Times] = {"product": (4.0, 4.0, 8.0), "txtai": (8.0, 8.0, 8.0), "script": (2.0, 2.0, 2.0)}
    querying = Querying("2026-01-02", 10, 30, 3, 1, times)
    everything = Measured(MACHINE, building=BUILDING, querying=querying)
    values = [each.value for each in ratios(everything)]
    assert values[:5] == ["0.50", "0.67", "3.8", "1.0", "0.010"]
    assert values[5:] == ["0.50", "2.00", "2.0"]
    text = written(everything)
    assert "2026-01-01" in text
    assert "2026-01-02" in text
    assert "Over HTTP" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


# ---------------------------------------------------------------------------------------------- drawn findings


def test_drawn_findings_hold_real_sentences(generation: Generation) -> None:
    """Every drawn finding is made of real sentences, each span gives its sentence back, and ids are distinct."""
    real = Real(generation)
    sentences = {words for words, _ in real.sentences}
    drawn = list(drawn_documents(real, 250))
    findings = [item for each in drawn for item in each.document.findings]
    assert len({item.id for item in findings}) == len(findings) == 250
    for each in drawn:
        counts = [len(item.sentences) for item in each.document.findings]
        assert each.findings.shape == (len(counts), 256)
        assert each.sentences.shape == (sum(counts), 256)
        for item in each.document.findings:
            assert each.document.text[slice(*item.span)] == item.text
            assert {item.text[sentence.start : sentence.end] for sentence in item.sentences} <= sentences


def test_findings_are_drawn_the_same_way_every_time(generation: Generation) -> None:
    """Two draws from one index are equal, and a longer one begins like a shorter one."""
    first, second = (list(drawn_documents(Real(generation), count)) for count in (100, 300))
    assert first[0].document == second[0].document
    np.testing.assert_array_equal(first[0].sentences, second[0].sentences)


def test_vectors_move_with_the_sentences_exchanged() -> None:
    """A finding's vector is the mean of what it kept and of its new sentences; without sentences it stays."""
    wholes = np.array([[1, 0], [1, 0], [1, 0]], dtype=np.float32)
    sentences = np.array([[0, 1], [0, 5], [0, 1], [0, 1]], dtype=np.float32)
    owner, exchanged = np.array([0, 0, 2, 2]), np.array([True, False, True, True])
    expected = np.array([[0.5, 0.5], [1, 0], [0, 1]], dtype=np.float32)
    np.testing.assert_array_equal(moved(wholes, sentences, owner, exchanged), expected)


def test_noise_leaves_vectors_alike() -> None:
    """Noisy vectors have length one, and differ from those without noise by as much as is said."""
    vectors = np.eye(384, dtype=np.float32)
    found = noisy(vectors, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.diag(found).mean() == pytest.approx(1 / np.sqrt(1.09), abs=0.01)


def test_recall_is_the_share_of_the_nearest() -> None:
    """The exactly nearest are found among the rows allowed, over several blocks of them, and recall counts them."""
    vectors = np.random.default_rng(0).standard_normal((70_000, 4)).astype(np.float16)
    queries = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)
    rows = np.arange(1, 70_000)
    exact = exactly_nearest(BruteForceIndex(vectors), queries, rows)
    expected = np.argsort(-(queries @ vectors[1:].astype(np.float32).T), axis=1)[:, :10] + 1
    np.testing.assert_array_equal(exact, expected)
    assert recall_at_ten(exact, exact) == 1
    half = np.concatenate([exact[:, :5], np.full((3, 5), -1)], axis=1)
    assert recall_at_ten(half, exact) == 0.5


def test_an_index_of_drawn_findings_is_searched_like_any(generation: Generation, tmp_path: Path) -> None:
    """What is written of drawn findings opens as an index, and a search in it finds them."""
    grew = Grown().write(str(generation.folder.parent.parent), str(tmp_path), 150)
    assert grew.findings == 150
    assert grew.kind == "exact"
    with open_generation(tmp_path) as opened:
        assert (opened.manifest.findings, opened.manifest.sentences) == (150, grew.sentences)
        assert opened.facts.findings == 150
        answer = Engine(opened, Settings(), WordEncoder()).search(Query("plan 7 is late", min_relevance=0.0))
    assert "Plan 7 is late." in answer.hits[0].finding.text


def test_what_fails_in_another_process_is_said_here() -> None:
    """A method that fails raises an error here that names the system, and the process answers the next call."""
    with Worker("grown") as worker:
        for _ in range(2):
            with pytest.raises(BenchmarkError, match=r"grown failed at no_such_method"):
                worker.timed("no_such_method")
        assert worker.memory_mb > 10
