"""Where the page of a rule is: its address in ``docs/rules.md``."""

import os
from functools import cache
from pathlib import Path

from archcalc.rules.registry import NAMES

VARIABLE = "ARCHCALC_PAGES"
"""Environment variable with the address under which the pages can be read by whoever gets a report."""
PACKAGE = Path(__file__).parent.parent
PLACES = (PACKAGE / "docs" / "rules.md", PACKAGE.parent / "docs" / "rules.md")
"""In the installed package, and beside it in a checkout."""


def anchor(code: str) -> str:
    """The name of a rule's page within the document, as Markdown makes it from the heading."""
    return f"{code.lower()}-{NAMES[code]}"


def page_address(code: str) -> str:
    """The address of a rule's page; empty where the document is nowhere."""
    document = _document(os.environ.get(VARIABLE, ""))
    return f"{document}#{anchor(code)}" if document else ""


@cache
def _document(published: str) -> str:
    """The address of the document: where it is published, else the file on this machine."""
    if published:
        return published.partition("#")[0]
    return next((path.resolve().as_uri() for path in PLACES if path.is_file()), "")
