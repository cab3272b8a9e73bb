"""Options of the test run."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-golden`` writes the files of expected output anew; look at the difference before a commit."""
    parser.addoption("--write-golden", action="store_true", help="write the expected outputs anew")
