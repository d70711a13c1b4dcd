"""Compiles ``model.cpp``, loads it, and evaluates arrays. Needs numpy and a C++ compiler only."""

import ctypes
import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

COMPILERS = ("c++", "g++", "clang++")  #: after the one in the environment variable CXX
FLAGS = ("-O3", "-std=c++17", "-pthread", "-shared", "-fPIC", "-DCORGI_LIBRARY")
LIMIT_SECONDS = 600  #: for the compiler


class ModelError(Exception):
    """``problem`` in one sentence, and in ``remedy`` what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


class Entry(NamedTuple):
    """An input: its name, and its channels and integers."""

    name: str
    channels: int
    dtype: np.dtype[Any]
    lowest: int
    highest: int


class Library:
    """The network of one ``model.cpp``, compiled when first used and kept beside it.

    Parameters
    ----------
    source
        ``model.cpp``.
    threads
        That work on a frame; by default one for each processor.
    flags
        For the compiler. The default makes it use all instructions of this machine.

    Members
    -------
    inputs
        :class:`Entry` of each input.
    outputs
        Name, channels and dtype of each output.
    """

    def __init__(
        self, source: Path, threads: int | None = None, flags: tuple[str, ...] = ("-march=native",)
    ) -> None:
        self._arguments = source, threads, flags
        self._library = _load(compiled(source, flags))
        described = json.loads(self._library.corgi_describe())
        self.inputs = tuple(
            Entry(**entry | {"dtype": np.dtype(entry["dtype"])}) for entry in described["inputs"]
        )
        self.outputs = tuple(
            (o["name"], o["channels"], np.dtype(o["dtype"])) for o in described["outputs"]
        )
        self._model = ctypes.c_void_p(self._library.corgi_open(threads or os.cpu_count() or 1))

    def __call__(self, *frames: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Every output, by name, ``(frames, channels, rows, columns)``, as views of NHWC memory.

        ``frames`` is ``(frames, channels, rows, columns)`` of any integer type, for each of
        ``inputs`` in turn.
        """
        entering = self._checked(frames)
        numbers = [side for maps in entering for side in maps.shape[2:]]
        given = (ctypes.c_int * len(numbers))(*numbers)
        sizes = (ctypes.c_int * (2 * len(self.outputs)))()
        self._check(self._library.corgi_sizes(self._model, given, sizes))
        results = [
            np.empty((len(entering[0]), sizes[2 * i], sizes[2 * i + 1], channels), dtype)
            for i, (_, channels, dtype) in enumerate(self.outputs)
        ]
        for number in range(len(entering[0])):
            maps = _places(each[number] for each in entering)
            places = _places(result[number] for result in results)
            self._check(self._library.corgi_run(self._model, given, maps, 1, places))
        return {
            name: result.transpose(0, 3, 1, 2)
            for (name, _, _), result in zip(self.outputs, results, strict=True)
        }

    def __del__(self) -> None:
        if hasattr(self, "_model"):
            self._library.corgi_close(self._model)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._arguments

    def _checked(self, frames: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """The frames of every input in the type and memory order of the library."""
        if len(frames) != len(self.inputs):
            names = ", ".join(entry.name for entry in self.inputs)
            raise ModelError(
                f"{len(frames)} arrays are given for {len(self.inputs)} inputs",
                f"give one for each of {names}, in this order",
            )
        if len({len(maps) for maps in frames if maps.ndim}) > 1:
            raise ModelError(
                f"inputs have {' and '.join(str(len(maps)) for maps in frames)} frames",
                "give as many for every input",
            )
        several = len(self.inputs) > 1
        return [
            _fitting(entry, maps, f" at input {entry.name}" if several else "")
            for entry, maps in zip(self.inputs, frames, strict=True)
        ]

    def _check(self, status: int) -> None:
        if status:
            fault = self._library.corgi_fault(self._model).decode()
            raise ModelError(fault, "give other frames")


def _fitting(entry: Entry, frames: NDArray[Any], at: str) -> NDArray[Any]:
    """``frames`` as one input takes them; ``at`` names it in faults, if there are several."""
    if frames.ndim != 4 or frames.shape[1] != entry.channels:
        raise ModelError(
            f"frames are shaped {frames.shape}{at}",
            f"give (frames, {entry.channels}, rows, columns)",
        )
    if not np.issubdtype(frames.dtype, np.integer):
        raise ModelError(
            f"frames are {frames.dtype}{at}",
            f"give the integers that the network was trained on, {entry.dtype}",
        )
    if frames.size and frames.dtype != entry.dtype:
        low, high = int(frames.min()), int(frames.max())
        if low < entry.lowest or high > entry.highest:
            raise ModelError(
                f"values are {low}..{high}{at}", f"give values in {entry.lowest}..{entry.highest}"
            )
    return np.ascontiguousarray(frames, entry.dtype)


def _places(arrays: Iterable[NDArray[Any]]) -> "ctypes.Array[ctypes.c_void_p]":
    """Where the values of each array begin."""
    places = [array.ctypes.data for array in arrays]
    return (ctypes.c_void_p * len(places))(*places)


def compiled(source: Path, flags: tuple[str, ...] = ("-march=native",)) -> Path:
    """Shared library of ``source``: beside it, or in a temporary folder where that is not allowed.

    It is compiled when there is none yet for this text, compiler, machine and these ``flags``.
    """
    if not source.is_file():
        raise ModelError(f"{source} does not exist", "build the network, or give another path")
    compiler = find_compiler()
    key = hashlib.sha256(source.read_bytes())
    key.update(" ".join((compiler, *FLAGS, *flags, platform.machine(), _processor())).encode())
    name = f".{source.stem}-{key.hexdigest()[:16]}.so"
    for folder in (source.parent, Path(tempfile.gettempdir()) / f"corgi-models-{os.getuid()}"):
        if (folder / name).is_file():
            return folder / name
    folder = source.parent if os.access(source.parent, os.W_OK) else folder
    folder.mkdir(mode=0o700, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(suffix=".so", dir=folder)
    os.close(handle)
    try:
        _compile(compiler, source, Path(unfinished), flags)
        Path(unfinished).replace(folder / name)
    finally:
        Path(unfinished).unlink(missing_ok=True)
    return folder / name


def find_compiler() -> str:
    """Path of the C++ compiler of this machine."""
    wanted = os.environ.get("CXX")
    for command in (wanted,) if wanted else COMPILERS:
        path = shutil.which(command)
        if path:
            return path
    raise ModelError(
        f"there is no C++ compiler: none of {wanted or ', '.join(COMPILERS)} is found",
        "install g++ or clang++, or name yours in the environment variable CXX",
    )


def _compile(compiler: str, source: Path, target: Path, flags: tuple[str, ...]) -> None:
    command = [compiler, *FLAGS, *flags, str(source), "-o", str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    except (subprocess.TimeoutExpired, OSError) as fault:
        raise ModelError(f"the C++ compiler failed: {fault}", "try another one, in CXX") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it says nothing"]
        line = next((line for line in lines if "error" in line), lines[0])
        raise ModelError(
            f"the C++ compiler failed: {line}", "use g++ 9 or clang++ 10, or later, through CXX"
        )


def _processor() -> str:
    """Whatever tells this processor from one with other instructions."""
    described = Path("/proc/cpuinfo")
    if not described.is_file():
        return platform.processor()
    lines = described.read_text().splitlines()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _load(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.corgi_describe.restype = ctypes.c_char_p
    library.corgi_fault.restype = ctypes.c_char_p
    library.corgi_open.restype = ctypes.c_void_p
    return library
