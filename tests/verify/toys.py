"""Hand-written designs in build directories, and what they compute."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from corgibuilder.build_directory import FORMAT
from corgibuilder.build_files import file_digests, text_digest

DESIGNS = Path(__file__).parent / "designs"
BIAS = [1, -16, 5, 0]  # per channel; the hardware's 3 lanes make it two words of three


def stream(port, node, shape, *, lanes, bits, signed=False, step=1, offset=0):
    channels, height, width = shape
    return {
        "port": port, "node": node, "lanes": lanes, "bits": bits, "signed": signed,
        "step": step, "offset": offset, "channels": channels, "height": height, "width": width,
    }  # fmt: skip


def unit(layer, module, sources, inputs, outputs, *, resizable=False, cycles=40):
    smallest = (1, 1) if resizable else (inputs[0]["width"], inputs[0]["height"])
    return {
        "layer": layer,
        "module": module,
        "sources": [f"rtl/{name}.v" for name in sources],
        "resizable": resizable,
        "smallest": list(smallest),
        "inputs": inputs,
        "outputs": outputs,
        "cycles_per_frame": cycles,
        "warm_up_frames": 0,
        "latency_first": 2,
        "latency_frame": cycles + 1,
    }


def write(path: Path, network, stages, patches: Mapping[str, tuple[str, str]]) -> Path:
    """A build directory; ``patches`` spoils design files: file name to (old text, new text)."""
    (path / "rtl").mkdir(exist_ok=True)
    for file in network["sources"]:
        text = (DESIGNS / Path(file).name).read_text()
        if Path(file).stem in patches:
            old, new = patches[Path(file).stem]
            assert old in text
            text = text.replace(old, new)
        (path / file).write_text(text)
    return manifest(path, network, stages)


def manifest(path: Path, network, stages) -> Path:
    """The build directory, now that its files are written, with its description."""
    (path / "source").mkdir(exist_ok=True)
    (path / "source/none.onnx").write_bytes(b"")
    files = file_digests(path)
    fields = {
        "format": FORMAT,
        "generator": "corgibuilder by hand",
        "name": network["layer"],
        "source": {"file": "source/none.onnx", "sha256": files["source/none.onnx"]},
        "image": None,
        "target": {"cycles_per_frame": network["cycles_per_frame"]},
        "files": files,
        "network": network,
        "stages": stages,
        "system": None,
    }
    return write_manifest(path, fields)


def write_manifest(path: Path, fields) -> Path:
    """As the build writes it: sealed."""
    sealed = {**fields, "digest": text_digest(fields)}
    (path / "manifest.json").write_text(json.dumps(sealed))
    return path


def edit_manifest(path: Path, change=lambda fields: None) -> Path:
    """The build directory as its files are now and with ``change`` made, as if built so."""
    fields = json.loads((path / "manifest.json").read_text())
    del fields["digest"]
    fields["files"] = file_digests(path)
    change(fields)
    return write_manifest(path, fields)


def toy(path: Path, **patches: tuple[str, str]) -> Path:
    """4 channels of 4x5 plus their bias, through a FIFO."""
    x = stream("i", "x", (4, 4, 5), lanes=3, bits=4)
    y = stream("o", "add", (4, 4, 5), lanes=3, bits=6, signed=True)
    whole = unit("toy", "toy", ["toy", "add", "fifo"], [x], [y])
    words = [*BIAS[:3], *BIAS[3:], 0, 0]
    (path / "rtl").mkdir()
    (path / "rtl/add_bias.hex").write_text("\n".join(f"{word & 63:02x}" for word in words))
    return write(path, whole, [unit("add", "add", ["add"], [x], [y])], patches)


def toy_frames(frames: int):
    x = np.random.default_rng(0).integers(0, 16, (frames, 4, 4, 5))
    return x, {"add": x + np.array(BIAS).reshape(1, 4, 1, 1)}


def halve(path: Path, **patches: tuple[str, str]) -> Path:
    """Every second row and column of a map of one bit, of any size; and the map itself."""
    x = stream("i", "x", (1, 6, 8), lanes=1, bits=1)
    half = stream("o", "half", (1, 3, 4), lanes=1, bits=1)
    same = stream("o_all", "same", (1, 6, 8), lanes=1, bits=1)
    ports, sized = ([x], [half, same]), {"resizable": True, "cycles": 48}
    whole = unit("toy_halve", "toy_halve", ["toy_halve", "halve"], *ports, **sized)
    stage = unit("half", "halve", ["halve"], *ports, **sized)
    return write(path, whole, [stage], patches)


def halve_frames(*sizes):
    rng = np.random.default_rng(0)
    x = [rng.integers(0, 2, (1, *size)) for size in sizes]
    return x, {"half": [frame[:, ::2, ::2] for frame in x], "same": x}


def merge(path: Path, **patches: tuple[str, str]) -> Path:
    """Twice one map of 3 channels less another one, of one size."""
    inputs, outputs = merge_ports("a", "b")
    whole = unit("merge", "merge", ["merge"], inputs, outputs)
    return write(path, whole, [unit("sum", "merge", ["merge"], inputs, outputs)], patches)


def sized_merge(path: Path, **patches: tuple[str, str]) -> Path:
    """The same stage for maps of any size, in a network that has one map at both of its inputs."""
    inputs, outputs = merge_ports("a", "b")
    sized, sources = {"resizable": True}, ["sized_merge", "merge"]
    entry = {**inputs[0], "port": "i"}
    whole = unit("toy_merge", "toy_merge", ["toy_merge", *sources], [entry], outputs, **sized)
    return write(
        path, whole, [unit("sum", "sized_merge", sources, inputs, outputs, **sized)], patches
    )


def merge_ports(a, b):
    inputs = [
        stream("i0", a, (3, 4, 5), lanes=2, bits=4),
        stream("i1", b, (3, 4, 5), lanes=2, bits=3, signed=True),
    ]
    return inputs, [stream("o", "sum", (3, 4, 5), lanes=2, bits=7, signed=True)]


def merge_frames(*sizes):
    rng = np.random.default_rng(0)
    a = [rng.integers(0, 16, (3, *size)) for size in sizes]
    b = [rng.integers(-4, 4, (3, *size)) for size in sizes]
    return [a, b], {"sum": [2 * x - y for x, y in zip(a, b, strict=True)]}
