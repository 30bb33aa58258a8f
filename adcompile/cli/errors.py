"""Bad input on the command line."""


class BadInput(Exception):
    """Told on stderr, with exit status 2. The first line says all; details follow."""
