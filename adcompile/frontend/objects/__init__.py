"""User objects: attributes by the rules of their class, methods, operators, construction.

An object is a container whose contents are its attributes.
"""
