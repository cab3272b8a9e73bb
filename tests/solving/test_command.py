"""``archcalc solve`` on the command line: exit codes, and mistakes told without a traceback."""

import json

import pytest

from tests.cli.running import run

CONV = ("solve", "Conv2d", "3,32,32", "kernel_size=4")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("solve", "lenet5", "--for", "classes", "--want", "params=1M", "--range", "1..20000"), 0),
        (("solve", "lenet5", "--for", "classes", "--want", "params=1M", "--range", "1..20"), 1),
        (("solve", "lenet5", "--for", "classes", "--sizes"), 0),
        ((*CONV, "--for", "padding", "--want", "output=33"), 0),
        ((*CONV, "--for", "padding", "--want", "output=2"), 1),
        ((*CONV, "--for", "padding", "--sizes"), 0),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, *words)
    assert ran.code == code
    assert not ran.err
    assert ("no answer" in ran.out) == (code == 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lenet5",), "needs --for NAME"),
        (("lenet5", "--for", "classes"), "nothing is wanted"),
        (("lenet5", "--for", "clases", "--want", "params=1M"), "did you mean 'classes'"),
        (("lenet5", "--for", "classes", "--want", "parameters=1M"), "no quantity 'parameters'"),
        (("lenet5", "--for", "classes", "--want", "params=1M", "--range", "many"), "needs whole numbers"),
        (("lenet5", "--for", "classes", "--want", "params=1M", "--range", "9..3"), "leads from 9"),
        (("lenet5", "--for", "classes", "--want", "params=1M", "--sizes"), "neither --want nor"),
        (("lenet5", "c1", "--for", "classes", "--want", "params=1M"), "takes one SPEC"),
        (("resnet18", "--for", "size", "--want", "params=1M"), "size changes nothing of params"),
        (("torch.nn:ReLU", "--for", "x", "--want", "params=1M"), "is read at one size"),
        (("Conv2d", "--for", "padding", "--want", "output=3"), "needs the shape that arrives"),
        (("Conv2d", "3,8,8", "--for", "paddin", "--want", "output=3"), "did you mean 'padding'"),
        (("Conv2d", "3,8,8", "--for", "padding", "--want", "output=3", "kernel=3"), "unknown key 'kernel'"),
    ],
)
def test_mistakes_are_told(words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "solve", *words)
    assert ran.code == 2, ran.out
    assert told in " ".join(ran.err.replace("│", " ").split())


def test_json_has_all_values(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "solve", "unet", "--for", "width", "--want", "params<=20M", "--format", "json")
    found = json.loads(ran.out)
    assert found["values"] == list(range(1, 52))
    assert found["rows"][-1] == {
        "value": 52,
        "figures": {"params": 20486234},
        "answer": "not params<=20M",
    }
