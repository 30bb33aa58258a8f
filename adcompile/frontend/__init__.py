"""From a Python function to IR: source, names, lowering by abstract interpretation."""
