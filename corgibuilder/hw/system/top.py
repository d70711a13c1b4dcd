"""A whole chip around a network: camera, taps, classifier, link and registers."""

from collections.abc import Callable

from amaranth.hdl import Cat, ClockDomain, Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.gearbox import Gearbox
from corgibuilder.hw.network import output_ports
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import Buffer, Fork, shape_of, word
from corgibuilder.plan.system import SystemPlan
from corgibuilder.plan.system.register_map import FRAMING_FAULTS
from corgibuilder.plan.system.system_plan import LINK_WORDS, QUEUE_WORDS
from corgibuilder.plan.system.tap import tap_of

from .channels import Channels
from .classifier import Classifier
from .multiplexer import link_word
from .registers import Registers
from .spi import Spi
from .tap import tap_layout
from .video import VideoInput

DOMAINS = {"sync": "", "pixel": "pixel_", "link": "link_"}
"""Clock domains of a system, and what the names of their pins ``clk`` and ``rst`` begin with."""

PARTS = {
    "video": ("sync", "pixel"),
    "network": ("sync",),
    "classifier": ("sync",),
    "channels": ("sync", "link"),
    "spi": ("sync",),
    "registers": ("sync",),
}
"""Parts of a system and the clock domains that they are in."""

SPI_INPUTS, SPI_OUTPUTS = ("sck", "cs_n", "mosi"), ("miso", "miso_enable")


def make_part(plan: SystemPlan, part: str) -> wiring.Component:
    """A part of the system, all but the network."""
    match part:
        case "video":
            return VideoInput(pixel_layout(plan), depth=plan.video_words)
        case "classifier":
            return Classifier(plan.classifier, tap_of(plan.pipeline, plan.last.node))
        case "channels":
            depths = [QUEUE_WORDS for _ in plan.taps]
            return Channels(plan.taps, depths=depths, link_depth=LINK_WORDS)
        case "spi":
            return Spi()
        case "registers":
            return Registers(plan.registers, smallest=plan.smallest, largest=plan.largest)
    raise AssertionError(part)


def pixel_layout(plan: SystemPlan):
    """Layout of a pixel, channel 0 in the low bits."""
    pipeline = plan.pipeline
    (entry,) = pipeline.inputs
    kind = pipeline.network.graph.type(entry)
    return word(shape_of(kind.range), kind.shape.channels)


