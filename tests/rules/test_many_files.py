"""Very many specs: each costs as much as the one before, and one that is broken stops nothing."""

import sys
from contextlib import suppress
from pathlib import Path
from subprocess import run

import pytest

from archcalc.cli import main
from archcalc.rules.engine import running
from tests.rules.specs import NO_YAML
from tests.samples import samples
from tests.test_speed import calls

ROOT = Path(__file__).parent.parent.parent
FILES = samples(1000)
MOST_CALLS = 8_000
"""Python calls for each file."""
SPEC = """\
name: m{number}
inputs: {{image: [3, 64, 64]}}
layers:
  - {{type: Conv2d, name: stem, out_channels: {width}, kernel_size: 3, padding: 1, bias: false}}
  - BatchNorm2d
  - ReLU
  - {{type: BasicBlock, name: body, width: {width}, repeat: 2}}
  - {{type: AdaptiveAvgPool2d, output_size: 1}}
  - Flatten
  - {{type: Linear, name: fc, out_features: 10}}
"""


def written(folder: Path, files: int) -> Path:
    """A folder of so many specs, of which one is none."""
    folder.mkdir()
    for number in range(files):
        text = NO_YAML if number == files // 2 else SPEC.format(number=number, width=8 + 8 * (number % 5))
        (folder / f"{number:04}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_one_broken_spec_among_very_many_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "archcalc", "check", str(written(tmp_path / "many", FILES))]
    done = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, f"{FILES:,} specs checked: 1 error")


def test_every_file_costs_as_many_calls_as_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "WORTH_A_PROCESS", 1_000)  # they are counted in this process

    def taken(files: int) -> int:
        def check() -> None:
            with suppress(SystemExit):
                main(("check", "--quiet", str(written(tmp_path / str(files), files))))

        return calls(check)

    taken(5)
    twenty, forty, eighty = taken(20), taken(40), taken(80)
    assert 0.95 < (eighty - forty) / (2 * (forty - twenty)) < 1.05
    assert 0.7 * MOST_CALLS < (eighty - forty) / 40 < MOST_CALLS, (
        "where it is far below, the limit can come down"
    )
