"""Mutants: wrong formulas, reads, weights or windows, each with the smallest tests that must see it.

They stand in the text files of this folder. ``@`` begins one: a file below the package, then tests. Lines
with ``-`` are what stands once in that file, lines with ``+`` what is put there; several pairs go together.
A test is a path below ``tests``, or for one kind one of the contracts over all of them: ``reads:Conv2d``.
"""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = "archcalc"
CONTRACTS = {
    "reads": "test_reads.py::test_what_is_found_is_stated_and_what_is_stated_is_found",
    "curve": "test_mathematics.py::test_the_function_is_torchs_own",
    "facts": "test_against_torch.py::test_facts_are_those_of_the_torch_module",
    "parts": "test_parts.py::test_parts_are_slices_of_the_real_tensors",
}
Change = tuple[str, str]
"""Old text, new text."""


class Mutant(NamedTuple):
    """One or more changes of a file of the package.

    Args:
        path: the file below the package, without its ending.
        tests: what pytest is to run.
        changes: what is put in together.
    """

    path: str
    tests: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def file(self) -> Path:
        """The file, below the root."""
        return Path(PACKAGE, f"{self.path}.py")

    @property
    def name(self) -> str:
        """What tells it from others."""
        (old, new), *_ = self.changes
        return f"{self.path}: {' '.join(old.split())} -> {' '.join(new.split())}"

    def applied(self, source: str) -> str:
        """The file's text with the changes.

        Raises:
            ValueError: a text to change does not stand in it exactly once.
        """
        for old, new in self.changes:
            if source.count(old) != 1:
                raise ValueError(f"{self.file} has {old!r} {source.count(old)} times, not once")
            source = source.replace(old, new)
        return source


def parsed(text: str) -> tuple[Mutant, ...]:
    """The mutants of a file's text."""
    return tuple(_mutant(block) for block in f"\n{text}".split("\n@ ")[1:])


def _mutant(block: str) -> Mutant:
    head, *lines = block.splitlines()
    path, *tests = head.split()
    sides: list[tuple[str, list[str]]] = []
    for line in filter(None, lines):
        if not sides or sides[-1][0] != line[0]:
            sides.append((line[0], []))
        sides[-1][1].append(line[2:])
    texts = ["\n".join(side) for _, side in sides]
    return Mutant(path, tuple(map(_test, tests)), tuple(zip(texts[::2], texts[1::2], strict=True)))


def _test(word: str) -> str:
    contract, _, kind = word.partition(":")
    return f"tests/kinds/{CONTRACTS[contract]}[{kind}]" if contract in CONTRACTS else f"tests/{word}"


MUTANTS = tuple(
    mutant
    for path in sorted(Path(__file__).parent.glob("*.txt"))
    for mutant in parsed(path.read_text(encoding="utf-8"))
)
