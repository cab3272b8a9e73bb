"""Help for mistakes that are put into sound specs, random and shipped ones: all that is told mends them."""

import pytest

from archcalc.rules.engine.checking import check_text
from tests.cures.mistakes import MISTAKES, mistaken
from tests.cures.test_rule_cures import DEFAULT, assert_mends, told
from tests.rules.test_mutations import MUTATIONS

SEEDS = 6
"""Specs for each mistake: 156 in all."""


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_told_mends_a_random_spec(name: str, seed: int) -> None:
    sound, text = mistaken(name, seed)
    active = DEFAULT | {MISTAKES[name].code}
    assert not check_text(sound, "a.yaml", active).findings, sound
    findings = told(text, active)
    assert MISTAKES[name].code in {finding["code"] for finding in findings}, text
    assert any(finding["cures"] for finding in findings), text
    for finding in findings:
        for cure in finding["cures"]:
            assert_mends(text, finding, cure, active)


SHIPPED = [
    *("an output that nothing reads", "an input that nothing reads", "an even kernel with padding same"),
    *(
        "a kernel over a single position",
        "too wide a rim",
        "a dilation left out",
    ),
    *("a stride over the kernel", "a checkerboard in a generator", "a field below what is wanted"),
    *("a bias before a norm", "small batches", "an activation left out between hops", "an activation twice"),
    *("an activation left out in front of a pool", "a ReLU behind a SiLU", "dropout behind a convolution"),
    *("a sigmoid twice", "a slope on the logits", "no log-softmax over nodes", "too few classes of nodes"),
    *("positions left out of BERT", "tokens beyond the table", "heads of 12 features", "a gate taken off"),
    *("a branch that can only add", "a shortcut that projects for nothing", "a classifier on a large map"),
]
"""Those of the mutations of shipped specs that are small enough to be tried again and again."""


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_told_mends_a_shipped_spec(name: str) -> None:
    mutation = MUTATIONS[name]
    _, text = mutation.texts()
    active = DEFAULT | {mutation.code}
    (finding,) = told(text, active)
    assert finding["cures"]
    for cure in finding["cures"]:
        assert_mends(text, finding, cure, active)
