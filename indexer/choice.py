"""Which runtime and precision run the model: as the settings say, and where they leave it open, the best here.

A build wants most texts a second, a search the soonest answer to one. Both are measured once for a machine, at its
first build, and kept with the converted model beside the index (`conversion`). A program that only searches measures
nothing: where nothing is known of its machine it runs the converted model in float32, which any machine can.
"""

from __future__ import annotations

import logging
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from indexer.config import ModelSettings, Settings
from indexer.conversion import convert, encoder_folder, remove_others
from indexer.errors import ConfigError
from indexer.probe import (
    TEXTS,
    Measured,
    Measurements,
    Way,
    best_for_building,
    best_for_serving,
    machine,
    measure,
    read_measurements,
    sample,
    write_measurements,
)
from indexer.runtimes import Converted, Device, OpenVinoRuntime, Precision, Runtime, TorchRuntime, read_converted

logger = logging.getLogger(__name__)

Purpose = Literal["building", "serving", "reading"]
"""What an encoder is for: many texts, or one at a time. One for reading alone leaves the index folder as it is."""

_PLAIN = Way(runtime="torch", device="cpu", precision="float32")
"""What every other way of running a model is compared with."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A runtime, and for a build how many texts a second it was measured to embed, if it was."""

    runtime: Runtime
    texts_per_second: float | None = None


class _Kept(NamedTuple):
    """A converted model and where it lies."""

    folder: Path
    facts: Converted


def choose_runtime(settings: Settings, model: Path, weights_sha256: str, purpose: Purpose) -> Chosen:
    """The runtime for the model in a folder.

    Raises:
        ConfigError: the model cannot be loaded, or cannot be run as the settings ask.
        OSError: a build cannot write to the index folder.
    """
    asked = settings.model
    if asked.runtime == "openvino" and asked.device == "cuda":
        raise ConfigError("model.device: 'cuda' cannot be used: model.runtime is openvino; set one of them to auto")
    place = encoder_folder(settings.index_dir, model, weights_sha256)
    with ExitStack() as until_loaded:
        return _Choice(asked, model, place, purpose, until_loaded).chosen()


