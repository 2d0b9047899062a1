"""Fixtures that need no model: an extractor that finds planted words."""

from __future__ import annotations

import os
import signal

import pytest

# Before torch is loaded: its idle threads sleep, or tests on a busy machine spend their time waiting for each other.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if "PYTEST_XDIST_WORKER" in os.environ:  # a core each
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from fakes import FakeExtractor

from elmtex.schema import CategorySchema, load_schema

# A shell's background job ignores Ctrl+C, and so would the programs that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_data(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test writes into the user's data directory; and pytest's folders are made before a page moves TMPDIR."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture
def fake_extractor() -> FakeExtractor:
    return FakeExtractor()


@pytest.fixture
def elmtex_schema() -> CategorySchema:
    return load_schema("elmtex")
