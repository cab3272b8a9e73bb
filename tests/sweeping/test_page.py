"""The page on sweeps: its Python runs, and finds what it says."""

import re
from pathlib import Path
from typing import cast

from archcalc.quantities.table import QUANTITIES

PAGE = (Path(__file__).parent.parent.parent / "docs" / "sweep.md").read_text(encoding="utf-8")


def test_the_code_runs_and_keeps_the_constraint() -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    names: dict[str, object] = {}
    exec(compile(code, "docs/sweep.md", "exec"), names)  # noqa: S102  the page's own code
    best, costs = names["best"], cast("dict[tuple[int, ...], tuple[int, int]]", names["costs"])
    assert len(costs) == 8 * 3 * 3
    params, macs = costs[tuple(best.params.values())]  # type: ignore[attr-defined]  # a trial
    assert params <= 1_000_000
    assert macs <= 40_000_000
    assert any(macs > 40_000_000 for _, macs in costs.values()), "the constraint leaves some out"


def test_the_page_names_every_quantity() -> None:
    assert not [name for name in QUANTITIES if f"`{name}`" not in PAGE]
