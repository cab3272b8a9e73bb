"""What a plot shows stands in the terminal's characters, and in the file."""

import re
import sys
from io import BytesIO
from math import inf, log10, nan
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from archcalc.cli.plotting import show_plot
from archcalc.errors import Fault
from archcalc.plotting.figure import TICKS, Figure, PlotAxis, PlotSeries
from archcalc.plotting.files import SUFFIXES, write_plot
from archcalc.plotting.terminal import HEIGHT, plot_text
from tests.disks import full_disk

CORNERS = Figure("corners", PlotAxis("x"), PlotAxis("y", log=True), (PlotSeries("all", ((0, 1), (10, 1e6))),))


def canvas(text: str) -> list[str]:
    """The characters between the left and the right edge, line by line."""
    lines = [line for line in text.splitlines() if "│" in line or "┤" in line]
    return [line.replace("┤", "│").split("│")[1] for line in lines]


def test_the_smallest_and_the_largest_point_lie_in_the_corners() -> None:
    drawn = canvas(plot_text(CORNERS, 60))
    assert drawn[-1].startswith("•")
    assert drawn[0].endswith("•")
    assert sum(line.count("•") for line in drawn) == 2


@pytest.mark.parametrize("width", [10, 60, 80, 300])
def test_a_plot_is_as_wide_as_it_may_be_and_plain(width: int) -> None:
    lines = plot_text(CORNERS, width).splitlines()
    assert max(map(len, lines)) == max(40, min(width, 80))
    assert len(lines) == HEIGHT
    assert "\x1b" not in "".join(lines)


def test_several_series_have_a_legend_and_points_without_a_place_are_counted() -> None:
    figure = Figure(
        "t",
        PlotAxis("x", log=True),
        PlotAxis("y"),
        (
            PlotSeries("first", ((0, 1), (1, 1), (2, nan))),
            PlotSeries("second", ((3, inf), (100, 2)), joined=True),
        ),
    )
    text = plot_text(figure, 80)
    assert "• first   x second" in text
    assert "3 points have no place on these axes" in text
    assert "10" in text


def test_nothing_to_plot_is_said() -> None:
    assert plot_text(Figure("t", PlotAxis("x"), PlotAxis("y"), ()), 80) == "t: nothing to plot\n"


def test_a_lone_point_stands_in_the_middle() -> None:
    drawn = canvas(plot_text(Figure("t", PlotAxis("x"), PlotAxis("y"), (PlotSeries("s", ((5, 5),)),)), 60))
    (row,) = [index for index, line in enumerate(drawn) if "•" in line]
    assert abs(row - len(drawn) / 2) <= 1


@given(
    st.floats(-1e18, 1e18),
    st.floats(1e-3, 1e18),
    st.booleans(),
    st.booleans(),
)
def test_marks_are_few_inside_and_rising(low: float, span: float, log: bool, binary: bool) -> None:  # noqa: FBT001
    axis = PlotAxis("x", log=log, binary=binary)
    low = abs(low) + 1e-3 if log else low
    high = low + span
    ticks = axis.ticks(low, high)
    assert 1 <= len(ticks) <= TICKS + 2
    assert list(ticks) == sorted(ticks)
    rounding = 1e-6 * max(abs(low), abs(high))
    assert all(low - rounding <= each <= high + rounding for each in ticks)


@pytest.mark.parametrize(
    ("axis", "value", "written"),
    [
        (PlotAxis("x"), 0, "0"),
        (PlotAxis("x"), 999, "999"),
        (PlotAxis("x"), 2_500_000, "2.5 M"),
        (PlotAxis("x"), -1_000, "-1 k"),
        (PlotAxis("x", binary=True), 3 * 2**20, "3 Mi"),
        (PlotAxis("x", log=True), 1e-6, "1e-06"),
    ],
)
def test_values_beside_marks(axis: PlotAxis, value: float, written: str) -> None:
    assert axis.written(value) == written


def test_logarithmic_marks_are_powers_of_ten() -> None:
    ticks = PlotAxis("x", log=True).ticks(3, 4e9)
    assert all(log10(each) == int(log10(each)) for each in ticks)
    assert len(ticks) > 2


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_are_drawn_the_same_each_time(suffix: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix.upper()}"
    write_plot(CORNERS, first)
    write_plot(CORNERS, second)
    assert first.read_bytes() == second.read_bytes()
    if suffix == "svg":
        text = first.read_text()
        assert all(f">{each}<" in text for each in ("corners", "x", "y", "1 M", "10"))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"cannot draw into 'a\.gif'"):
        write_plot(CORNERS, tmp_path / "a.gif")
    with pytest.raises(Fault, match="No such file or directory"):
        write_plot(CORNERS, tmp_path / "no" / "a.png")


def test_a_picture_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "a.png", tmp_path / "b.png"
    write_plot(CORNERS, old)
    before = old.read_bytes()
    for file in (old, new):
        with full_disk(), pytest.raises(Fault, match=f"cannot write {re.escape(str(file))}: File too large"):
            write_plot(CORNERS, file)

    def interrupted(_self: object, file: Path | BytesIO, **_options: object) -> None:
        if isinstance(file, Path):
            file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", interrupted)
    for file in (old, new):
        with pytest.raises(KeyboardInterrupt):
            write_plot(CORNERS, file)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": before}


@pytest.mark.parametrize("library", ["plotext", "matplotlib"])
def test_a_missing_library_is_named_with_its_extra(
    library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(typer.Exit) as stopped:
        show_plot(
            CORNERS, here=library == "plotext", file=tmp_path / "a.png" if library == "matplotlib" else None
        )
    assert stopped.value.exit_code == 2
    assert capsys.readouterr().err == f"a plot needs {library}, an extra: pip install 'archcalc[plot]'\n"
