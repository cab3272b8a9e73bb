"""One mistake in the use of a shipped block is one error, however many layers inside have it."""

import pytest

from archcalc import loads, trace
from archcalc.errors import SpecError


def told(*layers: str) -> list[str]:
    """What is wrong with these layers."""
    lines = "".join(f"  - {layer}\n" for layer in layers)
    with pytest.raises(SpecError) as caught:
        trace(loads(f"inputs: {{x: [5, 16]}}\nlayers:\n{lines}"))
    return [problem.what.partition(" (in ")[0] for problem in caught.value.problems]


HEADS = "{type: LlamaAttention, name: NAME, from: x, num_heads: 3}"


def test_heads_that_do_not_divide_are_told_once() -> None:
    assert told(HEADS.replace("NAME", "a")) == ["16 features do not divide into 3 heads"]


def test_two_uses_have_a_mistake_each() -> None:
    assert len(told(HEADS.replace("NAME", "a"), HEADS.replace("NAME", "b"))) == 2


def test_layers_of_the_spec_itself_have_a_mistake_each() -> None:
    rotary = "{type: RotaryEmbedding, from: x, num_heads: 3}"
    assert len(told(rotary, rotary)) == 2


def test_other_arguments_and_kinds_inside_are_told_beside_it() -> None:
    mistakes = told(
        "{type: LlamaAttention, from: x, num_heads: 3, rms_norm_eps: a, qk_norm: true, dropout: 2}"
    )
    assert len(mistakes) > 1
    assert len(set(mistakes)) == len(mistakes)
