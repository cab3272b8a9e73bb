"""Suppressions: by the file, by layers and what is around them, by comments; unused and unknown ones."""

import re

import pytest

from archcalc.rules.engine.checking import Checked, check_text
from archcalc.rules.registry import RULES
from archcalc.rules.selection import Selection

DEFAULT = Selection().active()
HEAD = "inputs: {image: [3, 16, 16]}\n"
CONV = "type: Conv2d, out_channels: 8, kernel_size: 3"


def checked(text: str, active: frozenset[str] = DEFAULT) -> Checked:
    return check_text(text, "a.yaml", active)


def found(text: str, active: frozenset[str] = DEFAULT) -> list[str]:
    return [f"{each.place.line}:{each.place.column} {each.code}" for each in checked(text, active).findings]


SUPPRESSED = {
    "by the layer": f"layers:\n  - {{{CONV}, ignore: [AC301]}}\n  - BatchNorm2d\n",
    "by the beginning of a code": f"layers:\n  - {{{CONV}, ignore: [AC3]}}\n  - BatchNorm2d\n",
    "by the file": f"ignore: [AC301]\nlayers:\n  - {{{CONV}}}\n  - BatchNorm2d\n",
    "by a container": (
        f"layers:\n  - type: Sequential\n    ignore: [AC301]\n    layers:\n      - {{{CONV}}}\n"
        "      - BatchNorm2d\n"
    ),
    "by the branch of a residual": (
        "layers:\n  - type: Residual\n    ignore: [AC301]\n    body:\n"
        "      - {type: Conv2d, out_channels: 3, kernel_size: 1}"
        "\n      - BatchNorm2d\n"
    ),
    "by the use of a block": (
        f"blocks:\n  unit:\n    layers:\n      - {{{CONV}}}\n      - BatchNorm2d\nlayers:\n"
        "  - {type: unit, ignore: [AC301]}\n"
    ),
    "by a comment on the line": (
        f"layers:\n  - {{{CONV}}}  # archcalc: ignore[AC301] because\n  - BatchNorm2d\n"
    ),
    "by a comment above": f"layers:\n  # archcalc: ignore[AC301] because\n  - {{{CONV}}}\n  - BatchNorm2d\n",
    "by a comment some lines above": (
        f"layers:\n  # archcalc: ignore[AC301] because\n\n  # more\n  - {{{CONV}}}\n  - BatchNorm2d\n"
    ),
    "by a comment behind any line of the layer": (
        "layers:\n  - type: Conv2d\n    out_channels: 8  # archcalc: ignore[AC301] because\n"
        "    kernel_size: 3\n"
        "    bias: true\n  - BatchNorm2d\n"
    ),
    "by a comment behind the first line, at a key": (
        "layers:\n  - type: Conv2d  # archcalc: ignore[AC301]\n    out_channels: 8\n"
        "    kernel_size: 3\n    bias: true\n"
        "  - BatchNorm2d\n"
    ),
    "by a comment on a bare word": (
        "layers:\n  - {type: Conv2d, name: a, out_channels: 8, kernel_size: 3}\n"
        "  - ReLU  #archcalc:ignore[ AC101 ]\n"
        "  - {type: Tanh, from: a}\n"
    ),
    "by a comment behind that of another tool": (
        f"layers:\n  - {{{CONV}}}  # noqa: E501  # archcalc: ignore[AC301] because\n  - BatchNorm2d\n"
    ),
    "by a comment on a budget": (
        "layers:\n  - ReLU\nbudgets: {params: '> 1'}  # archcalc: ignore[AC701] later\n"
    ),
}


@pytest.mark.parametrize("text", SUPPRESSED.values(), ids=SUPPRESSED)
def test_suppressed(text: str) -> None:
    result = checked(HEAD + text)
    assert not result.findings
    assert len(result.suppressed) == 1
    reason = result.suppressed[0].suppressed
    assert reason is not None
    assert ("because" in text) == (reason == "because")


def test_without_the_suppression_each_is_found() -> None:
    for text in SUPPRESSED.values():
        bare = "\n".join(line.split("#")[0] for line in text.splitlines())
        bare = (
            bare.replace(", ignore: [AC301]", "")
            .replace(", ignore: [AC3]", "")
            .replace("ignore: [AC301]", "")
        )
        assert [each.code for each in checked(HEAD + bare).findings] in (["AC301"], ["AC101"], ["AC701"])


def test_several_codes_in_one_comment() -> None:
    text = f"layers:\n  - {{{CONV}}}  # archcalc: ignore[AC301,AC101 , AC201]\n  - BatchNorm2d\n"
    assert found(HEAD + text) == ["3:79 AC002", "3:87 AC002"]


UNUSED = {
    f"layers:\n  - {{{CONV}, ignore: [AC301]}}\n": ["3:62 AC002"],
    "layers:\n  - ReLU  # archcalc: ignore[AC101]\n": ["3:30 AC002"],
    "ignore: [AC701]\nlayers:\n  - ReLU\n": ["2:10 AC002"],
    f"layers:\n  - {{{CONV}, ignore: [AC301, AC999]}}\n  - BatchNorm2d\n": ["3:69 AC003"],
    "layers:\n  - ReLU  # archcalc: ignore\n": ["3:11 AC003"],
    "layers:\n  - ReLU  # archcalc: ignore[]\n": ["3:11 AC003"],
    "layers:\n  - ReLU  # archcalc: ignore[bias]\n": ["3:30 AC003"],
    # The file's own suppression is not needed where the layer has one.
    f"ignore: [AC301]\nlayers:\n  - {{{CONV}, ignore: [AC301]}}\n  - BatchNorm2d\n": ["2:10 AC002"],
}


