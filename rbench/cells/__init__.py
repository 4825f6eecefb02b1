"""A cell is encoder x recipe x target: the grammars of the two, and what may be combined."""
