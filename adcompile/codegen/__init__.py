"""From IR to Python text. Knows nothing of derivatives."""
