"""For tests that set up the log anew: it writes to a stdout that ends with the test, so what was before is put back."""

from collections.abc import Iterator

import pytest
import structlog

__all__ = ["log_of_its_own"]


@pytest.fixture(autouse=True, name="own_log")
def log_of_its_own() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)
