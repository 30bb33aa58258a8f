"""Random programs over the language that is supported, and what must hold for each of them.

    python -m tests.fuzz --programs 10000 --jobs 2

writes programs 0 to 9999, checks them, shrinks those that fail, and ends with the share of each
outcome. The generator asks for choices (`choices`); hypothesis makes them, or a seed, which is
faster. What a seed chose is replayed by hypothesis, whose shrinker cuts it down.

    choices       where choices come from
    program       a program: its text and its arguments; what is in scope while it is written
    expressions   expressions of known shapes, and views; `forms` is the table of them
    statements    bindings, aliases and writes
    control       branches, loops, what leaves them, try, with, match
    containers    lists, dicts and objects that hold arrays
    functions     helpers, recursion, generators, functions inside functions
    programs      a whole program, as a strategy or of a seed
    harness       the checks: values, effects and arguments against the plain function, reverse
                  against forward mode, both against finite differences, second order, the same
                  compiled function at other sizes and trip counts
    campaign      many programs, the shares of the outcomes, shrinking

A program whose finite differences at two steps disagree counts as a kink: only its values, and
reverse against forward mode, have been compared. A failure that is found becomes a case of the
zoo.
"""
