"""Train the example network and write `digits.onnx` and `digits.npz`.

    python -m corgibuilder.examples.train_digits [-o DIR]

The data are scikit-learn's handwritten digits: 1797 grey images of 8x8 pixels with the values
0..16. A fifth of them, 360, is held back for `digits.npz`. Every scale in the network is a power
of two, so each accumulator is exact in float32, in whatever order it is summed. One minute on one
core; repeatable on the same machine and versions, while another processor may round training
differently and end at other weights.

Needs torch, brevitas, onnxoptimizer, qonnx and scikit-learn. No other file of corgibuilder does.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from brevitas.export import export_qonnx
from brevitas.inject.enum import ScalingImplType
from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear, QuantReLU
from brevitas.quant.fixed_point import (
    Int8WeightPerChannelFixedPoint,
    Int8WeightPerTensorFixedPoint,
    Uint8ActPerTensorFixedPoint,
    Uint8ActPerTensorFixedPointMaxInit,
)
from brevitas.quant.scaled_int import Int16Bias
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.general import (
    GiveReadableTensorNames,
    GiveUniqueParameterTensors,
    RemoveUnusedTensors,
)
from qonnx.transformation.infer_shapes import InferShapes
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

EPOCHS, BATCH, LEARNING_RATE, SEED = 40, 64, 5e-3, 0
HELD_BACK = 360


class Pixel(Uint8ActPerTensorFixedPointMaxInit):
    """Unsigned, 5 bits, scale 32 / 2**5 = 1: the pixels 0..16 pass unchanged."""

    bit_width = 5
    scaling_impl_type = ScalingImplType.CONST
    scaling_init = 32.0


class QuantisedActivation(Uint8ActPerTensorFixedPoint):
    """Unsigned, 4 bits, one learned power-of-two scale."""

    bit_width = 4


class Weight(Int8WeightPerTensorFixedPoint):
    """Signed, 4 bits, -7..7, one power-of-two scale."""

    bit_width = 4


class ChannelWeight(Int8WeightPerChannelFixedPoint):
    """Signed, 4 bits, -7..7, one power-of-two scale per output channel."""

    bit_width = 4


def activation() -> QuantReLU:
    return QuantReLU(act_quant=QuantisedActivation, return_quant_tensor=True)


class Digits(nn.Sequential):
    """Pixels (N, 1, 8, 8) in 0..16 to logits (N, 10); 4768 weights, 98944 MACs per frame.

    The names become those of the nodes. BatchNorm stays a node of its own in the file. The biases
    (16 bits) are integers on the accumulator's scale.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pixels = QuantIdentity(act_quant=Pixel, return_quant_tensor=True)
        self.conv1 = QuantConv2d(1, 16, 3, padding=1, bias=False, weight_quant=Weight)
        self.bn1 = nn.BatchNorm2d(16)
        self.act1 = activation()
        self.conv2 = QuantConv2d(
            16, 16, 3, padding=1, groups=16, bias=False, weight_quant=ChannelWeight
        )
        self.bn2 = nn.BatchNorm2d(16)
        self.act2 = activation()
        self.conv3 = QuantConv2d(16, 24, 1, weight_quant=Weight, bias_quant=Int16Bias)
        self.act3 = activation()
        self.pool3 = nn.MaxPool2d(2)
        self.conv4 = QuantConv2d(24, 16, 3, padding=1, bias=False, weight_quant=Weight)
        self.bn4 = nn.BatchNorm2d(16)
        self.act4 = activation()
        self.pool4 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc = QuantLinear(64, 10, bias=True, weight_quant=Weight, bias_quant=Int16Bias)


def train(images: Tensor, labels: Tensor) -> Digits:
    """The network after `EPOCHS` passes over images (N, 1, 8, 8) and labels (N,), in eval mode."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    network, batches = Digits(), len(images) // BATCH
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, EPOCHS * batches)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images))[: batches * BATCH].view(batches, BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimiser.step()
            rate.step()
    return network.eval()


def node_name(exported: str) -> str:
    """`/conv1/Conv` -> `conv1`, `/conv1/weight_quant/../Quant` -> `conv1_weight_quant`."""
    layer, *path, op_type = exported.strip("/").split("/")
    if path and path[0] in ("weight_quant", "bias_quant"):
        return f"{layer}_{path[0]}"
    return f"{layer}_relu" if op_type == "Relu" else layer


def export(network: Digits) -> ModelWrapper:
    """The network as QONNX for one frame, `image` to `logits`, its nodes named after its layers."""
    exported = export_qonnx(
        network,
        args=torch.zeros(1, 1, 8, 8),
        opset_version=13,
        dynamo=False,
        keep_initializers_as_inputs=False,
    )
    for node in exported.graph.node:
        node.name = node_name(node.name)
        node.doc_string = ""
    model = ModelWrapper(exported)
    for step in (GiveUniqueParameterTensors, RemoveUnusedTensors, GiveReadableTensorNames):
        model = model.transform(step())
    model.rename_tensor(model.graph.input[0].name, "image")
    model.rename_tensor(model.graph.output[0].name, "logits")
    model.graph.name = "digits"
    return model.transform(InferShapes())


def execute(model: ModelWrapper, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits (N, 10) of images (N, 1, 8, 8), frame by frame, from qonnx's executor."""
    return np.concatenate([execute_onnx(model, {"image": x[None]})["logits"] for x in images])


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the digits network.")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent, metavar="DIR")
    directory: Path = parser.parse_args().output

    pixels, digits = load_digits(return_X_y=True)
    images, test_images, labels, test_labels = train_test_split(
        pixels.reshape(-1, 1, 8, 8).astype(np.float32),
        digits.astype(np.int64),
        test_size=HELD_BACK,
        stratify=digits,
        random_state=SEED,
    )
    model = export(train(torch.from_numpy(images), torch.from_numpy(labels)))
    logits = execute(model, test_images)

    directory.mkdir(parents=True, exist_ok=True)
    onnx.save(model.model, directory / "digits.onnx")
    np.savez_compressed(
        directory / "digits.npz", input=test_images, label=test_labels, output=logits
    )
    print(f"{np.mean(logits.argmax(axis=1) == test_labels):.2%} of {HELD_BACK} held-back digits")


if __name__ == "__main__":
    main()
