"""Limits of every network, for those who read files, plan, build and simulate."""

SIZE_BITS = 16  #: of the width and the height of a map
MAX_SIDE = (1 << SIZE_BITS) - 1  #: rows or columns of a map; a window and a stride have no more
MAX_CONCAT = 8  #: maps that one layer of hardware joins; more are joined in several layers
