"""Settings of all tests."""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings

from . import QUICK_TO_COMPILE
from .net import seeds

OBJECTS = "CORGIBUILDER_TEST_OBJECTS"  #: folder of tests/verilated_once.sh

settings.register_profile("corgibuilder", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("corgibuilder")


def pytest_configure(config):
    if config.option.markexpr == "not slow":
        os.environ.update(QUICK_TO_COMPILE | os.environ)
    seeds.draw_first()  # before processes are started that have to draw the same
    if OBJECTS not in os.environ:
        os.environ[OBJECTS] = folder = tempfile.mkdtemp(prefix="verilated-")
        config.add_cleanup(lambda: shutil.rmtree(folder))
    os.environ.setdefault("OBJCACHE", f"sh {Path(__file__).with_name('verilated_once.sh')}")


def pytest_report_header(config):
    return f"fresh seeds of tests/net: {seeds.VARIABLE}={seeds.fresh().start}"


def pytest_terminal_summary(terminalreporter):
    reports = [r for many in terminalreporter.stats.values() for r in many]
    entries = [
        value
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "net" and report.when == "call"
    ]
    if entries:
        from .net.tally import table  # here, as it loads the whole compiler

        terminalreporter.section(f"random networks, {seeds.VARIABLE}={seeds.fresh().start}")
        for line in table(entries):
            terminalreporter.write_line(line)
