"""The devices of a technology: which there are, and which are refused."""

import re
from pathlib import Path

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.technology import Device, Placer, read_technology
from corgibuilder.technology.technology import parse

HEAD = """flow = "ecp5"
[cells]
flip_flops = ["TRELLIS_FF"]
"""
ECP5 = """[device.small]
tool = "nextpnr-ecp5"
type = "12k"
package = "CABGA256"
speed = 7
luts = 12000
flip_flops = 12000
dsps = 28
block_rams = 0
"""
ICE40 = (HEAD + ECP5).replace("ecp5", "ice40").replace("12k", "lp1k").replace("speed = 7\n", "")


def test_devices_are_read():
    technology = parse((HEAD + ECP5 + ECP5.replace("small", "b-2")).encode(), Path("toy.toml"))
    assert [device.name for device in technology.devices] == ["small", "b-2"]
    assert technology.device("small") == Device(
        name="small",
        tool=Placer.NEXTPNR_ECP5,
        type="12k",
        package="CABGA256",
        speed=7,
        luts=12000,
        flip_flops=12000,
        dsps=28,
        block_rams=0,
    )
    (device,) = parse(ICE40.encode(), Path("toy.toml")).devices
    assert (device.tool, device.type, device.speed) == (Placer.NEXTPNR_ICE40, "lp1k", None)


NOT_WHOLE = "not a whole number from 0 to 67108864"
WRONG = {
    ("nextpnr-ecp5", "nextpnr-ice40"): "tool is 'nextpnr-ice40', not nextpnr-ecp5",
    ("12k", "13k"): "type is '13k', not 12k or 25k or 45k or 85k or um-25k or",
    ('"12k"', "12"): "type is 12, not 12k or",
    ('"12k"', '["12k"]'): "type is ['12k'], not 12k or",
    ("CABGA256", "CABGA 256"): "package is 'CABGA 256', not letters and digits",
    ("CABGA256", "--run"): "package is '--run', not letters and digits",
    ('"CABGA256"', "256"): "package is 256, not letters and digits",
    ("speed = 7", "speed = 5"): "speed is 5, not a whole number from 6 to 8",
    ("speed = 7", "speed = 9"): "speed is 9, not a whole number from 6 to 8",
    ("speed = 7", "speed = '7'"): "speed is '7', not a whole number from 6 to 8",
    ("dsps = 28", "dsps = -1"): f"dsps is -1, {NOT_WHOLE}",
    ("dsps = 28", "dsps = 28.0"): f"dsps is 28.0, {NOT_WHOLE}",
    ("luts = 12000", "luts = 67108865"): f"luts is 67108865, {NOT_WHOLE}",
    ("flip_flops = 12000", "flip_flops = true"): f"flip_flops is True, {NOT_WHOLE}",
    ("block_rams = 0", "block_rams = 'no'"): f"block_rams is 'no', {NOT_WHOLE}",
    ("dsps = 28", "dsps = 28\narguments = []"): "'arguments' is not known",
}


def refusal(text):
    with pytest.raises(CompileError) as caught:
        parse(text.encode(), Path("toy.toml"))
    return str(caught.value)


@pytest.mark.parametrize("change", WRONG, ids=lambda change: change[1])
def test_a_wrong_device_is_refused(change):
    said = refusal(HEAD + ECP5.replace(*change))
    assert said.startswith(f"error[CB407]: this is not a technology: {WRONG[change]}")
    assert "--> toy.toml: device small\n" in said


@pytest.mark.parametrize("key", re.findall(r"^(\w+) =", ECP5, flags=re.MULTILINE))
def test_every_key_is_needed(key):
    device = re.sub(rf"^{key} = .*\n", "", ECP5, flags=re.MULTILINE)
    assert refusal(HEAD + device).startswith(
        f"error[CB407]: this is not a technology: {key} is missing\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ICE40.replace('"lp1k"', '"lp1k"\nspeed = 6'), "'speed' is not known"),
        (HEAD + "[device]", "device has to be 1 to 64 tables [device.NAME]"),
        ("device = 1\n" + HEAD, "device is 1, not a table"),
        ("device = {small = 1}\n" + HEAD, "device.small is 1, not a table"),
        (HEAD + ECP5.replace("small", "'a b'"), "device is 'a b', not a name of letters,"),
        (
            HEAD.replace("ecp5", "generic") + ECP5,
            "what the flow generic synthesises is not placed",
        ),
        (
            HEAD + "".join(ECP5.replace("small", f"d{k}") for k in range(65)),
            "device has to be 1 to 64 tables [device.NAME]",
        ),
    ],
    ids=range(7),
)
def test_wrong_tables_of_devices_are_refused(text, problem):
    assert refusal(text).startswith(f"error[CB407]: this is not a technology: {problem}")


@pytest.mark.parametrize(
    ("technology", "help"),
    [
        ("ecp5", "take ecp5-25f or ecp5-85f"),
        ("generic", "leave it out: networks are not placed there"),
    ],
)
def test_a_device_that_is_not_there_is_refused(technology, help):
    with pytest.raises(CompileError) as caught:
        read_technology(technology).device("nix")
    assert str(caught.value) == (
        f"error[CB410]: the technology {technology} has no device 'nix'\n"
        "  --> --device\n"
        f"  help: {help}"
    )
