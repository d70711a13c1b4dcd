"""Emits and describes the system around a network."""

import gc
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from amaranth.hdl import UnusedElaboratable
from amaranth.lib.wiring import Component, In, Signature

from corgibuilder.build_directory import (
    BitField,
    LinkChannel,
    Manifest,
    Pin,
    Stream,
    SystemClassifier,
    SystemRegister,
    SystemUnit,
    Unit,
)
from corgibuilder.hw.network import NetworkComponent
from corgibuilder.hw.system.top import DOMAINS, PARTS, SystemTop, make_part
from corgibuilder.plan.system import SystemPlan
from corgibuilder.plan.system.classifier import FRACTION_BITS, LOGIT, WEIGHT_BITS
from corgibuilder.plan.system.register_map import Register
from corgibuilder.plan.system.system_plan import CLASSIFIER
from corgibuilder.templates import render

from .verilog import Emitted, Placed, emit

CROSSING = "corgi_ram_crossing"  #: memory between two clock domains


def system_tasks(plan: SystemPlan, network: str) -> list[Callable[[], Emitted]]:
    """What emits each module of the system; ``network`` is the network's own."""
    parts: list[Callable[[], Emitted]] = [
        partial(_emit_part, plan, name) for name in PARTS if name != "network"
    ]
    return [*parts, partial(_emit_top, plan, network)]


def _emit_part(plan: SystemPlan, part: str) -> Emitted:
    return emit(f"system_{part}", lambda: make_part(plan, part))


def _emit_top(plan: SystemPlan, network: str) -> Emitted:
    def place(part: str) -> Placed:
        if part == "network":
            ports = _ports(lambda: NetworkComponent(plan.pipeline, lambda link, sizes_held: None))
            return Placed(network, ports, PARTS[part])
        return Placed(f"system_{part}", _ports(lambda: make_part(plan, part)), PARTS[part])

    return emit(f"{network}_system", lambda: SystemTop(plan, place))


def _ports(make: Callable[[], Component]) -> Signature:
    """Ports of a component that is not built here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        component = make()
        ports = component.signature
        del component
        gc.collect()  # here, where nobody is warned that it was not used
    return ports


def describe_system(plan: SystemPlan, network: Unit) -> SystemUnit:
    """The system for the manifest."""
    module = f"{network.module}_system"
    parts = (f"rtl/system_{name}.v" for name in PARTS if name != "network")
    pins = _ports(lambda: SystemTop(plan, lambda part: None)).members
    return SystemUnit(
        style=plan.system.style.value,
        module=module,
        sources=(f"rtl/{module}.v", *parts, *network.sources, f"rtl/{CROSSING}.v"),
        smallest=plan.smallest,
        largest=plan.largest,
        domains={name: (f"{prefix}clk", f"{prefix}rst") for name, prefix in DOMAINS.items()},
        pins=tuple(
            Pin(
                name=name,
                direction="in" if pin.flow is In else "out",
                bits=pin.shape.width if hasattr(pin.shape, "width") else pin.shape,
                domain=_domain(name),
            )
            for name, pin in pins.items()
        ),
        registers=tuple(_register(register) for register in plan.registers),
        channels=_channels(plan, network),
        link_words_per_frame=plan.link_words,
        classifier=_classifier(plan),
    )


def _domain(pin: str) -> str | None:
    """Clock domain of a pin that carries data."""
    if pin.endswith(("clk", "rst")):
        return None
    return {"video": "pixel", "link": "link"}.get(pin.split("_")[0])


def _register(register: Register) -> SystemRegister:
    fields, lowest = [], 0
    for field in register.fields:
        fields.append(
            BitField(name=field.name, lowest_bit=lowest, bits=field.bits, reset=field.reset)
        )
        lowest += field.bits
    return SystemRegister(
        name=register.name,
        address=register.address,
        access=register.access.value,
        stays=register.stays,
        fields=tuple(fields),
        doc=register.doc,
    )


def _channels(plan: SystemPlan, network: Unit) -> tuple[LinkChannel, ...]:
    logits = Stream(
        port="o",
        node=CLASSIFIER,
        lanes=1,
        bits=LOGIT.width,
        signed=LOGIT.signed,
        step=LOGIT.step,
        offset=LOGIT.offset,
        channels=plan.classifier.classes,
        height=1,
        width=1,
    )
    lanes = [tap.lanes for tap in plan.taps]
    packed = [replace(s, lanes=n) for s, n in zip(network.outputs, lanes, strict=False)]
    streams = (*packed, logits)
    named = zip(plan.channel_names, streams, strict=True)
    return tuple(LinkChannel(tag=k, name=name, stream=s) for k, (name, s) in enumerate(named))


def _classifier(plan: SystemPlan) -> SystemClassifier:
    classifier = plan.classifier
    return SystemClassifier(
        node=plan.last.node,
        channels=classifier.channels,
        classes=classifier.classes,
        weight_bits=WEIGHT_BITS,
        fraction_bits=FRACTION_BITS,
        row_words=classifier.row_words,
        memory_words=classifier.words,
        multipliers=classifier.multipliers,
        cycles_per_frame=classifier.frame_cycles,
    )


def system_document(system: SystemUnit, manifest: Manifest) -> str:
    """What the writer of a driver reads: pins, registers, channels, classifier."""
    return render("system.md.j2", system=system, manifest=manifest)
