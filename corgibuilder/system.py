"""What can be asked for around a network: the chip that it stands on."""

import enum
from dataclasses import dataclass


class SystemStyle(enum.Enum):
    NEUROCORGI = "neurocorgi"  #: camera in, features and logits out, registers over SPI


CLASSES = 1000  #: those of ImageNet, as for the chip NeuroCorgi
MAX_CLASSES = 2**16


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system around the pipeline.

    Parameters
    ----------
    style
        What it is like.
    classes
        Logits of its programmable classifier.
    """

    style: SystemStyle = SystemStyle.NEUROCORGI
    classes: int = CLASSES
