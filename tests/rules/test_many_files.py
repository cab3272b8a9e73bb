"""Very many specs take a small multiple of the start of one process; one that is broken stops nothing."""

import sys
from pathlib import Path
from subprocess import run
from time import perf_counter

from tests.rules.specs import NO_YAML
from tests.samples import samples

ROOT = Path(__file__).parent.parent.parent
FILES = samples(1000)
STARTS = 0.03 * FILES
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


def checked(path: Path) -> tuple[float, int, str]:
    """Seconds, exit code and the last line of a fresh process."""
    begin = perf_counter()
    command = [sys.executable, "-m", "archcalc", "check", str(path)]
    done = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return perf_counter() - begin, done.returncode, done.stdout.splitlines()[-1]


def test_very_many_files_cost_a_small_multiple_of_one_process_start(tmp_path: Path) -> None:
    for number in range(FILES):
        text = NO_YAML if number == FILES // 2 else SPEC.format(number=number, width=8 + 8 * (number % 5))
        (tmp_path / f"{number:04}.yaml").write_text(text, encoding="utf-8")
    first = tmp_path / "0000.yaml"
    start = min(checked(first)[0] for _ in range(3))
    seconds, code, said = checked(tmp_path)
    assert (code, said) == (1, f"{FILES:,} specs checked: 1 error")
    assert seconds < STARTS * start, f"{seconds:.1f} s, a process start with one file {start:.2f} s"
    assert checked(first)[1:] == (0, "1 spec checked: no findings")
