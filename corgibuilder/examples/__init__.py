"""The shipped example: a 4-bit classifier of handwritten digits, as `train_digits` made it."""

from pathlib import Path

DIGITS_NETWORK = Path(__file__).with_name("digits.onnx")
"""QONNX file; `image` (1, 1, 8, 8) float32 pixels 0..16 to `logits` (1, 10) float32."""

DIGITS_FRAMES = Path(__file__).with_name("digits.npz")
"""Held-back frames: `input` (360, 1, 8, 8), `label` (360,), `output` (360, 10) from qonnx."""
