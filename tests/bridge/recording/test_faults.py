"""What is said of networks that cannot be recorded."""

import re

import pytest
from torch import nn

from archcalc.bridge.recording import record, recorded
from archcalc.bridge.recording.inputs import Inputs
from archcalc.errors import Fault
from archcalc.facts import Tensor
from tests.bridge.recording import networks

HERE = "tests.bridge.recording.networks"
FILE = r"tests/bridge/recording/networks\.py"
FOUR = Tensor((4,))


@pytest.mark.parametrize(
    ("factory", "inputs", "text"),
    [
        (f"{HERE}:nothing", [FOUR], "there is no 'nothing' in tests.bridge.recording.networks"),
        (f"{HERE}:functional", [FOUR], "is a module, and makes no module"),
        (f"{HERE}:raising", [FOUR], rf"raising fails: ValueError: no such size; at .*{FILE}:\d+"),
        (f"{HERE}:numberless", [FOUR], r"makes an int, no torch\.nn\.Module"),
        (
            f"{HERE}:Failing",
            [Tensor((3, 9, 9))],
            rf"^a run on image \[2, 3, 9, 9\] fails in body\.1 \(Conv2d\): .*{FILE}:FIRST.* {FILE}:SECOND$",
        ),
        (f"{HERE}:Net", [FOUR], r"fails in the module itself \(Net\): NotImplementedError"),
        (
            f"{HERE}:Structured",
            [FOUR],
            "^forward of Structured needs other as well: 1 input arrives; state .* each of x, other$",
        ),
        (
            f"{HERE}:Residual",
            [FOUR, FOUR],
            "^forward of Residual takes x: 2 inputs arrive; state one input for each of x$",
        ),
        (
            f"{HERE}:Looping",
            [FOUR],
            rf"^torch.Tensor.unbind depends on .*: 2 parts with 2, 3 parts with 3; [^\n]*\nat {FILE}:\d+$",
        ),
    ],
)
def test_faults_say_where(factory: str, inputs: Inputs, text: str) -> None:
    lines = open(networks.__file__, encoding="utf-8").read().splitlines()  # noqa: SIM115, PTH123
    built = next(at for at, line in enumerate(lines, 1) if "nn.Conv2d(9, 8, 3)" in line)
    called = next(at for at, line in enumerate(lines, 1) if "return self.body(image)" in line)
    with pytest.raises(Fault) as caught:
        record(factory, {}, inputs)
    wanted = text.replace("FIRST", str(built)).replace("SECOND", str(called))
    assert re.search(wanted, str(caught.value)), caught.value


def test_inputs_go_by_name_where_forward_has_them_and_else_in_order() -> None:
    seen = recorded(lambda: nn.Bilinear(3, 4, 5), {"input2": FOUR, "input1": Tensor((3,))}, f"{HERE}:x")
    assert [seen.values[at].sizes[1] for at in seen.inputs.values()] == [4, 3]
    seen = recorded(nn.Identity, {"image": FOUR}, f"{HERE}:x")
    assert list(seen.inputs) == ["image"]
