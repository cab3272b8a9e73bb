"""Files that would harm a check: they end in a finding or are passed over, quickly."""

import sys
import time
from pathlib import Path

import pytest

from archcalc.errors import MAX_PROBLEMS
from archcalc.render.findings import Ink, finding_text
from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection
from tests.cli.running import run
from tests.hostile.bad_specs import BAD, Bad
from tests.rules.specs import BIAS

DEFAULT = Selection().active()
BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{last}, *{last}, *{last}]\n"
    for last, name in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True)
)
FILES = {
    "bomb": BOMB + "inputs: {x: [3]}\nlayers: *q\n",
    "deep": "inputs: {x: [3]}\nlayers: " + "[" * 5000 + "\n",
    "large": "inputs: {x: [3]}\nlayers:\n" + "  - ReLU\n" * 600_000,
    "many layers": "inputs: {x: [3]}\nlayers:\n  - {type: ReLU, repeat: 10000}\n",
    "long line": "inputs: {x: [3]}\nlayers: [" + "ReLU, " * 9000 + "Relu]\n",
    "long comment": "inputs: {x: [3]}\nlayers: [ReLU]  # archcalc: ignore[" + "AC999, " * 3000 + "]\n",
    "many comments": "inputs: {x: [3]}\nlayers:\n" + "  - Identity  # archcalc: ignore[AC101]\n" * 4000,
    "many marks": "inputs: {x: [3]}\nlayers: [ReLU]\n# archcalc: " + "# " * 100_000 + "\n",
    "ignore of everything": "inputs: {x: [3]}\nignore: [" + "AC301, " * 5000 + "AC1]\nlayers: [ReLU]\n",
    "two documents": "inputs: {x: [3]}\nlayers: [ReLU]\n---\ninputs: {x: [3]}\nlayers: [ReLU]\n",
    "half characters": 'inputs: {"\\ud800": [3]}\nlayers: [ReLU]\n',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_hostile_file_ends_quickly_in_findings(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(BIAS, encoding="utf-8")
    began = time.monotonic()
    ran = run(capsys, "check", "--fix", str(tmp_path))
    assert time.monotonic() - began < 20
    assert ran.code in (0, 1)
    assert "Traceback" not in ran.out + ran.err
    assert len(ran.out) < 10 * len(text) + 2_000_000
    assert "bias: false" in (tmp_path / "b.yaml").read_text(encoding="utf-8")
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == text


def test_many_unknown_codes_are_told_up_to_a_limit() -> None:
    codes = ", ".join(f"AC9{number:05}" for number in range(20_000))
    began = time.monotonic()
    found = check_text(f"inputs: {{x: [3]}}\nignore: [{codes}]\nlayers: [ReLU]\n", "a.yaml", DEFAULT).findings
    assert time.monotonic() - began < 10
    assert {each.code for each in found} == {"AC003"}
    assert len(found) == MAX_PROBLEMS


def test_many_lines_of_comments_take_linear_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    calls: list[int] = []

    def called(*event: object) -> None:
        calls[-1] += event[1] in ("call", "c_call")

    for count in (1, 250, 1000):
        path.write_text(
            "inputs: {x: [3]}\nlayers:\n" + "  - Identity  # archcalc: ignore[AC101]\n" * count,
            encoding="utf-8",
        )
        calls.append(0)
        sys.setprofile(called)
        try:
            run(capsys, "check", "--exit-zero", "--statistics", str(path))
        finally:
            sys.setprofile(None)
    assert calls[1] > 250
    assert calls[2] < 6 * calls[1]


def test_a_folder_without_rights_and_a_broken_link_are_no_reason_to_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "a.yaml").write_text(BIAS, encoding="utf-8")
    assert run(capsys, "check", str(tmp_path)).out.endswith("1 spec checked: 1 warning; --fix mends 1\n")


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_bad_specs_are_findings_with_their_places(bad: "Bad") -> None:
    found = check_text(bad.spec, "a.yaml", DEFAULT).findings
    assert {each.code for each in found} == {"AC001"}
    assert bad.place in {f"{each.place.line}:{each.place.column}" for each in found}
    told = "\n".join(finding_text(each, Ink(colours=False)) for each in found)
    assert all(word in told for word in bad.words)
