"""The passes, in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from corgibuilder.ir import Network, verify

from .fold_factors import fold_factors
from .join_equal_terms import join_equal_terms
from .merge_pads import merge_pads
from .merge_selects import merge_selects
from .merge_tables import merge_tables
from .merge_thresholds import merge_thresholds
from .order_blocks import order_blocks
from .remove_dead_channels import remove_dead_channels
from .remove_identities import remove_identities
from .remove_unused_nodes import remove_unused_nodes
from .tables_to_thresholds import tables_to_thresholds
from .trim_kernels import trim_kernels

REMEMBERED = 4  #: networks: MobileNet takes 0.1 s, and a build asks for it several times

Pass = Callable[[Network], Network]

PIPELINE: tuple[Pass, ...] = (
    remove_unused_nodes,
    remove_identities,
    order_blocks,
    join_equal_terms,
    fold_factors,
    tables_to_thresholds,
    merge_thresholds,
    merge_tables,
    merge_pads,
    merge_selects,
    remove_dead_channels,
    trim_kernels,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AppliedPass:
    """A pass that changed something, and the network before and after it."""

    name: str
    before: Network
    after: Network


def applied_passes(network: Network) -> Iterator[AppliedPass]:
    """Run the pipeline, again and again until nothing changes: one pass makes work for another.

    Every pass that changes something leaves fewer nodes, channels, weights or tables, or fewer
    layers whose channels are in the wrong order, so there is an end. Networks are verified before
    the first pass and after every one.
    """
    verify(network)
    unchanged = 0
    while unchanged < len(PIPELINE):
        for one in PIPELINE:
            after = one(network)
            unchanged += 1
            if after is not network:
                verify(after)
                yield AppliedPass(name=one.__name__, before=network, after=after)
                network, unchanged = after, 0


@lru_cache(maxsize=REMEMBERED)
def prepared(network: Network) -> Network:
    """The network as hardware computes it: every output is the same, for all inputs.

    No pass looks at the size of maps: of the same network for images of another size, the same is
    left. The same object, if no pass changes anything; so it is for a network that is prepared.
    """
    for applied in applied_passes(network):
        network = applied.after
    return network


def prepared_outputs(network: Network) -> dict[str, str]:
    """For each output of the prepared network, the node of ``network`` that has its values."""
    ports = zip(prepared(network).outputs, network.outputs, strict=True)
    return {kept.node: port.node for kept, port in ports}
