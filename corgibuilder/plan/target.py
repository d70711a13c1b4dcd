"""What the user asks for."""

from dataclasses import dataclass
from fractions import Fraction

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import InputType, Shape

FPS_RANGE = (Fraction(1, 10**6), 10**9)
CLOCK_RANGE = (1, 10**11)  #: in Hz
LATENCY_RANGE = (Fraction(1, 10**9), 1000)  #: in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Frames per second at a clock, and the image size where the network leaves it open.

    Parameters
    ----------
    fps
        Frames per second, above 0.
    clock_hz
        Clock cycles per second, above 0.
    image
        Width and height, or ``None`` for the size in the network's file.
    headroom
        Pixels of the input, of several the largest, that every cycle must be able to take, whatever
        ``fps`` needs.
    latency
        Seconds from a frame's first pixel at any input, into an empty pipeline and offered as fast
        as it is taken, to the first word of the output that ends last; above 0, or ``None`` for
        any.
    input_type
        What enters the network, or ``None`` where its file says that.
    technology
        Name or file of the technology whose costs are minimised and whose delays the clock has to
        leave time for; ``None`` for the generic one.
    """

    fps: Fraction
    clock_hz: int
    image: tuple[int, int] | None = None
    headroom: int | None = None
    latency: Fraction | None = None
    input_type: InputType | None = None
    technology: str | None = None

    def __post_init__(self) -> None:
        if self.fps <= 0 or self.clock_hz <= 0:
            raise CompileError(
                "CB404",
                f"{float(self.fps):g} frames/s at {self.clock_hz} Hz is not a target",
                at=Origin("target"),
                help="give a frame rate and a clock above 0",
            )
        if self.headroom is not None and self.headroom < 1:
            raise CompileError(
                "CB404",
                f"a headroom of {self.headroom} pixels a cycle is not a target",
                at=Origin("target"),
                help="give 1 or more pixels, or no headroom",
            )
        if self.latency is not None and self.latency <= 0:
            raise CompileError(
                "CB404",
                f"a latency of {float(self.latency):g} s is not a target",
                at=Origin("target"),
                help="give a latency above 0, or none",
            )
        self._check_ranges()

    def _check_ranges(self) -> None:
        asked = (
            ("a frame rate", self.fps, FPS_RANGE, " frames/s"),
            ("a clock", self.clock_hz, CLOCK_RANGE, " Hz"),
            ("a latency", self.latency, LATENCY_RANGE, " s"),
        )
        for what, value, (least, most), unit in asked:
            if value is not None and not least <= value <= most:
                raise CompileError(
                    "CB404",
                    f"{what} of {float(value):.3g}{unit} is not a target",
                    at=Origin("target"),
                    help=f"give {float(least):g} to {float(most):g}{unit}",
                )

    @property
    def budget(self) -> int:
        """Whole clock cycles that a frame may take; at least 1."""
        return max(1, self.clock_hz // self.fps)

    @property
    def period_ns(self) -> float:
        """Time of a clock cycle, in ns."""
        return 1e9 / self.clock_hz

    @property
    def latency_cycles(self) -> int | None:
        """Whole clock cycles that the latency may take, if one is asked for."""
        return None if self.latency is None else int(self.latency * self.clock_hz)

    def budget_for(self, shape: Shape) -> int:
        """Whole clock cycles that a frame of ``shape`` may take at the input; at least 1."""
        if self.headroom is None:
            return self.budget
        return max(1, min(self.budget, shape.pixels // self.headroom))
