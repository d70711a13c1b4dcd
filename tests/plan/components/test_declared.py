"""Latency and initiation interval of every component, measured, against what is said of them."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest
from amaranth.hdl import Fragment

from corgibuilder.hw.components import COMPONENTS, component_of
from corgibuilder.hw.size import size_ports
from corgibuilder.plan import components
from corgibuilder.plan.components import (
    AdderConfig,
    AdderGraphConfig,
    ArgmaxConfig,
    ComponentConfig,
    LineBufferConfig,
    MacArrayConfig,
    RequantiserConfig,
    WindowPoolConfig,
)
from corgibuilder.plan.requantisers.form import FORMS

from .examples import EXAMPLES
from .running import Simulated, Sized, hardware

CYCLES = 1500
PERIODS = 3  #: the last ones, in the steady state
each_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)


def without_stalls(example, cycles, words=CYCLES):
    """Cycles in which words are taken and leave, if so many are offered one after the other.

    Asserts that the component does in every cycle what its configuration says.
    """
    simulated = Simulated(example.config.parts(0))
    moves, expected, sent = [], [], 0
    for _ in range(cycles):
        moves.append((sent < words, True))
        expected.append(simulated.tick(*moves[-1]))
        sent += moves[-1][0] and expected[-1][1]
    seen = hardware(Sized(component_of(example.config), example.shape), moves)
    assert seen == expected
    taken = [t for t, (_, accepts) in enumerate(seen) if moves[t][0] and accepts]
    return taken, [t for t, (valid, _) in enumerate(seen) if valid]


def configurations():
    """Every class of them in the package."""
    for found in pkgutil.iter_modules(components.__path__):
        module = import_module(f"{components.__name__}.{found.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, ComponentConfig) and not inspect.isabstract(kind):
                yield kind


def test_every_configuration_has_an_example():
    of_components = set(configurations()) - {LineBufferConfig}  # which is part of a window source
    assert of_components == COMPONENTS.keys()
    assert of_components == {type(example.config) for example in EXAMPLES.values()}


def test_every_form_of_requantisers_has_an_example():
    configs = (example.config for example in EXAMPLES.values())
    forms = {type(each.form) for each in configs if isinstance(each, RequantiserConfig)}
    assert forms == set(FORMS.values())


@each_example
def test_inputs_for_the_size_of_the_map(example):
    component = component_of(example.config)
    Fragment.get(component, None)  # Amaranth warns of components that nobody elaborates
    assert example.config.sizes == len(size_ports(component))


@each_example
def test_latency(example):
    settled = 2 * example.interval + 20
    _, left = without_stalls(example, settled, words=example.needs - 1)
    assert not left
    taken, left = without_stalls(example, settled, words=example.needs)
    assert len(taken) == example.needs
    assert left[0] - taken[-1] == example.latency


@each_example
def test_initiation_interval(example):
    taken, _ = without_stalls(example, CYCLES)
    intervals = np.diff(taken[:: example.period])
    assert set(intervals[-PERIODS:].tolist()) == {example.interval}


def declared_latency(config):
    """What estimates take for the latency; ``None`` for components that they describe otherwise."""
    match config:
        case WindowPoolConfig() | ArgmaxConfig():
            return config.LATENCY
        case AdderConfig() | AdderGraphConfig():
            return config.latency
        case MacArrayConfig():
            return config.pipeline.latency
        case RequantiserConfig():
            return config.form.latency


@pytest.mark.parametrize(
    "name", [name for name, each in EXAMPLES.items() if declared_latency(each.config) is not None]
)
def test_the_latency_that_estimates_take(name):
    example = EXAMPLES[name]
    assert declared_latency(example.config) == example.latency
