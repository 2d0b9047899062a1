"""Fixtures that need no model: an extractor that finds planted words."""

from __future__ import annotations

import os
import signal

import pytest

# Before torch is loaded: its idle threads sleep, or tests on a busy machine spend their time waiting for each other.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from fakes import FakeExtractor

from elmtex.schema import CategorySchema, load_schema

# A shell's background job ignores Ctrl+C, and so would the programs that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def fake_extractor() -> FakeExtractor:
    return FakeExtractor()


@pytest.fixture
def elmtex_schema() -> CategorySchema:
    return load_schema("elmtex")
