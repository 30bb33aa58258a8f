"""Random programs within the supported language."""
