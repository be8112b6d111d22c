"""Which runtime runs the model: chosen by what was measured, and a converted model gives the original's vectors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from indexer.choice import choose_runtime
from indexer.config import ModelSettings, Settings
from indexer.conversion import FOLDER, cosines
from indexer.embedder import Encoder, load_encoder
from indexer.errors import ConfigError
from indexer.probe import (
    MEASUREMENTS,
    TEXTS,
    Measured,
    Measurements,
    Way,
    best_for_building,
    best_for_serving,
    machine,
    read_measurements,
    write_measurements,
)
from indexer.runtimes import WEIGHTS, Device, OpenVinoRuntime, Precision, RuntimeName, read_converted

ODD = ("", "?", "É", "Überprüfung: „Maßnahmen“ – 50%", "plans " * 600, "a\n\nb\tc")


def measured(
    runtime: RuntimeName, precision: Precision, rate: float, ms: float, cosine: float = 1.0, device: Device = "cpu"
) -> Measured:
    """What might be measured of one way."""
    way = Way(runtime=runtime, device=device, precision=precision)
    return Measured(way=way, cosine=cosine, texts_per_second=rate, query_ms=ms)


PLAIN = measured("torch", "float32", 80, 7)


@pytest.mark.parametrize(
    ("others", "building", "serving"),
    [
        # Nothing else can be had.
        ([], PLAIN, PLAIN),
        # The fastest builds; for a query, float32 is as good as what is not twice as quick.
        (
            [one := measured("openvino", "float32", 100, 3), two := measured("openvino", "bfloat16", 200, 2)],
            two,
            one,
        ),
        # What is more than twice as quick answers queries, whatever it is.
        ([measured("openvino", "float32", 100, 5), two := measured("openvino", "bfloat16", 200, 2)], two, two),
        # OpenVINO is ready so much sooner that it may be somewhat slower.
        ([two := measured("openvino", "float32", 75, 9)], two, two),
        ([two := measured("openvino", "float32", 60, 9)], PLAIN, two),
        # A GPU builds; for one query at a time it must be much quicker to be worth the start.
        (
            [
                one := measured("openvino", "float32", 100, 3),
                two := measured("torch", "bfloat16", 9000, 2, device="cuda"),
            ],
            two,
            one,
        ),
        # What is fast and not exact is never taken.
        ([measured("openvino", "bfloat16", 900, 0.1, cosine=0.99)], PLAIN, PLAIN),
        ([measured("torch", "bfloat16", 900, 0.1, cosine=float("nan"))], PLAIN, PLAIN),
    ],
)
def test_the_best_of_what_was_measured_is_chosen(others: list[Measured], building: Measured, serving: Measured) -> None:
    """A build takes what embeds most texts, a search what answers soonest and is ready soon, among what is exact."""
    assert best_for_building([PLAIN, *others]) == building
    assert best_for_serving([PLAIN, *others]) == serving


def test_what_is_asked_for_need_not_be_exact() -> None:
    """Where the settings leave nothing that is exact enough, the best of what they leave is taken all the same."""
    asked = [measured("torch", "bfloat16", 100, 2, cosine=0.9), measured("openvino", "bfloat16", 200, 9, cosine=0.9)]
    assert best_for_building(asked) == asked[1]
    assert best_for_serving(asked) == asked[0]


def test_measurements_are_kept(tmp_path: Path) -> None:
    """What was measured is read back as it was; a record that is not there or not whole counts as none."""
    assert read_measurements(tmp_path) is None
    kept = Measurements(circumstances=machine(), measured=(PLAIN,))
    write_measurements(tmp_path, kept)
    assert read_measurements(tmp_path) == kept
    assert [file.name for file in tmp_path.iterdir()] == [MEASUREMENTS]
    (tmp_path / MEASUREMENTS).write_text('{"circumstances": "here", "measured": [{"way"')
    assert read_measurements(tmp_path) is None


def test_a_gpu_and_openvino_do_not_go_together(settings: Settings) -> None:
    """OpenVINO runs on the CPU here: asking for it on a GPU is refused, and both settings are named."""
    asked = settings.model_copy(update={"model": ModelSettings(runtime="openvino", device="cuda")})
    with pytest.raises(ConfigError, match=r"model\.device.*model\.runtime"):
        load_encoder(asked)


# ---------------------------------------------------------------------------------------------- the real model


def encoder_folders(index_dir: Path) -> list[Path]:
    """What lies beside an index for its model."""
    return sorted(index_dir.glob(f"{FOLDER}*"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Encoder]:
    """Settings with an index folder in which a build has chosen how to run the model, and its encoder."""
    settings = Settings(index_dir=tmp_path_factory.mktemp("built"))
    leftover = settings.index_dir / f"{FOLDER}building-1"
    leftover.mkdir()
    return settings, load_encoder(settings, "building")


@pytest.fixture(scope="module")
def original() -> Encoder:
    """The model as PyTorch runs it in float32."""
    return load_encoder(Settings(model=ModelSettings(runtime="torch", precision="float32", device="cpu")))


def agree(left: Encoder, right: Encoder) -> float:
    """The least cosine between what two encoders make of texts and of queries."""
    texts = [*TEXTS, *ODD]
    pairs = [(left.encode(texts), right.encode(texts)), (left.encode_query(texts), right.encode_query(texts))]
    return min(float(cosines(*pair).min()) for pair in pairs)


@pytest.mark.slow
def test_a_build_measures_once(built: tuple[Settings, Encoder]) -> None:
    """The first build on a machine measures every way of running the model and keeps that; the next one reads it."""
    settings, encoder = built
    (folder,) = encoder_folders(settings.index_dir)
    known = read_measurements(folder)
    assert known is not None
    assert {each.way.runtime for each in known.measured} == {"torch", "openvino"}
    best = best_for_building(known.measured)
    assert (encoder.runtime, encoder.precision, encoder.texts_per_second) == (
        *(best.way.runtime, best.way.precision),
        best.texts_per_second,
    )
    before = (folder / MEASUREMENTS).stat().st_mtime_ns
    again = load_encoder(settings, "building")
    assert (again.runtime, again.precision) == (encoder.runtime, encoder.precision)
    assert (folder / MEASUREMENTS).stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_search_needs_no_torch(built: tuple[Settings, Encoder], original: Encoder) -> None:
    """Where a build has converted the model, queries are embedded without the packages that take seconds to import."""
    code = (
        "import json, sys; from pathlib import Path\n"
        "from indexer.config import Settings; from indexer.embedder import load_encoder\n"
        "encoder = load_encoder(Settings(index_dir=Path(sys.argv[1])), 'serving')\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)\n"
        "print(json.dumps([encoder.runtime, sorted(heavy), encoder.encode_query(['late minutes']).tolist()]))"
    )
    command = [sys.executable, "-c", code, str(built[0].index_dir)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    runtime, heavy, vectors = json.loads(ran.stdout)
    assert (runtime, heavy) == ("openvino", [])
    assert cosines(np.array(vectors, dtype=np.float32), original.encode_query(["late minutes"])).min() > 0.999


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "least"), [("float32", 0.999), ("bfloat16", 0.995)])
def test_both_runtimes_give_the_same_vectors(
    precision: Precision, least: float, built: tuple[Settings, Encoder], original: Encoder
) -> None:
    """OpenVINO's vectors of texts and queries, odd ones too, are those of PyTorch in float32, up to the precision."""
    if precision not in OpenVinoRuntime.precisions():
        pytest.skip("this processor does not have it")
    model = ModelSettings(runtime="openvino", precision=precision)
    encoder = load_encoder(built[0].model_copy(update={"model": model}))
    assert (encoder.runtime, encoder.precision) == ("openvino", precision)
    assert agree(encoder, original) >= least
    assert (encoder.head is None, encoder.subject is None) == (original.head is None, original.subject is None)


