"""The rows of the table of primitives, by kind of operation."""
