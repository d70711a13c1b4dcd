"""Results as tables for people and as JSON for programs."""

from .characterised import costs_table, errors_table
from .measured import placement_table, simulation_table, synth_table
from .memories import memories_data, memories_table
from .network import inspection_table, outputs_tables, passes_table, top_classes
from .plain import to_json
from .plans import plan_data, plan_table

__all__ = [
    "costs_table",
    "errors_table",
    "inspection_table",
    "memories_data",
    "memories_table",
    "outputs_tables",
    "passes_table",
    "placement_table",
    "plan_data",
    "plan_table",
    "simulation_table",
    "synth_table",
    "to_json",
    "top_classes",
]
