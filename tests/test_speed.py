"""Growth is linear in the layers: counted in calls, not in seconds. ``--benchmark-enable`` times it too."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest

from archcalc.analyses.attention import attention
from archcalc.analyses.dilation import dilation_groups
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.summary import summary
from archcalc.json_document import document
from archcalc.loading import Model, load
from archcalc.render import emit
from archcalc.render.summary import summary_table
from archcalc.rules.context import Context
from archcalc.rules.registry import rules
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pytest_benchmark.fixture import BenchmarkFixture

    from archcalc.render.cells import Table


def residual_network(blocks: int) -> Model:
    """A network of equal residual blocks, seven layers each."""
    return load(
        {
            "inputs": {"image": [16, 32, 32]},
            "layers": [{"type": "BasicBlock", "name": "body", "width": 16, "repeat": blocks}],
        }
    )


def calls(work: "Callable[[], object]") -> int:
    """Python calls that ``work`` makes."""
    count = 0

    def profile(_frame: "FrameType", event: str, _argument: Any) -> None:  # noqa: ANN401  sys.setprofile's form
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def found_by_rules(context: Context) -> int:
    """Findings of all rules, those that are off by default among them."""
    return sum(len(list(rule.check(context))) for rule in rules() if rule.check is not None)


def summed_up(model: Model) -> "Table":
    """The table of a summary."""
    network = trace(model)
    return summary_table(summary(network))


STEPS: "dict[str, Callable[[Model], object]]" = {
    "trace": trace,
    "receptive fields": lambda model: receptive_fields(trace(model)),
    "attention": lambda model: attention(trace(model)),
    "rules": lambda model: found_by_rules(Context(model, trace(model))),
    "dilation": lambda model: dilation_groups(trace(model)),
    "table": lambda model: emit.text(summed_up(model)),
    "markdown": lambda model: emit.markdown(summed_up(model)),
    "document": lambda model: document(trace(model)),
}


@pytest.mark.parametrize("step", STEPS)
def test_work_grows_with_the_layers_and_no_faster(step: str) -> None:
    STEPS[step](residual_network(2))  # builds the kinds
    small, large = (calls(partial(STEPS[step], residual_network(blocks))) for blocks in (40, 80))
    assert 1.9 < large / small < 2.1


def test_calls_are_counted() -> None:
    assert calls(lambda: [str(n) and len(str(n)) for n in range(3)]) >= 1
    assert calls(lambda: trace(residual_network(4))) > 2 * calls(lambda: trace(residual_network(1)))


@pytest.mark.parametrize("name", ["resnet50", "vgg16"])
def test_time_of_a_summary(name: str, benchmark: "BenchmarkFixture") -> None:
    text = cast("str", benchmark(lambda: emit.text(summed_up(load(name)))))
    assert text.startswith(name)
