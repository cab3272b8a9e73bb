"""The generated pages are those of the files they are made from."""

from pathlib import Path

import pytest

from archcalc.render.pages import blocks_page

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {"blocks.md": blocks_page}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_fresh(name: str, request: pytest.FixtureRequest) -> None:
    path, page = DOCS / name, PAGES[name]()
    if request.config.getoption("--write-golden"):
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page
