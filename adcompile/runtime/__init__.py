"""The few helpers that generated code may call. NumPy and the standard library only."""
