"""Every derivative rule against finite differences, from tables of calls."""
