"""Derivative rules: a few lines of Python each, next to their kin."""
