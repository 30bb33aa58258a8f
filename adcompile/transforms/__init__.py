"""Transforms: IR in, IR out. Linearise, then interleave (forward) or transpose (reverse)."""
