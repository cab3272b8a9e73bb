"""Lists without their brackets: YAML reads ``{image: 3, 32, 32}`` as three keys."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.source.spots import lines_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.errors import Problem

RUN = re.compile(r"[{,]\s*([A-Za-z_][\w-]*)\s*:\s*(\d{1,18}(?:\s*,\s*\d{1,18})+)\s*(?=[,}])")
MAX_LINE = 10_000
"""Characters of a line that is looked through."""


def bracketed(problems: "Iterable[Problem]", text: str) -> "list[Problem]":
    """The problems of a text, where all those of numbers that want brackets are one."""
    found: dict[object, Problem] = {}
    problems = list(problems)
    lines = lines_at(text, (problem.place.line for problem in problems))
    for problem in problems:
        line = lines.get(problem.place.line, "")
        runs = RUN.finditer(line) if len(line) <= MAX_LINE else _none()
        run = next((run for run in runs if run.start(1) < problem.place.column <= run.end() + 1), None)
        if run is None or problem.place.column == run.start(1) + 1:
            found[problem] = problem
            continue
        key, numbers = run[1], ", ".join(re.split(r"\s*,\s*", run[2]))
        place = replace(problem.place, column=run.start(2) + 1)
        fact = f"{key} is {numbers.partition(',')[0]} here, and the numbers behind it are keys"
        subject = problem.subject if "(" in problem.subject else ""  # a layer's, not that of a key
        whole = replace(problem, place=place, subject=subject, what=fact, hint=f"write {key}: [{numbers}]")
        found[place] = whole
    return list(found.values())


def _none() -> "Iterator[re.Match[str]]":
    return iter(())
