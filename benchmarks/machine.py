"""The machine that figures were taken on, as a reader needs it to judge them; nothing that names or finds it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CPU_INFO: Final = Path("/proc/cpuinfo")

WIDE: Final = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")
"""Instructions that decide how fast a model and a vector index run."""

PACKAGES: Final = ("torch", "sentence-transformers", "openvino", "faiss-cpu", "numpy", "uvicorn", "txtai")
"""Packages whose versions decide the figures; those that are not installed are left out."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures depend on."""

    processor: str
    cores: int
    """Processors that the operating system shows."""
    memory_gb: float
    instructions: tuple[str, ...]
    """Of `WIDE`, those the processor has."""
    system: str
    python: str
    packages: tuple[tuple[str, str], ...]
    """Name and version."""

    def described(self) -> str:
        """All of it in two sentences."""
        wide = ", ".join(self.instructions) or "none of " + ", ".join(WIDE)
        packages = ", ".join(f"{name} {version}" for name, version in self.packages)
        return (
            f"{self.processor}, {self.cores} cores ({wide}), {self.memory_gb:.0f} GB of memory, {self.system}."
            f" Python {self.python}, {packages}."
        )


def this_machine(cpu_info: Path = CPU_INFO) -> Machine:
    """The machine this runs on."""
    text = cpu_info.read_text(encoding="utf-8", errors="replace") if cpu_info.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    held = set(flags[1].split()) if flags else set()
    return Machine(
        processor=model[1].strip() if model else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gb=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30,
        instructions=tuple(name for name in WIDE if name in held),
        system=platform.system(),
        python=platform.python_version(),
        packages=tuple((name, version) for name in PACKAGES if (version := _version(name))),
    )


def memory_mb(session: int) -> float:
    """Memory of all processes of a session, in MB; of pages that processes share each counts its part (PSS).

    Args:
        session: the number of the process that began it, and with it of the session.
    """
    return sum(own_memory_mb(process) for process in _processes() if _session(process) == session)


def own_memory_mb(process: int) -> float:
    """Memory of one process, in MB (PSS); 0 once it has ended."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]


def _session(process: int) -> int:
    try:
        return os.getsid(process)
    except ProcessLookupError:
        return 0


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name).split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""