class _Choice:
    """One choice of a runtime: what its steps share."""

    def __init__(
        self, asked: ModelSettings, model: Path, place: Path, purpose: Purpose, until_loaded: ExitStack
    ) -> None:
        self._asked = asked
        self._model = model
        self._place = place
        self._purpose = purpose
        self._until_loaded = until_loaded
        self._known = read_measurements(place)

    def chosen(self) -> Chosen:
        """The runtime that was or is now measured to be the best of those the settings allow, else the likeliest."""
        many = self._purpose == "building"
        if many and "auto" in (self._asked.runtime, self._asked.precision) and not self._fitting:
            self._measure()
        if fitting := self._fitting:
            best = best_for_building(fitting) if many else best_for_serving(fitting)
            return Chosen(self._open(best.way, many), best.texts_per_second if many else None)
        return Chosen(self._open(self._likeliest(), many))

    # ------------------------------------------------------------------------------------------ measuring

    @property
    def _circumstances(self) -> str:
        return f"{machine()}; device {self._asked.device}, batch_size {self._asked.batch_size}"

    @property
    def _fitting(self) -> list[Measured]:
        """What was measured, under circumstances like these, of the ways that the settings allow."""
        if self._known is None or self._known.circumstances != self._circumstances:
            return []
        runtime, precision = self._asked.runtime, self._asked.precision
        asked = [
            each
            for each in self._known.measured
            if runtime in ("auto", each.way.runtime) and precision in ("auto", each.way.precision)
        ]
        # What was measured of OpenVINO is of no use where the converted model is gone and may not be made anew.
        return [each for each in asked if each.way.runtime == "torch" or self._converted is not None]

    def _measure(self) -> None:
        """Measure every way of running the model on this machine, and keep what was measured."""
        texts, measured = sample(self._original), []
        expected = self._original.run(texts, query=False)
        for way in self._ways():
            try:
                many = self._open(way, many=True)
                few = self._open(way, many=False) if way.runtime == "openvino" else many
                measured.append(measure(way, many, few, texts, expected))
            except (ConfigError, RuntimeError) as error:  # the plain way is left
                logger.info("%s %s on the %s cannot be used: %s", way.runtime, way.precision, way.device, error)
        self._known = Measurements(circumstances=self._circumstances, measured=tuple(measured))
        self._place.mkdir(exist_ok=True)
        write_measurements(self._place, self._known)

    def _ways(self) -> list[Way]:
        """Every way there is here of running the model; those that are slow for certain are left out."""
        import torch

        ways = [] if self._asked.device == "cuda" else [_PLAIN]
        if ways and _cpu_has_bfloat16():
            ways.append(Way(runtime="torch", device="cpu", precision="bfloat16"))
        if ways and self._converted is not None:
            able = OpenVinoRuntime.precisions()
            ways += [Way(runtime="openvino", device="cpu", precision=precision) for precision in able]
        if _torch_device(self._asked) == "cuda":
            ways.append(Way(runtime="torch", device="cuda", precision="float32"))
            if torch.cuda.is_bf16_supported():
                ways.append(Way(runtime="torch", device="cuda", precision="bfloat16"))
        return ways

    # ------------------------------------------------------------------------------------------ opening

    def _likeliest(self) -> Way:
        """The way to run the model where none was measured."""
        asked = self._asked
        if asked.runtime == "openvino" or (asked.runtime == "auto" and self._openvino_does()):
            plain: Precision = "float32"
            return Way(
                runtime="openvino", device="cpu", precision=plain if asked.precision == "auto" else asked.precision
            )
        device = _torch_device(asked)
        # For one text at a time bfloat16 is no gain on a CPU.
        many = self._purpose != "serving" or device == "cuda"
        likely: Precision = "bfloat16" if many and _has_bfloat16(device) else "float32"
        return Way(runtime="torch", device=device, precision=likely if asked.precision == "auto" else asked.precision)

    def _openvino_does(self) -> bool:
        """Whether OpenVINO runs this model with the device and the precision asked for."""
        asked = self._asked
        if asked.device == "cuda" or self._converted is None:
            return False
        return asked.precision == "auto" or asked.precision in OpenVinoRuntime.precisions()

    def _open(self, way: Way, many: bool) -> Runtime:
        batch_size = self._asked.batch_size
        if way == _PLAIN:
            return self._original
        if way.runtime == "torch":
            return TorchRuntime.load(self._model, way.device, way.precision, batch_size)
        if way.precision not in OpenVinoRuntime.precisions():
            raise ConfigError(
                f"model.precision: {way.precision!r} cannot be used: OpenVINO has it only on processors that multiply"
                " it in hardware; set it to auto or float32, or model.runtime to torch"
            )
        if self._converted is None:
            raise ConfigError(
                f"model.runtime: 'openvino' cannot be used: the model in {self._model} cannot be converted to it; set"
                " it to auto or torch"
            )
        return OpenVinoRuntime(*self._converted, way.precision, batch_size, many)

    @cached_property
    def _original(self) -> TorchRuntime:
        """The model as PyTorch runs it in float32."""
        return TorchRuntime.load(self._model, "cpu", "float32", self._asked.batch_size)

    @cached_property
    def _converted(self) -> _Kept | None:
        """The converted model, made anew where it is missing and may be kept, or nothing else will do."""
        if facts := read_converted(self._place):
            return _Kept(self._place, facts)
        place, must = self._place, self._asked.runtime == "openvino"
        if self._purpose != "reading":
            try:
                return self._convert(place)
            except OSError as error:
                if self._purpose == "building":
                    raise
                logger.warning("the model cannot be kept converted in %s: %s", place.parent, error.strerror or error)
        if not must:
            return None
        return self._convert(Path(self._until_loaded.enter_context(tempfile.TemporaryDirectory())) / place.name)

    def _convert(self, place: Path) -> _Kept | None:
        facts = convert(self._original, place, TEXTS)
        if self._purpose == "building":
            remove_others(place)
        if facts is not None and self._known is not None:
            write_measurements(place, self._known)
        return _Kept(place, facts) if facts is not None else None


def _torch_device(asked: ModelSettings) -> Device:
    import torch

    if asked.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("model.device: 'cuda' cannot be used: torch finds no GPU; set it to auto or cpu")
    if asked.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return asked.device


def _has_bfloat16(device: Device) -> bool:
    import torch

    return bool(torch.cuda.is_bf16_supported()) if device == "cuda" else _cpu_has_bfloat16()


def _cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware; elsewhere it is far slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(flags)
