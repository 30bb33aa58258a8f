"""Rows and rules of scipy.special, a module for each family of functions.

Formulas: NIST Digital Library of Mathematical Functions, the equation named at each rule. Where
one cancels, it is replaced there by a series, an integral or another function that does not: in
the first derivative and, since rules are differentiated like any code, in the second.
"""

from adcompile.rules.scipy.special import others as others
