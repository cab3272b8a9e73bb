"""The two parsers that PyYAML may have."""

import pytest
import yaml


@pytest.fixture(params=["libyaml", "python"])
def both_parsers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test with the fast parser and with the one that PyYAML falls back to."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
