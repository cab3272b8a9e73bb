"""Hints at names that are alike: which one is meant is looked for as long as that takes no time."""

from difflib import SequenceMatcher, get_close_matches
from random import Random

import pytest

from archcalc import SpecError, errors, loads, trace
from archcalc.errors import LIKE, MAX_EQUAL, closest


def named(known: list[str], wrong: list[str]) -> str:
    """A network with layers of these names, and layers that read others."""
    layers = "".join(f"- {{type: ReLU, name: {name}}}\n" for name in known)
    reading = "".join(f"- {{type: Add, from: [x, {name}]}}\n" for name in wrong)
    return f"inputs: {{x: [4]}}\nlayers:\n{layers}{reading}"


def hints(text: str) -> list[str]:
    """What is said of each layer that reads what there is not."""
    with pytest.raises(SpecError) as caught:
        trace(loads(text))
    return [problem.hint for problem in caught.value.problems]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How much alike words were whose signs in order were compared."""
    ratio = vars(SequenceMatcher)["ratio"]
    found: list[float] = []

    def counted(matcher: SequenceMatcher[str]) -> float:
        found.append(float(ratio(matcher)))
        return found[-1]

    monkeypatch.setattr(SequenceMatcher, "ratio", counted)
    return found


@pytest.mark.parametrize("seed", range(9))
def test_what_cannot_be_more_like_a_word_is_not_compared_and_the_same_is_found(
    seed: int, compared: list[float]
) -> None:
    draw = Random(seed)  # noqa: S311  no secret
    word, *known = ("".join(draw.choices("abcd_1", k=draw.randint(3, 8))) for _ in range(200))
    known = sorted(set(known))
    close = get_close_matches(word, known, n=MAX_EQUAL, cutoff=LIKE)
    alike = [SequenceMatcher(None, each, word).ratio() for each in close]
    compared.clear()
    found = vars(errors)["_most_alike"](word, known)
    assert found == [each for each, like in zip(close, alike, strict=True) if like == alike[0]]
    assert 0 < len(compared) < len(known) / 2


def test_of_many_long_names_the_first_are_hinted_at(
    compared: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Random(1)  # noqa: S311  no secret
    known = ["l" + "".join(draw.choices("ab", k=39)) for _ in range(20)]
    wrong = [f"{name[:-1]}c" for name in known]
    monkeypatch.setattr(errors, "COMPARED", 40 * 40 * 50)
    told = hints(named(known, wrong))
    assert told[0] == f"did you mean '{known[0]}'?"
    assert told[-1].startswith("known here: add_0, ")
    assert len(compared) == 50
    assert hints(named(known, wrong))[0] == told[0], "each network has its own"
    assert closest(wrong[-1], known) == known[-1], "a single question is answered"
