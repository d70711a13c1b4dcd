"""The model of a build directory, for those who have corgibuilder at hand."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from corgibuilder.diagnostics import CompileError, Origin

from .runtime import Library, ModelError

SOURCE = "model.cpp"
NATIVE = ("-march=native",)  #: all instructions of this machine


class Model:
    """Evaluates the integer network of a ``model.cpp``, or of the folder that holds one.

    ``model(frames)`` takes integers ``(frames, channels, rows, columns)`` of any size that the
    network takes, an array for each input, and returns each output by name, shaped alike. The
    source is compiled when first used and the result kept beside it. Raises :class:`CompileError`
    (CB801: it cannot be compiled, CB802: not frames of this network). ``flags`` are for the
    compiler; without any the result runs on every machine of this kind.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        threads: int | None = None,
        flags: tuple[str, ...] = NATIVE,
    ) -> None:
        self._source = Path(path) / SOURCE if Path(path).is_dir() else Path(path)
        try:
            self.library = Library(self._source, threads, flags)
        except ModelError as fault:
            raise self._error("CB801", fault) from None

    def __call__(self, *frames: NDArray[Any]) -> dict[str, NDArray[Any]]:
        try:
            return self.library(*frames)
        except ModelError as fault:
            raise self._error("CB802", fault) from None

    def _error(self, code: str, fault: ModelError) -> CompileError:
        return CompileError(code, fault.problem, at=Origin(str(self._source)), help=fault.remedy)
