"""Loops: unrolled over what is known, else counted or tested, with a header of what they carry.

A header is found by trial (`header`): the body is lowered with a guess of what changes, the guess
is corrected by what did change (`specs`, `growing`), until nothing is left to correct.
"""
