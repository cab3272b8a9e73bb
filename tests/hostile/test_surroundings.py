"""What stands around a command: variables of the environment that are no sizes of any window."""

import pytest

from archcalc.cli import app, window
from tests.cli.running import run

HUGE = "9" * 5000
"""More digits than Python reads as a number."""


@pytest.mark.parametrize("name", app.SIZES)
@pytest.mark.parametrize("said", ["100000000", HUGE, "0", "00", "-1", "abc", "\u00b2", "1", "", " 5"])
@pytest.mark.parametrize("words", [("shapes",), ("layers", "Conv2d"), ("--help",)], ids=" ".join)
def test_no_size_of_a_window_is_believed_that_none_has(
    words: tuple[str, ...],
    said: str,
    name: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, said)
    ran = run(capsys, *words)
    assert ran.code == (2 if words == ("shapes",) else 0)
    longest = max(map(len, (ran.out + ran.err).splitlines()))
    assert window.NARROWEST <= longest <= window.WIDEST
    if words == ("shapes",):
        assert "Missing argument" in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("80", "80"),
        ("0080", "80"),
        ("7", "20"),
        ("10001", "10000"),
        (HUGE, "10000"),
        ("0", None),
        ("x", None),
    ],
)
def test_sizes_that_a_window_may_have_are_left(said: str, believed: str | None) -> None:
    variables = {"COLUMNS": said, "OTHER": said}
    window.believable(app.SIZES, variables)
    assert variables == {"OTHER": said} | ({"COLUMNS": believed} if believed else {})


def test_a_low_window_is_left_as_low_as_it_is() -> None:
    variables = {"LINES": "3", "COLUMNS": "3"}
    window.believable(app.SIZES, variables)
    assert variables == {"LINES": "3", "COLUMNS": str(window.NARROWEST)}