@pytest.mark.slow
def test_what_was_measured_elsewhere_is_not_gone_by(built: tuple[Settings, Encoder], tmp_path: Path) -> None:
    """A search goes by what was measured on its own machine, with its own settings, and by nothing else."""
    (folder,) = encoder_folders(built[0].index_dir)
    copy = tmp_path / folder.name
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).hardlink_to(file)
    settings = Settings(index_dir=tmp_path)
    known = read_measurements(folder)
    assert known is not None
    (copy / MEASUREMENTS).unlink()
    quick = measured("torch", "float32", 1e6, 0.001)
    write_measurements(copy, Measurements(circumstances=known.circumstances, measured=(quick,)))
    assert load_encoder(settings).runtime == "torch"
    write_measurements(copy, Measurements(circumstances="another machine", measured=(quick,)))
    elsewhere = load_encoder(settings)
    assert (elsewhere.runtime, elsewhere.precision, elsewhere.texts_per_second) == ("openvino", "float32", None)


@pytest.mark.slow
def test_a_damaged_conversion_is_made_anew(built: tuple[Settings, Encoder], original: Encoder, tmp_path: Path) -> None:
    """Where the converted model is not whole a service converts it again, and what was measured stays."""
    (folder,) = encoder_folders(built[0].index_dir)
    copy = tmp_path / folder.name
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    whole = (copy / WEIGHTS).read_bytes()
    (copy / WEIGHTS).write_bytes(whole[:-1000] + bytes(1000))
    assert read_converted(copy) is None
    settings = Settings(index_dir=tmp_path)
    reading = load_encoder(settings.model_copy(update={"model": ModelSettings(precision="float32")}))
    assert (reading.runtime, read_converted(copy)) == ("torch", None)
    serving = load_encoder(settings, "serving")
    assert serving.runtime == "openvino"
    assert agree(serving, original) >= 0.995
    assert read_converted(copy) is not None
    assert read_measurements(copy) == read_measurements(folder)
    assert encoder_folders(tmp_path) == [copy]


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_to_is_no_hindrance(tmp_path: Path) -> None:
    """A service whose converted model has no place runs the original, or a conversion of its own if it must."""
    nowhere = Settings(index_dir=tmp_path / "missing" / "index")
    assert load_encoder(nowhere, "serving").runtime == "torch"
    must = nowhere.model_copy(update={"model": ModelSettings(runtime="openvino")})
    encoder = load_encoder(must, "serving")
    assert (encoder.runtime, encoder.encode_query(["late"]).shape) == ("openvino", (1, encoder.dimension))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_the_processor_cannot_do_is_refused(
    built: tuple[Settings, Encoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """bfloat16 is not run by OpenVINO on a processor without it; where the runtime is free, PyTorch does it."""
    monkeypatch.setattr(OpenVinoRuntime, "precisions", staticmethod(lambda: ("float32",)))
    asked = ModelSettings(precision="bfloat16", batch_size=31)  # under these settings nothing was measured
    encoder = load_encoder(built[0].model_copy(update={"model": asked}))
    assert (encoder.runtime, encoder.precision) == ("torch", "bfloat16")
    must = asked.model_copy(update={"runtime": "openvino"})
    with pytest.raises(ConfigError, match=r"model\.precision"):
        load_encoder(built[0].model_copy(update={"model": must}))


# ---------------------------------------------------------------------------------------------- other models


def a_transformer(folder: Path, prompts: Mapping[str, str]) -> Path:
    """A small model of random weights, pooled by its first token, with another layer at its end."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted({word for text in TEXTS for word in text.lower().split()})]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,  # so that texts come out unlike each other
    )
    BertModel(config).save_pretrained(folder / "bert")
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)  # type: ignore[no-untyped-call]
    fast.save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=64)
    modules = [transformer, Pooling(32, pooling_mode="cls"), Dense(32, 16)]
    SentenceTransformer(modules=modules, prompts=dict(prompts), device="cpu").save(str(folder / "model"))
    return folder / "model"


@pytest.mark.slow
def test_models_of_other_kinds_are_converted(tmp_path: Path) -> None:
    """Other pooling, further layers, prompts and full weights come along: queries and passages are told apart."""
    path = a_transformer(tmp_path, {"query": "late: ", "document": "plans and minutes: "})
    plain = load_encoder(Settings(model=ModelSettings(path=path, runtime="torch", precision="float32", device="cpu")))
    settings = Settings(index_dir=tmp_path, model=ModelSettings(path=path, runtime="openvino", precision="float32"))
    converted = load_encoder(settings)
    assert (converted.runtime, converted.dimension) == ("openvino", 16)
    assert agree(converted, plain) >= 0.999
    passages = converted.encode(TEXTS)
    for unlike in (passages[::-1], converted.encode_query(TEXTS)):
        assert np.median(cosines(passages, unlike)) < 0.9


@pytest.mark.slow
def test_a_model_that_cannot_be_converted_is_left_to_torch(tmp_path: Path) -> None:
    """A model without a transformer runs by PyTorch, and asking for OpenVINO says that this model cannot."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "late": 1}, "[UNK]"))
    path = tmp_path / "model"
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(str(path))
    settings = Settings(index_dir=tmp_path, model=ModelSettings(path=path))
    encoder = load_encoder(settings, "building")
    assert (encoder.runtime, encoder.encode(["late"]).shape) == ("torch", (1, 8))
    assert load_encoder(settings, "serving").runtime == "torch"
    must = settings.model_copy(update={"model": ModelSettings(path=path, runtime="openvino")})
    with pytest.raises(ConfigError, match="cannot be converted"):
        choose_runtime(must, path, encoder.sha256, "reading")
