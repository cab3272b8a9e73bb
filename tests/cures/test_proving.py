"""What proves a cure: lies of all sorts are never told, alone and among many."""

import pytest

from archcalc.cures import proving, trying
from archcalc.cures.changes import Change, Cure, DropKey, Insert, Move, RemoveEntry, SetKey, SetValue
from archcalc.cures.proving import Proposed, mending
from archcalc.cures.trying import Outcome, Trials
from archcalc.effort import STEPS
from archcalc.loading import check
from archcalc.rules.base import Finding
from archcalc.rules.context import Context
from archcalc.rules.engine.checking import check_text
from archcalc.rules.registry import rule
from archcalc.rules.selection import Selection
from archcalc.source import parse
from archcalc.tracing import trace
from archcalc.tracing.records import Origin
from archcalc.tracing.walk import VISIT

ACTIVE = Selection().active()
TEXT = """\
inputs: {image: [3, 16, 16]}
layers:
  - {type: Conv2d, name: first, out_channels: 8, kernel_size: 3, bias: true}
  - BatchNorm2d
  - ReLU
  - {type: Conv2d, name: second, out_channels: 8, kernel_size: 3}
  - BatchNorm2d
  - ReLU
  - {type: Conv2dNormActivation, out_channels: 8}
  - {type: Conv2d, name: last, out_channels: 8, kernel_size: 3, bias: false}
  - ReLU
  - {type: ReLU, name: again}
training: {batch_size: 16}
"""
"""AC301 at ``first`` and at ``second``, AC306 at ``again``."""
DOCUMENT = parse(TEXT, "a.yaml")


def found_by(code: str, context: Context) -> list[Finding]:
    look = rule(code).check
    assert look is not None
    return list(look(context))


def at(index: int) -> Origin:
    return Origin(DOCUMENT, ("layers", index))


UNBIASED = SetKey(at(0), "bias", "false")
LIES: dict[str, tuple[Change, ...]] = {
    "nothing": (),
    "what is written already": (SetKey(at(0), "bias", "true"),),
    "the default": (DropKey(at(0), "bias"),),
    "of another finding": (SetKey(at(3), "bias", "false"),),
    "the finding goes elsewhere": (
        UNBIASED,
        SetKey(at(7), "bias", "true"),
        Insert(at(7), ("BatchNorm2d",), behind=True),
    ),
    "another rule finds something": (UNBIASED, SetKey(at(7), "padding", "3")),
    "another finding goes elsewhere": (UNBIASED, RemoveEntry(at(9)), RemoveEntry(at(3)), RemoveEntry(at(4))),
    "a place of the spec has it": (UNBIASED, SetValue(("training", "batch_size"), 2)),
    "not to be traced": (UNBIASED, SetKey(at(0), "groups", "5")),
    "not to be read": (UNBIASED, SetKey(at(0), "kernel", "5")),
    "not to be made": (UNBIASED, RemoveEntry(at(99))),
    "in another file": (SetKey(Origin(parse(TEXT, "b.yaml"), ("layers", 0)), "bias", "false"),),
    "the norm and the activation the wrong way": (RemoveEntry(at(1)), RemoveEntry(at(2))),
}
TRUTHS: dict[str, tuple[Change, ...]] = {
    "no bias": (UNBIASED,),
    "the norm behind the activation": (Move(at(1), at(2), behind=True),),
}


def proven(cures: "dict[str, tuple[Change, ...]]") -> list[str]:
    """The names of those that are told of the finding at ``first``; ``second`` gets the true one."""
    context = Context(check(DOCUMENT), trace(check(DOCUMENT)))
    findings = found_by("AC301", context)
    assert [finding.subject for finding in findings] == ["first (Conv2d)", "second (Conv2d)"]
    trials, before = Trials(DOCUMENT, ACTIVE), Outcome((), context, ACTIVE)
    second = Proposed("AC301", findings[1].place, 1, findings[1].cures)
    names: list[str] = []
    for name, changes in cures.items():
        first = Proposed("AC301", findings[0].place, 1, (Cure(changes),))
        told, beside = mending([first, second], before, trials, len(context.layers))
        assert beside == findings[1].cures
        names += [name] * len(told)
    return names


