"""The generated pages are those of the files they are made from."""

import re
from pathlib import Path

import pytest

from archcalc.render.pages import blocks_page
from archcalc.render.rule_pages import rules_markdown, rules_page

ROOT = Path(__file__).parent.parent
PAGES = {"blocks.md": blocks_page, "rules.md": rules_page}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_fresh(name: str, request: pytest.FixtureRequest) -> None:
    path, page = ROOT / "docs" / name, PAGES[name]()
    if request.config.getoption("--write-golden"):
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page


def test_readme_lists_the_rules(request: pytest.FixtureRequest) -> None:
    path = ROOT / "README.md"
    old = path.read_text(encoding="utf-8")
    between = re.compile(r"(?<=<!-- rules -->\n).*(?=<!-- end of rules -->)", re.DOTALL)
    new, places = between.subn(lambda _: rules_markdown(), old)
    if request.config.getoption("--write-golden"):
        path.write_text(new, encoding="utf-8")
    assert places == 1
    assert path.read_text(encoding="utf-8") == new
