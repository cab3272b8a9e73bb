"""The tables of docs/macs.md are those that the conventions and the devices give."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.counting.conventions.registry import CONVENTIONS
from archcalc.counting.devices import DEVICES
from tests.counting.measured import CASES, Case
from tests.counting.test_conventions import counted, rounded, traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

PAGE = Path(__file__).parent.parent.parent / "docs" / "macs.md"
ALL = ("hand", *CONVENTIONS)


def _cell(case: Case, peer: str) -> str:
    network, hand = traced(case), case.measured[0]
    if peer in CONVENTIONS and any(CONVENTIONS[peer].of(network, layer) is None for layer in network.layers):
        return "."
    found = counted(network, peer)
    if isinstance(hand, str):
        return f"{rounded(found, hand)} G"
    return f"{int(found):,}" if found.denominator == 1 else f"{float(found):,}"


def conventions() -> "Iterator[str]":
    """The layers through all conventions."""
    yield f"| case | {' | '.join(ALL)} |"
    yield f"|---|{'---:|' * len(ALL)}"
    for case in CASES:
        yield f"| {case.name} | {' | '.join(_cell(case, peer) for peer in ALL)} |"


def counts() -> "Iterator[str]":
    """What every convention counts."""
    for each in CONVENTIONS.values():
        yield f"- `{each.name}` ({each.tool}): {each.counts}."


def devices() -> "Iterator[str]":
    """What every device does at most."""
    yield "| name | device | GB/s | TFLOPS by dtype | source |"
    yield "|---|---|---:|---|---|"
    for each in DEVICES.values():
        peaks = ", ".join(f"{dtype} {flops / 1e12:g}" for dtype, flops in each.peak.items())
        yield f"| `{each.name}` | {each.title} | {each.bandwidth / 1e9:,.0f} | {peaks} | {each.source} |"


def test_tables_are_fresh(request: "pytest.FixtureRequest") -> None:
    old = new = PAGE.read_text(encoding="utf-8")
    for name, lines in (("conventions", conventions()), ("counts", counts()), ("devices", devices())):
        between = re.compile(rf"(?<=<!-- {name} -->\n).*(?=<!-- end of {name} -->)", re.DOTALL)
        table = "".join(f"{line}\n" for line in lines)
        new, places = between.subn(table.replace("\\", r"\\"), new)
        assert places == 1, name
    if request.config.getoption("--write-golden"):
        PAGE.write_text(new, encoding="utf-8")
        old = new
    assert old == new