class SystemTop(wiring.Component):
    """A camera's pixels in; the words of all taps and the logits of every frame out.

    The pins of each clock domain are sampled by, and change with, its own clock. Its reset is high
    while it is active, may begin at any time and ends with the clock; all resets begin together.

    Parameters
    ----------
    plan
        What it is built of.
    place
        Makes the component for each of :data:`PARTS`, by name.

    Members
    -------
    clk, rst, pixel_clk, pixel_rst, link_clk, link_rst : :py:`In(1)`
    spi_sck, spi_cs_n, spi_mosi : :py:`In(1)`
    spi_miso, spi_miso_enable : :py:`Out(1)`
        Those of :class:`~corgibuilder.hw.system.spi.Spi`.
    video_valid, video_frame_start, video_line_start : :py:`In(1)`, domain ``pixel``
    video_pixel : :py:`In(bits)`, domain ``pixel``
        Those of :class:`~corgibuilder.hw.system.video.VideoInput`.
    link_valid : :py:`Out(1)`, domain ``link``
    link_ready : :py:`In(1)`, domain ``link``
    link_channel, link_last, link_data : :py:`Out(bits)`, domain ``link``
        Those of :class:`~corgibuilder.hw.system.channels.Channels`.
    """

    def __init__(self, plan: SystemPlan, place: Callable[[str], wiring.Component]):
        self.plan = plan
        self.place = place
        link = link_word([tap_layout(tap) for tap in plan.taps])
        super().__init__({
            **{f"{pre}{pin}": In(1) for pre in DOMAINS.values() for pin in ("clk", "rst")},
            **{f"spi_{pin}": In(1) for pin in SPI_INPUTS},
            **{f"spi_{pin}": Out(1) for pin in SPI_OUTPUTS},
            "video_valid": In(1),
            "video_frame_start": In(1),
            "video_line_start": In(1),
            "video_pixel": In(unsigned(pixel_layout(plan).size)),
            "link_valid": Out(1),
            "link_ready": In(1),
            **{f"link_{name}": Out(unsigned(field.width)) for name, field in link},
        })

    def elaborate(self, platform):
        m = Module()
        parts = {name: self.place(name) for name in PARTS}
        for name, part in parts.items():
            m.submodules[name] = part
        self._clocks(m)
        self._pins(m, parts)
        self._streams(m, parts)
        self._registers(m, parts)
        return m

    def _clocks(self, m):
        for name, prefix in DOMAINS.items():
            domain = ClockDomain(name)
            domain.clk = getattr(self, f"{prefix}clk")
            m.domains += domain
            m.submodules[f"{prefix}reset"] = ResetSynchronizer(
                getattr(self, f"{prefix}rst"), domain=name
            )

    def _pins(self, m, parts):
        video, spi, link = parts["video"], parts["spi"], parts["channels"].o
        m.d.comb += [
            video.valid.eq(self.video_valid),
            video.frame_start.eq(self.video_frame_start),
            video.line_start.eq(self.video_line_start),
            Cat(video.pixel).eq(self.video_pixel),
            self.link_valid.eq(link.valid),
            link.ready.eq(self.link_ready),
        ]
        m.d.comb += [getattr(spi, pin).eq(getattr(self, f"spi_{pin}")) for pin in SPI_INPUTS]
        m.d.comb += [getattr(self, f"spi_{pin}").eq(getattr(spi, pin)) for pin in SPI_OUTPUTS]
        m.d.comb += [
            getattr(self, f"link_{name}").eq(link.payload[name]) for name, _ in link.payload.shape()
        ]

    def _streams(self, m, parts):
        video, network = parts["video"], parts["network"]
        channels, classifier = parts["channels"], parts["classifier"]
        m.submodules.sizes = sizes = Fork(SIZE, 2)
        wiring.connect(m, video.o, network.i)
        wiring.connect(m, video.size, sizes.i)
        wiring.connect(m, sizes.o0, channels.size)
        wiring.connect(m, sizes.o1, classifier.size)
        m.d.comb += [network.width.eq(video.frame_width), network.height.eq(video.frame_height)]
        ports = output_ports(self.plan.pipeline)
        for k, port in enumerate(self.plan.outputs):
            source = getattr(network, ports[port.name])
            m.submodules[f"gearbox_{k}"] = gearbox = self._gearbox(k)
            wiring.connect(m, gearbox.o, getattr(channels, f"i{k}"))
            if port is not self.plan.last:
                wiring.connect(m, source, gearbox.i)
                continue
            m.submodules.last_tap = fork = Fork(source.payload.shape(), 2)
            wiring.connect(m, source, fork.i)
            readers = {"shown": (fork.o0, gearbox.i), "classified": (fork.o1, classifier.i)}
            for name, (branch, reader) in readers.items():
                m.submodules[name] = buffer = Buffer(source.payload.shape())
                wiring.connect(m, branch, buffer.i)
                wiring.connect(m, buffer.o, reader)
        wiring.connect(m, classifier.o, getattr(channels, f"i{len(self.plan.outputs)}"))

    def _gearbox(self, number: int) -> Gearbox:
        """From the words of an output of the network to those of its channel."""
        pipeline, node = self.plan.pipeline, self.plan.outputs[number].node
        kind = pipeline.network.graph.type(node)
        return Gearbox(
            shape_of(kind.range),
            channels=kind.shape.channels,
            in_lanes=pipeline.lanes_of(node),
            out_lanes=self.plan.taps[number].lanes,
        )

    def _registers(self, m, parts):
        video, channels = parts["video"], parts["channels"]
        classifier, registers = parts["classifier"], parts["registers"]
        wiring.connect(m, parts["spi"].bus, registers.bus)
        receiving = Signal()
        with m.If(video.frame_done):
            m.d.sync += receiving.eq(0)
        with m.Elif(video.size.valid):
            m.d.sync += receiving.eq(1)
        m.d.comb += [
            video.width.eq(registers.width),
            video.height.eq(registers.height),
            channels.enable.eq(registers.enable),
            registers.frame_done.eq(video.frame_done),
            registers.status.eq(Cat(receiving, classifier.busy)),
            registers.faults.eq(Cat(getattr(video, name) for name in FRAMING_FAULTS)),
            classifier.address.eq(registers.classifier_address),
            classifier.data.eq(registers.classifier_data),
            classifier.write.eq(registers.classifier_write),
        ]
