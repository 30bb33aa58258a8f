"""The test suite is a package, so that test modules can share helpers and the function zoo."""
