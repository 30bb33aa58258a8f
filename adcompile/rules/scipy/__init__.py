"""Rules of SciPy's functions, a module for each module of SciPy; loaded when first needed."""
