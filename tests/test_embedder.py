"""Texts to vectors: which text stands for what, which model is taken, and the real model itself."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.untuned import SHA256, untuned
from indexer.config import ModelSettings, Settings
from indexer.embedder import (
    DEFAULT_NAME,
    DEFAULT_SHA256,
    Encoder,
    ModelEncoder,
    ModelFiles,
    find_model,
    load_encoder,
    passage_text,
    sentence_text,
    unit_rows,
)
from indexer.errors import ConfigError
from indexer.models import Direction, Finding, Kind, Sentence
from indexer.runtimes import Precision, RuntimeName
from indexer.vectors.base import FloatMatrix
from tests.conftest import HashingEncoder


def a_finding(section: tuple[str, ...], bullet: bool) -> Finding:
    """A finding of two sentences."""
    text = "Minutes are late. Plans are not."
    sentences = (Sentence(0, 17, Direction.WEAKNESS), Sentence(18, 32, Direction.STRENGTH))
    return Finding(
        *("f", text, Kind.FINDING, Direction.MIXED, section, "1", 1, 1, (0, len(text)), None, False),
        sentences=sentences,
        bullet=bullet,
    )


@pytest.mark.parametrize(
    ("section", "bullet", "passage", "sentence"),
    [
        # The two innermost headings go before the whole finding, the innermost before a sentence of a bullet, which it
        # completes.
        (
            ("Report", "Findings", "What must improve"),
            True,
            "Findings > What must improve: Minutes are late. Plans are not.",
            "What must improve: Plans are not.",
        ),
        # A sentence of prose stands by itself.
        (("Findings", "Meetings"), False, "Findings > Meetings: Minutes are late. Plans are not.", "Plans are not."),
        # There may be no heading.
        ((), True, "Minutes are late. Plans are not.", "Plans are not."),
        ((), False, "Minutes are late. Plans are not.", "Plans are not."),
    ],
)
def test_which_text_gets_a_vector(section: tuple[str, ...], bullet: bool, passage: str, sentence: str) -> None:
    """A finding is embedded under its two innermost headings; of its sentences only those of bullets have one."""
    finding = a_finding(section, bullet)
    assert passage_text(finding) == passage
    assert sentence_text(finding, finding.sentences[1]) == sentence


@given(st.lists(st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), max_size=5))
def test_rows_are_made_of_unit_length(rows: list[list[float]]) -> None:
    """Every row points where it did with length one, unless it points nowhere."""
    given = np.array(rows, dtype=np.float32).reshape(-1, 3)
    unit = unit_rows(given)
    assert (unit.dtype.name, unit.shape) == ("float32", given.shape)
    lengths = np.linalg.norm(given.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(unit * lengths, given, rtol=1e-5, atol=1e-30)


# ---------------------------------------------------------------------------------------------- which model


def a_model(folder: Path, *files: str) -> Path:
    """A folder with weights files, each holding its own name."""
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def sha256(text: str) -> str:
    """The checksum of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_model_that_comes_with_the_product_is_taken() -> None:
    """Without a setting, the product's own model is taken; it has the checksum known for it and is small enough."""
    found = find_model(ModelSettings())
    assert (found.name, found.sha256) == (DEFAULT_NAME, DEFAULT_SHA256)
    assert sum(file.stat().st_size for file in found.folder.rglob("*")) < 50_000_000


def test_the_model_it_was_made_from_is_that_of_its_publisher() -> None:
    """What the product's model is measured against is the general model as published."""
    assert find_model(untuned()).sha256 == SHA256


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # One file of weights: its own checksum, as publishers state it.
        (["model.safetensors", "config.json"], sha256("model.safetensors")),
        # The older form counts only where the safer one is missing.
        (["model.safetensors", "pytorch_model.bin"], sha256("model.safetensors")),
        (["pytorch_model.bin"], sha256("pytorch_model.bin")),
        # Several files: a checksum over all of them, in the order of their names.
        (
            ["model.safetensors", "2_Dense/model.safetensors"],
            sha256(
                f"{sha256('2_Dense/model.safetensors')}  2_Dense/model.safetensors\n"
                f"{sha256('model.safetensors')}  model.safetensors\n"
            ),
        ),
    ],
)
def test_a_model_is_known_by_its_weights(files: list[str], expected: str, tmp_path: Path) -> None:
    """A model of the user's own is named by its folder and told apart by the checksum of its weights."""
    found = find_model(ModelSettings(path=a_model(tmp_path / "own", *files)))
    assert (found.name, found.sha256) == ("own", expected)


