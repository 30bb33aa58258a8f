"""Calling a compiled function: one program a signature, found fast.

The common case is generated: a small function checks the kinds of its arguments inline and
calls the program of the last signature. Anything else goes through `State.slow`: bind, describe,
look up, compile. A compiled function is a `functools.partial` whose function is that dispatcher,
so a call costs one C-level indirection.

pickling <- {targets, failures, guards, inline} <- naming <- state <- {compiled, products};
seeds <- products.
"""
