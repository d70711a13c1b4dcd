"""Network to network, without a change to any output: what hardware need not compute goes."""

from .dead_channels import live_channels, without_dead_channels

__all__ = ["live_channels", "without_dead_channels"]
