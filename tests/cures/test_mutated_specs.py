"""Sound specs with a mistake put in: mostly a cure is told, and each mends it when the tests make it."""

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import yaml

from archcalc import SpecError, load, loads, trace, zoo
from archcalc.rules.engine.checking import check_text
from tests.cures.mutating import MISTAKES, mistaken
from tests.cures.test_rule_cures import mended, told
from tests.cures.told import cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cures.mutating import Mistake

SEED = 20
TRIED = 180
MAX_LAYERS = 60
ERRORS = frozenset({"AC001", "AC108"})
FLOOR = 0.9
"""Share of the mistakes for which a cure has to be told."""


def _sound() -> "Iterator[tuple[str, str]]":
    """Names and texts of small specs without an error: shipped ones, and the mended ones of the tables."""
    for name in sorted(zoo.names()):
        path = zoo.path_of(name)
        assert path is not None
        if len(trace(load(name)).layers) <= MAX_LAYERS:
            yield name, path.read_text(encoding="utf-8")
    for case in cases():
        error = told(case.text, ERRORS)[0]
        if error["cures"]:
            yield case.name, mended(case.text, error["cures"][0])


def _drawn(random: Random) -> "Iterator[tuple[str, Mistake, str]]":
    """Name, mistake and text of specs that have an error."""
    specs = [(name, text, yaml.safe_load(text)) for name, text in _sound()]
    turn = 0
    while turn < TRIED:
        name, text, data = random.choice(specs)
        mistake = MISTAKES[turn % len(MISTAKES)]
        changed = mistaken(text, data, mistake, random)
        if changed is None:
            continue
        new = yaml.safe_dump(changed, sort_keys=False)  # pyright: ignore[reportUnknownMemberType]  # untyped width
        try:
            trace(loads(new))
        except SpecError:
            turn += 1
            yield name, mistake, new


def _left(error: dict[str, Any], errors: int, text: str) -> bool:
    """Whether a text has any error in the layer in which there was one.

    One of as many layers less may have taken over its automatic name, so that it is counted too.
    """
    found = check_text(text, "a.yaml", ERRORS).findings
    return any(each.subject == error["subject"] for each in found) and len(found) >= errors


def test_cures_of_random_mistakes() -> None:
    cured, all_of = Counter[str](), Counter[str]()
    for name, mistake, text in _drawn(Random(SEED)):  # noqa: S311  a fixed sequence
        errors = told(text, ERRORS)
        all_of[mistake.__name__] += 1
        cured[mistake.__name__] += any(error["cures"] for error in errors)
        for error in errors:
            for cure in error["cures"]:
                new = mended(text, cure)
                said = f"seed {SEED}, {name}, {mistake.__name__}: {cure['words']}\n{text}\n{new}"
                assert not _left(error, len(errors), new), said
    shares = {mistake: f"{cured[mistake]} of {number}" for mistake, number in all_of.items()}
    assert all_of.total() == TRIED
    assert cured.total() / TRIED >= FLOOR, shares
