"""Shared fixtures. Real images are read from beside the checkout where they exist; nobody else needs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure; what hangs is ended by pytest-timeout.
settings.register_profile("geoglot", deadline=None)
settings.load_profile("geoglot")

_REPO = Path(__file__).resolve().parents[1]


def _find_shared_data() -> Path | None:
    for parent in _REPO.parents:
        candidate = parent / "shared" / "data"
        if (candidate / "real").is_dir():
            return candidate
    return None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test images; the test is skipped where it is not present."""
    found = _find_shared_data()
    if found is None:
        pytest.skip("no shared/data folder beside the checkout")
    return found


@pytest.fixture(scope="session")
def repo() -> Path:
    """The root of the checkout."""
    return _REPO
