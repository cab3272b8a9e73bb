"""Arguments of one layer: all values that torch's own module has the wanted size with, and no others."""

import warnings
from typing import TYPE_CHECKING, NamedTuple

import pytest
import torch

from archcalc import Fault
from archcalc.solving.one_layer import LoneLayer, argument_varied, layer_solution
from archcalc.solving.wants import wants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.solving.one_layer import LayerSolution

MOST = 40


class Question(NamedTuple):
    """A layer, the argument that is looked for, the sizes behind the channels, and what gives them."""

    kind: str
    shape: tuple[int, ...]
    arguments: "Mapping[str, object]"
    key: str
    output: tuple[int, ...]
    answer: tuple[int, ...]


QUESTIONS = [
    Question("Conv2d", (3, 224, 224), {"kernel_size": 7, "stride": 2}, "padding", (112, 112), (3,)),
    Question("Conv2d", (3, 224, 224), {"stride": 2, "padding": 3}, "kernel_size", (112, 112), (7, 8)),
    Question("Conv1d", (3, 100), {"kernel_size": 5}, "stride", (12,), (8,)),
    Question("Conv2d", (4, 64, 64), {"kernel_size": 3, "padding": 4}, "dilation", (64, 64), (4,)),
    Question("Conv3d", (2, 16, 16, 16), {"kernel_size": 3, "stride": 3}, "padding", (6, 6, 6), (1, 2)),
    Question("Conv1d", (3, 31), {"kernel_size": 4, "padding": 1}, "stride", (4,), (8, 9)),
    Question(
        "ConvTranspose2d",
        (8, 56, 56),
        {"kernel_size": 3, "stride": 2, "padding": 1},
        "output_padding",
        (112, 112),
        (1,),
    ),
    Question("ConvTranspose2d", (8, 28, 28), {"stride": 2, "padding": 1}, "kernel_size", (56, 56), (4,)),
    Question(
        "ConvTranspose1d",
        (8, 10),
        {"kernel_size": 5, "output_padding": 2, "padding": 1},
        "stride",
        (41,),
        (4,),
    ),
    Question("MaxPool2d", (8, 112, 112), {"stride": 2, "padding": 1}, "kernel_size", (56, 56), (3, 4)),
    Question(
        "MaxPool2d",
        (8, 112, 112),
        {"kernel_size": 3, "stride": 2, "ceil_mode": True},
        "padding",
        (56, 56),
        (0,),
    ),
    Question("AvgPool1d", (8, 33), {"kernel_size": 4, "ceil_mode": True}, "stride", (9,), (4,)),
    Question("MaxPool1d", (8, 33), {"kernel_size": 3, "stride": 4}, "dilation", (5,), (7, 8)),
    Question("Conv2d", (3, 32, 32), {"kernel_size": 4, "stride": 1}, "padding", (32, 32), ()),
    Question("ConvTranspose1d", (8, 10), {"kernel_size": 3, "stride": 2}, "output_padding", (30,), ()),
]


def solved(question: Question) -> "LayerSolution":
    layer = LoneLayer(question.kind, {"x": list(question.shape)}, question.arguments)
    wanted = wants([f"output={','.join(map(str, question.output))}"])
    return layer_solution(argument_varied(layer, question.key), wanted, range(MOST + 1))


def by_torch(question: Question, value: object) -> tuple[int, ...] | None:
    """The sizes behind the channels of torch's module; None: it refuses the value."""
    channels = {"in_channels": question.shape[0], "out_channels": question.shape[0]}
    given = (channels if "Conv" in question.kind else {}) | dict(question.arguments) | {question.key: value}
    # The meta device does not look at output_padding; what is small runs as it is.
    device = "cpu" if len(question.shape) < 3 else "meta"
    with warnings.catch_warnings(), torch.device(device):
        warnings.simplefilter("ignore")
        try:
            module = getattr(torch.nn, question.kind)(**given)
            return tuple(module(torch.empty(1, *question.shape)).shape[2:])
        except (RuntimeError, ValueError, ZeroDivisionError):
            return None


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q.kind}-{q.key}-{q.output[0]}")
def test_all_values_that_torch_takes(question: Question) -> None:
    found = solved(question)
    assert found.same.kept == question.answer
    sizes = {value: by_torch(question, value) for value in range(MOST + 1)}
    assert [value for value, size in sizes.items() if size == question.output] == list(question.answer)
    for row in found.same.rows:
        figure = row.figures["output_shape"]
        assert isinstance(figure, tuple)
        assert figure[1:] == sizes[row.value]


def test_where_there_is_none_the_nearest_and_why() -> None:
    found = solved(QUESTIONS[-2]).same
    assert [(gap.below, gap.above, gap.neighbours) for gap in found.gaps] == [(1, 2, True)]
    found = solved(QUESTIONS[-1]).same
    assert not found.found
    assert [row.value for row in found.rows] == [1]
    assert any("output_padding 2 is not less than the stride 2" in each.reason for each in found.refused)


def test_a_value_for_every_axis_on_its_own() -> None:
    question = Question("Conv2d", (3, 224, 200), {"kernel_size": 7, "stride": 2}, "padding", (112, 99), ())
    found = solved(question)
    assert not found.same.kept
    assert found.each == ((3, 2),)
    assert by_torch(question, (3, 2)) == question.output


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("paddin", "Conv2d has no argument 'paddin'; did you mean 'padding'"),
        ("bias", "bias of Conv2d is no whole number but true"),
        ("bias", "solve tries whole numbers"),
    ],
)
def test_mistakes_are_told(key: str, told: str) -> None:
    with pytest.raises(Fault, match=told):
        argument_varied(LoneLayer("Conv2d", {"x": [3, 8, 8]}, {"kernel_size": 3}), key)
