"""Comments on the lines of Python that build layers, and findings of many layers that one line builds."""

from pathlib import Path

import pytest

from archcalc.importing.imported import python_document
from archcalc.rules.engine.checking import Checked, check_document
from archcalc.rules.selection import Selection
from tests.importing.by_hand import CONV, chain

CURE = "write bias=False in this call: the normalisation has a shift of its own"
NET = """\
class Net(nn.Module):
    def __init__(self):
        self.conv = nn.Conv2d(3, 8, 3){behind}
        self.bn = nn.BatchNorm2d(8)
"""


def checked(text: str, tmp_path: Path, *, helping: bool = False) -> Checked:
    """What is found in a convolution that line 3 builds and a norm that the line behind it does."""
    file = tmp_path / "net.py"
    file.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    conv, norm = (next(n for n, line in enumerate(lines, 1) if word in line) for word in ("Conv2d", "Norm"))
    found = chain(str(file), (conv, "conv", "Conv2d", CONV), (norm, "bn", "BatchNorm2d", {}))
    return check_document(python_document(found), Selection().active(), helping=helping)


def codes(result: Checked) -> list[str]:
    return [found.code for found in result.findings]


def test_a_finding_points_at_the_line_that_builds_the_layer(tmp_path: Path) -> None:
    (found,) = checked(NET.format(behind=""), tmp_path, helping=True).findings
    assert (found.code, found.place.file, found.place.line) == ("AC301", str(tmp_path / "net.py"), 3)
    assert found.source == "        self.conv = nn.Conv2d(3, 8, 3)"
    assert found.source[found.place.column - 1 : found.end - 1] == "nn.Conv2d"
    assert found.hint == CURE
    assert [(cure.words, cure.patch) for cure in found.cures] == [(found.hint, ())]
    assert not found.fixable


@pytest.mark.parametrize(
    "text",
    [
        NET.format(behind="  # archcalc: ignore[AC301] as published"),
        NET.format(behind="  # noqa  # archcalc: ignore[AC301] as published"),
        NET.format(behind="").replace(
            "        self.conv", "        # archcalc: ignore[AC301] as published\n        self.conv"
        ),
        NET.format(behind="").replace(
            "(3, 8, 3)", "(\n            3, 8, 3,\n        )  # archcalc: ignore[AC301] as published"
        ),
        NET.format(behind="").replace(
            "(3, 8, 3)",
            "(\n            3,\n            # archcalc: ignore[AC301] as published\n            8, 3)",
        ),
        NET.format(behind="  # archcalc: ignore[bias-before-norm] as published"),
    ],
    ids=["behind", "behind another", "above", "behind the last line", "inside", "by name"],
)
def test_a_comment_suppresses(text: str, tmp_path: Path) -> None:
    result = checked(text, tmp_path)
    assert [(each.code, each.suppressed) for each in result.suppressed] == [("AC301", "as published")]
    assert not result.findings
    assert len(result.used) == 1


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        (NET.format(behind="  # archcalc: ignore[AC201]"), ["AC002", "AC301"], 3),
        (
            NET.format(behind="").replace(
                "nn.BatchNorm2d(8)", "nn.BatchNorm2d(8)  # archcalc: ignore[AC301]"
            ),
            ["AC301", "AC002"],
            4,
        ),
        (NET.format(behind="  # archcalc: ignore[AC999]"), ["AC003", "AC301"], 3),
        (NET.format(behind="  # archcalc: ignore"), ["AC003", "AC301"], 3),
    ],
    ids=["another code", "another line", "no such code", "no code"],
)
def test_a_comment_that_suppresses_nothing_is_told(
    text: str, told: list[str], line: int, tmp_path: Path
) -> None:
    result = checked(text, tmp_path)
    assert sorted(codes(result)) == sorted(told)
    (remark,) = (found for found in result.findings if found.code != "AC301")
    assert remark.place.line == line
    assert remark.source[remark.place.column - 1 :].startswith(("AC", "#"))


@pytest.mark.parametrize(
    "text",
    [
        f"{NET.format(behind='')}\n\nclass Other:\n    fc = nn.Linear(1, 1)  # archcalc: ignore[AC301]\n",
        NET.format(behind="").replace("(8)", "(8)\n        x = '# archcalc: ignore[AC301]'"),
    ],
    ids=["a line that this network does not run", "a text"],
)
def test_what_is_about_no_layer_of_the_network_is_neither_used_nor_told(text: str, tmp_path: Path) -> None:
    result = checked(text, tmp_path)
    assert codes(result) == ["AC301"]
    assert not result.suppressed


def test_many_layers_of_one_line_are_one_finding(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text("\n\nself.conv = nn.Conv2d(8, 8, 3)\nself.bn = nn.BatchNorm2d(8)\n", encoding="utf-8")
    padded: dict[str, object] = {**CONV, "padding": 1}
    plain: dict[str, object] = {}
    layers: list[tuple[int, str, str, dict[str, object]]] = []
    for turn in range(6):
        layers += [
            (3, f"conv{turn}", "Conv2d", padded),
            (4, f"bn{turn}", "BatchNorm2d", plain),
            (9, f"act{turn}", "ReLU", plain),
        ]
    result = check_document(python_document(chain(str(file), *layers)), Selection().active(), helping=True)
    (found,) = result.findings
    assert (found.code, found.subject, found.also) == ("AC301", "conv0 (Conv2d)", 5)
    assert found.others == ("conv1", "conv2", "conv3", "conv4", "conv5")
    assert found.hint == CURE  # which mends all six: the cure has been tried so


def test_a_file_that_is_gone_has_no_lines_and_no_comments(tmp_path: Path) -> None:
    found = chain(str(tmp_path / "no.py"), (3, "conv", "Conv2d", CONV), (4, "bn", "BatchNorm2d", {}))
    (told,) = check_document(python_document(found), Selection().active()).findings
    assert (told.place.line, told.source) == (3, "")
