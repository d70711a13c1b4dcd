"""Settings of all tests."""

from hypothesis import settings

from .net import seeds

settings.register_profile("corgibuilder", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("corgibuilder")


def pytest_configure(config):
    seeds.draw_first()  # before processes are started that have to draw the same


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
