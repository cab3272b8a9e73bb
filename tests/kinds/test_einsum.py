"""Sums of products whose axes of one position meet longer ones, in every pattern, beside torch."""

from itertools import product

import pytest

from archcalc.facts import Tensor
from archcalc.layers.registry import kind
from tests.kinds.drawing import Sample
from tests.kinds.torch_modules import stated

LONG = {"i": 2, "j": 3, "k": 5, "l": 7}
EQUATIONS = ["ij,jk,kl->il", "ij,kj,kl->ik", "ijk,jk,k->i", "ij,jk,ik->", "ik,j,kj->ij", "i,j,ij->j"]


@pytest.mark.parametrize("equation", EQUATIONS)
def test_products_are_those_of_torch_whatever_axes_have_one_position(equation: str) -> None:
    terms = equation.partition("->")[0].split(",")
    letters = "".join(terms)
    for long in product((False, True), repeat=len(letters)):
        sizes = iter([LONG[letter] if more else 1 for letter, more in zip(letters, long, strict=True)])
        shapes = tuple(tuple(next(sizes) for _ in term) for term in terms)
        sample = Sample({"equation": equation}, shapes, ("float32",) * len(shapes))
        ours = kind("Einsum").model_validate(sample.arguments).infer(tuple(Tensor(shape) for shape in shapes))
        theirs = stated("Einsum", sample)
        assert theirs is not None
        assert (ours.macs, ours.outputs["output"].shape) == (theirs.macs, theirs.outputs[0]), shapes
