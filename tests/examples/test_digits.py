"""The committed example network does what its committed frames say."""

import numpy as np
import pytest

from corgibuilder.examples import DIGITS_FRAMES, DIGITS_NETWORK

FRAMES = np.load(DIGITS_FRAMES)


def test_stored_outputs_classify_the_held_back_digits() -> None:
    assert FRAMES["input"].shape == (360, 1, 8, 8)
    assert np.mean(FRAMES["output"].argmax(axis=1) == FRAMES["label"]) >= 0.97


def test_pixels_are_on_the_input_grid() -> None:
    assert np.isin(FRAMES["input"], np.arange(17)).all()


def test_stored_outputs_are_those_of_qonnx() -> None:
    pytest.importorskip("qonnx")
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx

    model = ModelWrapper(str(DIGITS_NETWORK))
    for image, output in zip(FRAMES["input"][:24], FRAMES["output"][:24], strict=True):
        np.testing.assert_array_equal(
            execute_onnx(model, {"image": image[None]})["logits"][0], output
        )
