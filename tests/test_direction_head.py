"""The classifier of directions: what it promises of probabilities and of turned queries, and where it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from indexer import subject_head
from indexer.direction import directed
from indexer.direction_head import FILE, ORDER, DirectionHead, lean
from indexer.errors import ConfigError
from indexer.models import Direction, Kind
from indexer.subject_head import SubjectHead
from tests.small_index import finding

DIMENSION = 8
STRENGTH, WEAKNESS, MIXED, NEUTRAL = ORDER


def a_head(seed: int = 0) -> DirectionHead:
    """A classifier with weights by chance."""
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((len(ORDER), DIMENSION)).astype(np.float32) for _ in range(2)]
    biases = [rng.standard_normal(len(ORDER)).astype(np.float32) for _ in range(2)]
    return DirectionHead(weights[0], biases[0], weights[1], biases[1])


def unit(seed: int, count: int = 5) -> np.ndarray:
    """Vectors of unit length, (count, dimension)."""
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_probabilities_add_up_to_one(seed: int) -> None:
    """Each text has four probabilities that add up to one, and leans between surely fault and surely praise."""
    head = a_head(seed)
    for found in (head.sentences(unit(seed)), head.queries(unit(seed) * 100)):
        assert found.shape == (5, 4)
        assert (found >= 0).all()
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
        assert (np.abs(lean(found)) <= 1).all()


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_a_query_turned_round_asks_the_other_way(seed: int) -> None:
    """Turned to praise a query speaks more for praise than turned to fault; what else it says stays as it was."""
    head, vectors = a_head(seed), unit(seed)
    axis = head.query_weights[0] - head.query_weights[1]
    praise, either, fault = (head.turned(vectors, way) @ axis for way in ("strength", "any", "weakness"))
    np.testing.assert_allclose(either, 0, atol=1e-4)
    assert (praise >= -1e-4).all()
    np.testing.assert_allclose(praise, -fault, atol=1e-4)
    turned = head.turned(vectors, "strength")
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-5)
    rest = vectors - np.outer(vectors @ axis, axis) / (axis @ axis)
    own = turned - np.outer(turned @ axis, axis) / (axis @ axis)
    np.testing.assert_allclose(own, rest, atol=1e-4)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """The classifier of a model's folder is read from there; a model without one has none."""
    assert DirectionHead.load(tmp_path) is None
    head = a_head()
    save_file({name: getattr(head, name) for name in DirectionHead.__dataclass_fields__}, tmp_path / FILE)
    loaded = DirectionHead.load(tmp_path)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.sentences(unit(1)), head.sentences(unit(1)))


@pytest.mark.parametrize(
    "content",
    [
        b"no safetensors",  # damaged
        b"",  # cut off
    ],
)
def test_a_damaged_classifier_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be read stops the program and is named."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ConfigError, match=FILE):
        DirectionHead.load(tmp_path)


def test_a_classifier_that_lacks_something_is_refused(tmp_path: Path) -> None:
    """All four arrays are needed."""
    save_file({"sentence_weights": np.zeros((4, DIMENSION), dtype=np.float32)}, tmp_path / FILE)
    with pytest.raises(ConfigError, match="install the model again"):
        DirectionHead.load(tmp_path)


def test_the_subject_of_a_query_is_never_surer_than_it_can_be_known(tmp_path: Path) -> None:
    """The other classifier is loaded in the same way, and its log odds stay within bounds."""
    assert SubjectHead.load(tmp_path) is None
    on, off, between = np.eye(DIMENSION, dtype=np.float32)[:3]
    arrays: dict[str, np.ndarray] = {"support": np.stack([on, off]).astype(np.float16)}
    arrays["weights"] = np.array([100, -100], dtype=np.float32)
    arrays |= {"bias": np.full(1, -0.5, dtype=np.float32), "width": np.full(1, 2, dtype=np.float32)}
    save_file(arrays, tmp_path / subject_head.FILE)
    loaded = SubjectHead.load(tmp_path)
    assert loaded is not None
    found = loaded.log_odds(np.stack([on, off, between]))
    assert found[0] == subject_head.ON_SUBJECT
    assert -10 < found[1] < -1
    assert found[2] == pytest.approx(-0.5)


PRAISES, FAULTS = [0.9, 0.05, 0.03, 0.02], [0.1, 0.8, 0.05, 0.05]
SAYS_NOTHING = [0.2, 0.1, 0.1, 0.6]


@pytest.mark.parametrize(
    ("kind", "probabilities", "directions", "whole"),
    [
        # In the text of a report each sentence is taken by itself, and the finding sums them up.
        (Kind.FINDING, [PRAISES, FAULTS], [STRENGTH, WEAKNESS], MIXED),
        (Kind.FINDING, [PRAISES, SAYS_NOTHING], [STRENGTH, NEUTRAL], STRENGTH),
        (Kind.FINDING, [SAYS_NOTHING, SAYS_NOTHING], [NEUTRAL, NEUTRAL], NEUTRAL),
        # Structure goes before what the words look like.
        (Kind.RECOMMENDATION, [PRAISES, PRAISES], [WEAKNESS, WEAKNESS], WEAKNESS),
        (Kind.STRENGTH, [FAULTS, FAULTS], [STRENGTH, STRENGTH], STRENGTH),
    ],
)
def test_sentences_take_the_likeliest_direction_unless_structure_settles_it(
    kind: Kind, probabilities: list[list[float]], directions: list[Direction], whole: Direction
) -> None:
    """The likeliest direction of each sentence is its own, and how it leans is kept beside it."""
    given = finding("Visits are made. Records are kept.", kind, whole)
    found = directed(given, np.array(probabilities, dtype=np.float32))
    assert (found.direction, [each.direction for each in found.sentences]) == (whole, directions)
    if kind is Kind.FINDING:
        expected = [row[0] - row[1] for row in probabilities]
        assert [each.lean for each in found.sentences] == pytest.approx(expected, abs=1e-3)
