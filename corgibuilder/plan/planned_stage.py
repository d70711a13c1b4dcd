"""One stage in its place: folded, with a requantiser, and the words that reach it."""

from collections.abc import Iterator
from dataclasses import dataclass

from .area import AreaModel
from .components import BufferConfig, ComponentConfig, GearboxConfig, QueueConfig, RequantiserConfig
from .delays import DelayModel, Path
from .folding import ceil_div, words_of
from .kinds import FoldedStage
from .kinds.windowed import FRAMES, MAX_BUFFER_BITS
from .layers import Layer
from .limits import SIZE_BITS
from .regroup import hops
from .requantisers import Form
from .resources import Resources, size_queue

BUFFER_CYCLES = 1  #: of the buffer at the end of a stage
PART_CYCLES = 2  #: from a word to the next component, at most, where no registers are declared
MAPS_AT_ONCE = 2  #: in a stage: one comes and one is read
MORE_MAPS = 2  #: where the line buffer may hold a whole one
TINY_FRAMES = 4096  #: words that any queue may hold: many frames of tiny maps are under way


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One stage in its place.

    Parameters
    ----------
    folded
        The layer and how it is folded.
    form
        What the requantiser does, or ``None`` where there is none.
    lanes
        For each input the values in a word that arrives: channels of a pixel, or whole pixels.
    fifos
        For each input the words of the queue in front of it, as wide as those that arrive or as
        those that the stage works on, whichever are wider; 0 for none.
    """

    folded: FoldedStage
    form: Form | None
    lanes: tuple[int, ...]
    fifos: tuple[int, ...]

    @property
    def layer(self) -> Layer:
        return self.folded.layer

    @property
    def ports(self) -> range:
        """Numbers of the inputs."""
        return range(len(self.layer.inputs))

    def input_words(self, port: int) -> int:
        """Words of a frame that reach an input."""
        return self.words_of(port, self.layer.inputs[port].shape.pixels)

    def words_of(self, port: int, pixels: int) -> int:
        """Words that carry so many pixels, as the stage counts them."""
        count = self.layer.input_pixels
        return words_of(pixels * count, self._pixel_channels(port), self.lanes[port])

    def _pixel_channels(self, port: int) -> int:
        return self.layer.inputs[port].shape.channels // self.layer.input_pixels

    def queue(self, port: int) -> QueueConfig | None:
        """The queue in front of an input; where words are wide, it holds the fewest."""
        if not self.fifos[port]:
            return None
        lanes = max(self.lanes[port], self.folded.input_lanes(port))
        return QueueConfig(x=self.layer.inputs[port].range, lanes=lanes, depth=self.fifos[port])

    @property
    def queue_bits(self) -> int:
        """Bits of the queues in front of the inputs."""
        queues = (self.queue(port) for port in self.ports)
        return sum(queue.bits for queue in queues if queue)

    def queue_words(self, port: int, pixels: int) -> int:
        """Words of the queue that carry so many pixels."""
        worked_on = self.folded.input_lanes(port)
        if worked_on < self.lanes[port]:
            return self.words_of(port, pixels)
        return pixels * ceil_div(self.layer.inputs[port].shape.channels, worked_on)

    def regroups(self, port: int) -> bool:
        """Whether the words that arrive are not those that the stage works on."""
        return self.lanes[port] != self.folded.input_lanes(port)

    def input_components(self, port: int) -> Iterator[ComponentConfig]:
        """What stands in front of an input: a queue, and gearboxes."""
        x, worked_on = self.layer.inputs[port], self.folded.input_lanes(port)
        queue = self.queue(port)
        if queue and self.lanes[port] > worked_on:
            yield queue
        found = hops(
            pixel=self._pixel_channels(port),
            lanes=self.lanes[port],
            unit=x.shape.channels,
            out_lanes=worked_on,
        )
        for number, (channels, before, after) in enumerate(found):
            name = f"gearbox_{number}" if number else "gearbox"
            yield GearboxConfig(
                x=x.range, channels=channels, in_lanes=before, out_lanes=after, name=name
            )
        if queue and self.lanes[port] <= worked_on:
            yield queue

    def components(self) -> Iterator[ComponentConfig]:
        """What the stage is made of behind that: from window source to output buffer."""
        yield from self.folded.components()
        yield from self._output_components()

    def _output_components(self) -> Iterator[ComponentConfig]:
        layer, lanes = self.layer, self.folded.folding.lanes
        if self.form is not None:
            yield RequantiserConfig(
                form=self.form,
                acc=layer.acc.range,
                out=layer.out.range,
                channels=layer.acc.shape.channels,
                lanes=lanes,
            )
        yield BufferConfig(x=layer.out.range, lanes=lanes)

    @property
    def all_components(self) -> tuple[ComponentConfig, ...]:
        """Those in front of the inputs, then the others."""
        before = (each for port in self.ports for each in self.input_components(port))
        return (*before, *self.components())

    def paths(self, delays: DelayModel) -> Iterator[Path]:
        """The longest paths of its components, behind the registers of the stages before."""
        first, *others = (list(self.input_components(port)) for port in self.ports)
        for row in ([*first, *self.components()], *others):
            arrival = delays.register
            for component in row:
                yield from component.paths(delays, arrival)
                arrival = component.departure(delays, arrival)

    def area(self, areas: AreaModel, *, resizable: bool) -> float:
        """Area, estimated without a look at every weight."""
        inner = folded_area(self.folded, areas, resizable=resizable)
        sizes = areas.logic(self._size_queues()) if resizable else 0.0
        return inner + self.outer_area(areas, resizable=resizable) + sizes

    def _size_queues(self) -> Resources:
        """What holds the sizes of maps, for its components and for the next stage."""
        held, shape = self.sizes_held(self.folded.frame_cycles), self.layer.x.shape
        sides = shape.width.bit_length() + shape.height.bit_length()
        readers = sum(each.sizes for each in self.all_components)
        return size_queue(held, sides) * readers + size_queue(held, 2 * SIZE_BITS)

    def outer_area(self, areas: AreaModel, *, resizable: bool) -> float:
        """Area of what stands before and behind the folded layer."""
        inputs = (each for port in self.ports for each in self.input_components(port))
        return areas.of((*inputs, *self._output_components()), resizable=resizable)

    @property
    def size_port(self) -> int:
        """The input that says how large the maps are: the one whose maps wait the shortest."""
        return min(self.ports, key=self._maps_queued)

    def _maps_queued(self, port: int) -> int:
        pixels = self.layer.inputs[port].shape.pixels
        return ceil_div(self.fifos[port], self.queue_words(port, pixels))

    def sizes_held(self, interval: int) -> int:
        """Sizes of maps that wait in the stage, at most, of maps ``interval`` cycles apart.

        They are ahead of the maps, so these are all that are under way in the stage: in queues, in
        the line buffer, and, where they are tiny, in the registers behind it. Smaller maps than
        the stage is built for may be closer together: they wait until there is room for sizes.
        """
        in_line_buffer = MAPS_AT_ONCE + (MORE_MAPS if self.folded.whole_map_fits else 0)
        parts = (part for component in self.all_components for part in component.parts(0))
        cycles = sum(part.parameters.get("registers", PART_CYCLES) for part in parts)
        return self._maps_queued(self.size_port) + in_line_buffer + (cycles - 1) // interval

    @property
    def behind(self) -> int:
        """Cycles from an accumulator to the stage's output."""
        return (self.form.latency if self.form else 0) + BUFFER_CYCLES


def most_queued(layer: Layer, port: int, lanes: int = 1) -> int:
    """Words of so many lanes that a queue may hold: all that can ever wait, if that fits."""
    x = layer.inputs[port]
    waiting = max(FRAMES * x.shape.size, TINY_FRAMES)
    return min(waiting, MAX_BUFFER_BITS // (x.range.width * lanes))


def folded_area(stage: FoldedStage, areas: AreaModel, *, resizable: bool) -> float:
    """Area of a folded layer, from window source to accumulators."""
    memories = sum(map(areas.memory, stage.memories()))
    return areas.logic(stage.logic(resizable)) + memories
