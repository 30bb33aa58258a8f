"""Python's builtins."""
