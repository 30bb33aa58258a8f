"""Calls, from the callee to the statements or the inlined body that they become."""
