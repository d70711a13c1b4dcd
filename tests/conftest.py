"""Settings of all tests."""

from hypothesis import settings

settings.register_profile("corgibuilder", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("corgibuilder")
