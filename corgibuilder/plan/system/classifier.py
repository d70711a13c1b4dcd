"""The programmable classifier: the number of its multipliers, and what follows from it."""

from dataclasses import dataclass

from corgibuilder.ir import QInt
from corgibuilder.plan.folding import ceil_div

WEIGHT_BITS = 8
WORD_BITS = 32  #: of the memory, of a bias and of a logit
WORD_WEIGHTS = WORD_BITS // WEIGHT_BITS
FRACTION_BITS = 4  #: of an average
LOGIT = QInt(-(1 << WORD_BITS - 1), (1 << WORD_BITS - 1) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierPlan:
    """What a classifier is built for.

    Parameters
    ----------
    x
        Range of the values that are classified.
    channels
        Values of a pixel.
    max_positions
        Pixels of the largest map.
    classes
        Logits.
    multipliers
        Products in a cycle: a power of two.
    """

    x: QInt
    channels: int
    max_positions: int
    classes: int
    multipliers: int

    @property
    def sum(self) -> QInt:
        """Range of the sums of ``x - x.lo`` over a map."""
        return QInt(0, (self.x.hi - self.x.lo) * self.max_positions)

    @property
    def average(self) -> QInt:
        """Range of the averages, in units of their last fraction bit."""
        return QInt(self.x.lo << FRACTION_BITS, self.x.hi << FRACTION_BITS)

    @property
    def products(self) -> QInt:
        """Range of the sums of products of a class, or of some of them."""
        reach = self.channels * (max(self.average.hi, -self.average.lo) << WEIGHT_BITS - 1)
        return QInt(-reach, reach)

    @property
    def total(self) -> QInt:
        """Range of a bias with some or all products of a class."""
        return QInt(LOGIT.lo + self.products.lo, LOGIT.hi + self.products.hi)

    @property
    def steps(self) -> int:
        """Words of averages, and of weights of a class: each has a value for every multiplier."""
        return ceil_div(self.channels, self.multipliers)

    @property
    def row_words(self) -> int:
        """Words of memory for the weights of a class; what is left of them is not used."""
        block = max(self.multipliers, WORD_WEIGHTS)
        return ceil_div(self.channels, block) * block // WORD_WEIGHTS

    @property
    def words(self) -> int:
        """Words of memory for all weights and biases."""
        return self.classes * (self.row_words + 1)

    @property
    def quotient_bits(self) -> int:
        """Bits of an average above its least value."""
        return ((self.x.hi - self.x.lo) << FRACTION_BITS).bit_length()

    @property
    def average_cycles(self) -> int:
        """Cycles from one word of averages to the next: one for a bit of the quotient, and two."""
        return self.quotient_bits + 2

    @property
    def dense_cycles(self) -> int:
        """Cycles from one pixel of averages to the next, if logits are taken at once."""
        return self.steps * (self.classes + 1) + 4

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame's logits to the next one's, at most.

        Averages, with a divider for each multiplier, and products do not overlap.
        """
        return self.steps * self.average_cycles + self.dense_cycles


def fewest_multipliers(
    x: QInt, *, channels: int, max_positions: int, classes: int, budget: int
) -> ClassifierPlan:
    """The classifier with the fewest multipliers that classifies a frame every ``budget`` cycles.

    Where even all channels at once are too slow, those are what it has.
    """
    multipliers = 1
    while True:
        plan = ClassifierPlan(
            x=x,
            channels=channels,
            max_positions=max_positions,
            classes=classes,
            multipliers=multipliers,
        )
        if plan.frame_cycles <= budget or 2 * multipliers > channels:
            return plan
        multipliers *= 2