def test_weights_that_are_not_those_expected_are_refused(tmp_path: Path) -> None:
    """Where the settings state a checksum the weights must have it, and the message names both."""
    folder = a_model(tmp_path / "own", "model.safetensors")
    assert find_model(ModelSettings(path=folder, sha256=sha256("model.safetensors"))).name == "own"
    with pytest.raises(ConfigError, match="install the model again") as caught:
        find_model(ModelSettings(path=folder, sha256="0" * 64))
    for part in (str(folder), sha256("model.safetensors"), "0" * 64):
        assert part in str(caught.value)


def test_a_damaged_model_of_the_product_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The product's own model is checked even where the settings state no checksum or another one."""
    monkeypatch.setattr("indexer.embedder.DEFAULT_FOLDER", a_model(tmp_path, "model.safetensors"))
    for settings in (ModelSettings(), ModelSettings(sha256=sha256("model.safetensors"))):
        with pytest.raises(ConfigError, match=DEFAULT_SHA256):
            find_model(settings)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing folder, and a folder without weights, are refused by name."""
    with pytest.raises(ConfigError, match="there is no folder"):
        find_model(ModelSettings(path=tmp_path / "missing"))
    with pytest.raises(ConfigError, match=r"holds no model: it has no file named \*\.safetensors"):
        find_model(ModelSettings(path=a_model(tmp_path, "config.json")))


def test_nothing_heavy_is_imported_until_a_model_is_loaded() -> None:
    """Importing the module costs neither torch nor OpenVINO."""
    heavy = {"torch", "sentence_transformers", "openvino"}
    code = f"import sys, indexer.embedder; sys.exit(bool({heavy} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_encoder_of_the_tests_keeps_the_protocol(encoder: HashingEncoder) -> None:
    """The stand-in gives rows of unit length in the order asked, the same for the same text."""
    keeps_the_protocol(encoder)


class CountingRuntime:
    """A runtime without a model, which keeps what it was run on; its vectors are not of unit length."""

    name: RuntimeName = "torch"
    precision: Precision = "float32"
    dimension = 256

    def __init__(self) -> None:
        self.runs: list[tuple[list[str], bool]] = []

    def run(self, texts: Sequence[str], query: bool) -> FloatMatrix:
        """Vectors of texts."""
        self.runs.append((list(texts), query))
        return 3 * HashingEncoder().encode(texts)


def encoder_of(runtime: CountingRuntime, query_cache: int = 10) -> ModelEncoder:
    """The encoder over a runtime."""
    return ModelEncoder(ModelFiles("counting", Path("missing"), "0" * 64), runtime, query_cache)


def test_the_encoder_keeps_the_protocol_over_any_runtime() -> None:
    """Whatever a runtime gives, rows come out of unit length, in the order asked, the same for the same text."""
    keeps_the_protocol(encoder_of(CountingRuntime()))


def test_no_text_is_embedded_twice() -> None:
    """A text that occurs twice goes through the model once, and a query that was asked before not at all."""
    runtime = CountingRuntime()
    encoder = encoder_of(runtime)
    encoder.encode(["a", "b", "a"])
    first = encoder.encode_query(["a", "c", "c"])
    again = encoder.encode_query(["c", "d", "a"])
    encoder.encode(["a"])
    assert runtime.runs == [(["a", "b"], False), (["a", "c"], True), (["d"], True), (["a"], False)]
    np.testing.assert_array_equal(again[[2, 0]], first[:2])


def test_keeping_queries_can_be_turned_off() -> None:
    """With a cache of none every query goes through the model; changing what was given changes nothing that is kept."""
    runtime = CountingRuntime()
    off = encoder_of(runtime, query_cache=0)
    for _ in range(2):
        off.encode_query(["a"])
    assert runtime.runs == [(["a"], True)] * 2
    kept = encoder_of(runtime)
    kept.encode_query(["a"])[:] = 0
    assert np.linalg.norm(kept.encode_query(["a"])) == pytest.approx(1)


def keeps_the_protocol(encoder: Encoder) -> None:
    """What every encoder promises."""
    texts = ["Minutes are late.", "", "Plans are late.", "Minutes are late.", "x " * 2000]
    for encode in (encoder.encode, encoder.encode_query):
        vectors = encode(texts)
        assert (vectors.shape, vectors.dtype.name) == ((5, encoder.dimension), "float32")
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        np.testing.assert_array_equal(vectors[0], vectors[3])
        assert encode([]).shape == (0, encoder.dimension)
    assert len(encoder.sha256) == 64


# ---------------------------------------------------------------------------------------------- the real model


@pytest.fixture(scope="module")
def model() -> Encoder:
    """The model that comes with the product."""
    return load_encoder(Settings())


@pytest.mark.slow
def test_the_real_encoder_keeps_the_protocol(model: Encoder) -> None:
    """The model gives what the protocol promises, whatever the length of a text."""
    keeps_the_protocol(model)
    assert (model.name, model.sha256, model.dimension) == (DEFAULT_NAME, DEFAULT_SHA256, 384)


@pytest.mark.slow
def test_the_real_encoder_knows_meaning(model: Encoder) -> None:
    """Texts that mean the same are closer than texts that share words."""
    query, same, words = model.encode(
        [
            "Records of discussions are written up late.",
            "Delays in the minutes of meetings.",
            "Records of births are held.",
        ]
    )
    assert query @ same > query @ words


@pytest.mark.slow
def test_the_order_of_texts_makes_no_difference(model: Encoder) -> None:
    """A text gets its vector up to rounding, whichever texts it is embedded with."""
    texts = [f"Finding number {number} is about {'minutes ' * (number % 40)}" for number in range(80)]
    together = model.encode(texts)
    np.testing.assert_allclose(model.encode(texts[::-1])[::-1], together, atol=0.01)
    alone = np.concatenate([model.encode([text]) for text in texts[:5]])
    assert (np.sum(alone * together[:5], axis=1) > 0.999).all()


@pytest.mark.slow
def test_threads_may_share_the_encoder(model: Encoder) -> None:
    """Several threads embed at once and each gets its own vectors."""
    expected = model.encode(["a meeting", "a visit"])
    found: list[Sequence[float]] = []

    def encode() -> None:
        for _ in range(5):
            found.append(np.sum(model.encode(["a meeting", "a visit"]) * expected, axis=1).tolist())

    threads = [threading.Thread(target=encode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert np.min(found) > 0.999


@pytest.mark.slow
def test_precision_can_be_set(model: Encoder) -> None:
    """Both arithmetics give nearly the same vectors, and the encoder says which it runs in."""
    texts = ["Strategy meeting minutes are late.", "Care leavers have no pathway plan."]
    vectors = {}
    for precision in ("float32", "bfloat16"):
        encoder = load_encoder(Settings.model_validate({"model": {"precision": precision}}))
        assert encoder.precision == precision
        vectors[precision] = encoder.encode(texts)
    assert (np.sum(vectors["float32"] * vectors["bfloat16"], axis=1) > 0.999).all()


@pytest.mark.slow
def test_a_folder_that_holds_no_model_is_explained(tmp_path: Path) -> None:
    """Weights that sentence-transformers cannot load are refused in one line."""
    with pytest.raises(ConfigError, match="cannot load the model") as caught:
        load_encoder(Settings(model=ModelSettings(path=a_model(tmp_path, "model.safetensors", "config.json"))))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached_is_explained(tmp_path: Path) -> None:
    """Where a hub model can be neither fetched nor found in the hub's cache, one line says which and why."""
    code = (
        "from indexer.config import *; from indexer.embedder import load_encoder\n"
        "load_encoder(Settings(model=ModelSettings(hub='nobody/nothing', revision='0' * 40)))"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("indexer.errors.ConfigError: cannot fetch the model nobody/nothing at revision 0000")


@pytest.mark.slow
def test_a_missing_gpu_is_explained() -> None:
    """Asking for a GPU where torch finds none says so."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(ConfigError, match=r"model\.device"):
        load_encoder(Settings(model=ModelSettings(device="cuda")))


@pytest.mark.parametrize(("own", "policy"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_idle_threads_sleep_before_any_library_that_has_some_is_loaded(own: str | None, policy: str) -> None:
    """The policy of idle threads is set by the time torch or FAISS can be loaded; the user's own comes first."""
    code = "import os, sys, indexer.search; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    if own is not None:
        environment["OMP_WAIT_POLICY"] = own
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.split() == [policy, "False"]
