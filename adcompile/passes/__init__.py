"""Passes: Function in, Function out."""
