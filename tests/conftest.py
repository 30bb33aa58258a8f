"""Options and fixtures that every test module may use."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        default=False,
        help="rewrite the golden files of generated source instead of comparing with them",
    )
    parser.addoption(
        "--full-zoo",
        action="store_true",
        default=False,
        help="run every nesting of second order on every zoo function (minutes)",
    )
    parser.addoption(
        "--disk-cache",
        metavar="FOLDER",
        help="let tests find programs that an earlier run has kept there: all must hold for them",
    )


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(autouse=True)
def verified_ir(monkeypatch: pytest.MonkeyPatch) -> None:
    """The IR is verified after every pass."""
    monkeypatch.setattr("adcompile.ir.verify.CHECK", True)


@pytest.fixture(autouse=True)
def no_disk_cache(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A test must see the compiler at work, not what an earlier run left in the user's cache."""
    kept = request.config.getoption("--disk-cache")
    if kept is None:
        monkeypatch.setenv("ADCOMPILE_CACHE", "0")
    else:
        monkeypatch.setenv("ADCOMPILE_CACHE", "1")
        monkeypatch.setenv("ADCOMPILE_CACHE_DIR", kept)