@pytest.mark.parametrize("text", UNUSED)
def test_what_suppresses_nothing_is_found(text: str) -> None:
    assert found(HEAD + text) == UNUSED[text]


def test_a_misspelt_code_has_a_hint() -> None:
    (finding,) = checked(HEAD + "layers:\n  - {type: ReLU, ignore: [AC391]}\n").findings
    assert "AC301" in finding.hint


SILENT = {
    "a rule that does not run": f"layers:\n  - {{{CONV}, ignore: [AC301]}}\n",
    "a layer that is left out": (
        f"vars: {{wide: false}}\nlayers:\n  - ReLU\n  - {{{CONV}, when: =wide, ignore: [AC101]}}\n"
    ),
    "a comment at a layer that is left out": (
        f"vars: {{wide: false}}\nlayers:\n  - ReLU\n  - {{{CONV}, when: =wide}}  # archcalc: ignore[AC101]\n"
    ),
    "a block that is not used": (
        f"blocks:\n  unit:\n    layers:\n      - {{{CONV}, ignore: [AC101]}}\nlayers: [ReLU]\n"
    ),
    "a text that only looks like a comment": (
        'note: "x # archcalc: ignore[AC101]"\nlayers:\n'
        "  - {type: ReLU, note: a  #b archcalc: ignore[AC101]\n }\n"
    ),
    "a block text": "note: |\n  # archcalc: ignore[AC101]\nlayers: [ReLU]\n",
    "another word": "layers: [ReLU]  # archcalc: a fine tool\n",
    "a word glued to it": "layers: [ReLU]  # archcalc: ignores[AC101]\n",
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_cannot_be_judged_is_no_finding(text: str) -> None:
    assert not found(HEAD + text, DEFAULT - {"AC301"})


def test_suppressions_that_name_rules_which_are_off_are_not_judged() -> None:
    text = HEAD + f"layers:\n  - {{{CONV}, ignore: [AC3]}}\n"
    assert found(text) == (["3:62 AC002"] if {code for code in RULES if code[:3] == "AC3"} <= DEFAULT else [])
    assert not found(text, DEFAULT - {"AC301"})


def test_the_file_can_ignore_what_is_said_about_suppressions() -> None:
    text = HEAD + f"ignore: [AC00]\nlayers:\n  - {{{CONV}, ignore: [AC301, AC999]}}\n"
    result = checked(text)
    assert not result.findings
    assert sorted(each.code for each in result.suppressed) == ["AC002", "AC003"]


def test_errors_of_a_spec_cannot_be_suppressed_in_it() -> None:
    text = HEAD + "ignore: [AC001]\nlayers:\n  - {type: Linea, ignore: [AC001]}  # archcalc: ignore[AC001]\n"
    assert [each.code for each in checked(text).findings] == ["AC001"]


def test_the_file_cannot_ignore_the_remark_about_its_own_ignore() -> None:
    assert found(HEAD + "ignore: [AC002]\nlayers: [ReLU]\n") == ["2:10 AC002"]


HOLES = """\
inputs: {x: [4, 64]}
layers:
  - {type: CausalConv, out_channels: 4, kernel_size: 2, dilation: 2%s}
  - {type: CausalConv, out_channels: 4, kernel_size: 2, dilation: 2%s}%s
"""


def test_a_finding_inside_a_shipped_block_points_at_the_use() -> None:
    (finding,) = checked(HOLES % ("", "", "")).findings
    assert (finding.code, finding.place.line, finding.place.column) == ("AC201", 4, 5)
    assert re.search(r"\(in \S*CausalConv\.yaml:\d+:\d+\)$", finding.message)
    assert not finding.fixable


@pytest.mark.parametrize("where", [(", ignore: [AC201]", ""), ("", "  # archcalc: ignore[AC201] so be it")])
def test_the_use_of_a_shipped_block_suppresses(where: tuple[str, str]) -> None:
    result = checked(HOLES % ("", *where))
    assert not result.findings
    assert [each.code for each in result.suppressed] == ["AC201"]


def test_what_a_shipped_block_ignores_in_itself_is_suppressed_where_it_is_used() -> None:
    head = "inputs: {frames: [40, 16]}\nlayers:\n"
    result = checked(head + "  - {type: ConformerBlock, num_heads: 2, repeat: 2}\n")
    assert not result.findings
    ((line, code, reason),) = ((each.place.line, each.code, each.suppressed) for each in result.suppressed)
    assert (line, code, reason) == (3, "AC301", "torchaudio's has a bias")


@pytest.mark.parametrize(
    ("code", "hint"), [("ac301", "did you mean 'AC301'?"), ("ac3", "did you mean 'AC3'?"), ("", "lists them")]
)
def test_a_code_in_small_letters_is_told_in_capitals(code: str, hint: str) -> None:
    result = checked(f"{HEAD}layers:\n  - {{{CONV}, ignore: ['{code}']}}\n")
    assert [each.code for each in result.findings] == ["AC003"]
    assert hint in result.findings[0].hint
