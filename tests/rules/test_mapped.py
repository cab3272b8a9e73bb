"""Networks in a Vmap: a rule finds in them what it finds in the network at one position, and nothing else."""

from typing import TYPE_CHECKING, cast

import pytest
import yaml

from archcalc.rules.engine.checking import check_text
from archcalc.rules.registry import rule
from archcalc.rules.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Selection().active()
SIZE = 3
"""Positions of the axis along which a network is applied."""
SILENT = "AC103 AC105 AC106 AC111 AC112 AC201 AC204 AC207 AC302 AC303 AC304 AC305 AC307 AC309 AC501 AC503"
FOUND = (
    "AC103 AC105 AC106 AC107 AC111 AC112 AC116 AC201 AC202 AC203 AC204 AC206 AC207 AC301 AC302 AC303 AC306"
    " AC307 AC309 AC310 AC312 AC501 AC502 AC504 AC607"
)


def mapped(text: str) -> str | None:
    """The spec with all of its layers in a Vmap, and an axis more in front; None with several inputs."""
    spec = cast("dict[str, object]", yaml.safe_load(text))
    inputs = cast("Mapping[str, object]", spec["inputs"])
    ((name, written), *others) = inputs.items()
    if others or "outputs" in spec or "budgets" in spec:
        return None
    long = cast("Mapping[str, object]", written if isinstance(written, dict) else {"shape": written})
    shape = [SIZE, *cast("list[object]", long["shape"])]
    layers = [{"type": "Vmap", "layers": spec["layers"]}]
    around = {**spec, "inputs": {name: {**long, "shape": shape}}, "layers": layers}
    return yaml.safe_dump(around, sort_keys=False)  # pyright: ignore[reportUnknownMemberType]  # untyped width


@pytest.mark.parametrize("code", SILENT.split())
def test_what_is_right_is_right_along_an_axis(code: str) -> None:
    for text in filter(None, map(mapped, rule(code).good)):
        found = check_text(text, "good.yaml", DEFAULT | {code}).findings
        assert not found, text


@pytest.mark.parametrize("code", FOUND.split())
def test_a_mistake_is_found_along_an_axis(code: str) -> None:
    (text, *_) = filter(None, (mapped(bad.text) for bad in rule(code).bad))
    found = check_text(text, "bad.yaml", DEFAULT | {code}).findings
    assert code in {each.code for each in found}, text
