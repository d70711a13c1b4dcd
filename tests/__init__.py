"""Tests of corgibuilder."""

#: Variables with which a model of Verilator is compiled quickly, and simulates slowly.
QUICK_TO_COMPILE = {
    "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
}