@pytest.mark.parametrize("alone", [10_000, 0])
def test_a_lie_is_never_told(alone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "MAX_ALONE", alone)
    assert proven({**LIES, **TRUTHS}) == list(TRUTHS)


def test_what_leaves_a_suppression_without_use_is_not_told() -> None:
    text = """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: true, ignore: [AC301]}
  - BatchNorm2d
  - {type: Conv2d, out_channels: 8, kernel_size: 1}
  - {type: ReLU, name: one}
  - {type: ReLU, name: again}
"""
    document = parse(text, "a.yaml")
    (finding,) = check_text(text, "a.yaml", ACTIVE, helping=True).findings
    assert [cure.words for cure in finding.cures] == ["remove it"]
    context = Context(check(document), trace(check(document)))
    unbiased = SetKey(Origin(document, ("layers", 0)), "bias", "false")
    cure = Cure((RemoveEntry(Origin(document, ("layers", 4))), unbiased))
    trials = Trials(document, ACTIVE)
    assert mending(
        [Proposed("AC306", finding.place, 1, (cure,))], Outcome((), context, ACTIVE), trials, 5
    ) == [()]


def test_no_more_is_tried_than_is_bearable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PART", 2 * STEPS)
    context = Context(check(DOCUMENT), trace(check(DOCUMENT)))
    trials = Trials(DOCUMENT, ACTIVE)
    place = DOCUMENT.place(("layers", 0))
    assert mending(
        [Proposed("AC301", place, 1, (Cure((UNBIASED,)),))], Outcome((), context, ACTIVE), trials, 10
    ) == [()]
    assert trials.trials == 0


def test_none_begins_when_too_much_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told that has not been tried, as a network that is dear to judge has it."""
    assert any(found.cures for found in check_text(TEXT, "a.yaml", ACTIVE, helping=True).findings)
    monkeypatch.setattr(trying, "PART", 2 * STEPS)
    assert not any(found.cures for found in check_text(TEXT, "a.yaml", ACTIVE, helping=True).findings)


def test_what_is_tried_is_counted() -> None:
    """By what is walked through and asked, not by a clock: the same text is judged alike on any machine."""

    def taken(layers: int) -> int:
        text = (
            "inputs: {image: [3, 8, 8]}\nlayers:\n" + "  - {type: Dropout, p: =i / 99, repeat: 9}\n" * layers
        )
        document = parse(text, "a.yaml")
        trials = Trials(document, ACTIVE)
        renamed = Cure((SetKey(Origin(document, ("layers", 0)), "name", "other"),))
        assert trials.outcome(renamed) is not None
        before = trials.taken
        assert trials.outcome(renamed) is not None
        assert trials.taken == before
        return before

    one, two, three = taken(20), taken(40), taken(60)
    assert three - two == two - one > 20 * 9 * (trying.LAYER + VISIT)


@pytest.mark.parametrize(("part", "tried"), [(3, True), (1.9, False)])
def test_none_begins_that_would_take_too_long_if_it_took_as_long_as_the_last(
    part: float, *, tried: bool
) -> None:
    trials = Trials(DOCUMENT, ACTIVE)
    one, other = (Cure((SetKey(Origin(DOCUMENT, ("layers", 0)), "name", name),)) for name in ("one", "other"))
    assert trials.outcome(one) is not None
    trials.toll.take(int(STEPS / trying.PART / part))
    assert (trials.outcome(other) is not None) is tried


def test_many_findings_cost_one_changed_network() -> None:
    units = "".join(
        f"  - {{type: Conv2d, name: c{index}, out_channels: 8, kernel_size: 1}}\n  - BatchNorm2d\n  - ReLU\n"
        for index in range(60)
    )
    document = parse(f"inputs: {{image: [3, 8, 8]}}\nlayers:\n{units}", "a.yaml")
    context = Context(check(document), trace(check(document)))
    findings = found_by("AC301", context)
    trials = Trials(document, ACTIVE)
    proposals = [Proposed("AC301", finding.place, 1, finding.cures) for finding in findings]
    told = mending(proposals, Outcome((), context, ACTIVE), trials, len(context.layers))
    assert len(told) == 60
    assert all(told)
    assert trials.trials == 1
