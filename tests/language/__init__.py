"""What of Python differentiates: the rows of docs/language.md, each with what shows it."""
