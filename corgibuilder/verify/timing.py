"""Cycles as measured next to cycles as planned, and whether the plan was kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corgibuilder.build_directory import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Figures of the output that ends last, in cycles.

    Cycles per frame are the average distance of the last words of frames of one size that follow
    each other without stalls, in steady state if there were frames enough, or the last of
    these distances where that is longer. Latencies are those of frame 0 from its first input word,
    at whichever input, to the first and to the last output word. What was not seen without stalls
    is ``None``; so is what was not planned: frames of another size than the built one, or words
    that come more slowly than they are taken. ``target_cycles`` is what the frame rate that was
    asked for leaves a frame, at the built size. Without ``steady`` there were too few
    frames for the steady state, and their distance may be above the planned one.
    """

    cycles_per_frame: int | None
    latency_first: int | None
    latency_frame: int | None
    planned_cycles_per_frame: int | None
    planned_latency_first: int | None
    planned_latency_frame: int | None
    target_cycles: int | None
    steady: bool

    @property
    def faults(self) -> tuple[str, ...]:
        """One sentence for each figure that is above the planned one."""
        faults = []
        measured = self.cycles_per_frame if self.steady else None
        planned, target = self.planned_cycles_per_frame, self.target_cycles
        if measured is not None and target is not None and measured > target:
            faults.append(
                f"a frame takes {measured:,} cycles, the frame rate that was asked for leaves"
                f" {target:,} and the plan says {planned:,}; plan for a higher --fps, which gives"
                " the slow stage more hardware"
            )
        elif measured is not None and planned is not None and measured > planned:
            faults.append(
                f"a frame takes {measured:,} cycles and the plan says {planned:,}; it still keeps"
                " the frame rate that was asked for, but plan for a higher --fps to be sure"
            )
        for what, late, early in (
            ("first", self.latency_first, self.planned_latency_first),
            ("last", self.latency_frame, self.planned_latency_frame),
        ):
            if late is not None and early is not None and late > early:
                faults.append(
                    f"the {what} word of a frame comes {late:,} cycles after its first pixel and"
                    f" the plan says {early:,}; if you need that latency, plan with a --latency"
                    f" {late - early:,} cycles shorter"
                )
        return tuple(faults)


def read_timing(
    instance: Mapping[str, Any],
    verdict: Mapping[str, Any],
    unit: Unit,
    target_cycles: int,
) -> Timing:
    """What an instance of ``unit`` did in the frames without stalls.

    ``instance`` is that of ``bench.json``, ``verdict`` that of ``verdict.json``.
    """
    calm = instance["calm_frames"]
    shapes = [tuple(shape) for shape in instance["frame_shapes"][:calm]]
    outputs = zip(instance["outputs"], verdict["outputs"], strict=True)
    ended = [found["frame_cycles"] for port, found in outputs if not port["sizes"]]
    slowest: Sequence[Sequence[int]] = max(
        (spans for spans in ended if spans), key=lambda spans: spans[0][1], default=[]
    )
    spans = slowest[:calm]
    interval, size, steady = _interval([end for _, end in spans], shapes, unit)
    planned = instance["interval"] == 1
    latency_planned = planned and shapes[:1] == [unit.inputs[0].shape]
    interval_planned = planned and size == unit.inputs[0].shape
    start = verdict["frame_starts"][0] if spans else 0
    return Timing(
        cycles_per_frame=interval,
        latency_first=spans[0][0] - start if spans else None,
        latency_frame=spans[0][1] - start if spans else None,
        planned_cycles_per_frame=unit.cycles_per_frame if interval_planned else None,
        planned_latency_first=unit.latency_first if latency_planned else None,
        planned_latency_frame=unit.latency_frame if latency_planned else None,
        target_cycles=target_cycles if interval_planned else None,
        steady=steady,
    )


def frames_before_measuring(unit: Unit) -> int:
    """Frames that begin before the first one ends, or those of the warm-up if they are more."""
    return max(unit.latency_frame // unit.cycles_per_frame, unit.warm_up_frames)


def _interval(
    ends: Sequence[int], shapes: Sequence[tuple[int, ...]], unit: Unit
) -> tuple[int | None, tuple[int, ...] | None, bool]:
    """Cycles per frame, rounded up, of the last frames of one size that ended, and that size.

    Then whether they are those of the steady state. Buffers fill during the first frames: those of
    :func:`frames_before_measuring`, or half of all. The average alone would hide a stage that keeps
    up only as long as a buffer before it fills. The last frame has none behind it, or one of
    another size, which changes who gets a memory of one port when: it counts only where too few
    come before it, and these are not steady.
    """
    last = len(ends) - 1
    first = last
    while first > 0 and shapes[first - 1] == shapes[last]:
        first -= 1
    if first == last or last < 0:
        return None, None, False
    filled = first + frames_before_measuring(unit)
    steady = filled < last - 1
    if steady:
        last -= 1
    first = min(max(filled, (first + last) // 2), last - 1)
    average = -(-(ends[last] - ends[first]) // (last - first))
    return max(average, ends[last] - ends[last - 1]), shapes[last], steady
