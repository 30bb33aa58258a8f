"""The intermediate representation: structured SSA with value semantics."""
