"""Explanations as tables: a number a row, with its formula, what was put in, the result and the source."""

from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from archcalc.render.cells import Row, Table, listed, shape
from archcalc.render.one_layer import averages_lines
from archcalc.sizes.terms import term_text
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.explaining.records import Derived, Explained, Explanation, FormulaSource, NumberResult
    from archcalc.explaining.worked_attention import GrownBy, Permuted, WorkedAttention
    from archcalc.formulas.attending import Rows

HEADERS = ("Number", "Formula", "Numbers put in", "Result", "Source")


class _Line(NamedTuple):
    """A row: one number, or the sizes of all axes of a tensor that no function made."""

    name: str
    several: "tuple[Explained, ...]"
    bracketed: bool


def explanation_tables(found: "Explanation") -> "list[Table]":
    """The numbers, and of attention the worked example."""
    rows = (_row(line) for line in _lines(found.numbers))
    table = Table(
        _title(found), HEADERS, (False, False, False, True, False), tuple(rows), tuple(_footer(found))
    )
    return [table, *(_worked_tables(found.worked) if found.worked else ())]


def _title(found: "Explanation") -> str:
    arriving = ", ".join(
        f"{name} = {source} {shape(tensor.shape, batched=tensor.batched)}"
        if name and name != source
        else f"{source} {shape(tensor.shape, batched=tensor.batched)}"
        for name, source, tensor in found.inputs
    )
    leaving = ", ".join(shape(tensor.shape, batched=tensor.batched) for _, tensor in found.outputs)
    return f"{found.title} ({found.type}): {arriving or 'nothing'} -> {leaving}"


def _footer(found: "Explanation") -> "Iterator[str]":
    if found.averages is not None:
        yield from averages_lines(found.averages, found.axes)
    yield from (f"{source.name}: {source_text(source)}" for source in found.sources)


def source_text(source: "FormulaSource") -> str:
    """What a source says of itself, and after whom."""
    about = source.about.replace("``", "")
    return f"{about} [{source.reference.replace('``', '')}]" if source.reference else about


def _lines(numbers: "Iterable[Explained]") -> "Iterator[_Line]":
    for (subject, plainly), some in groupby(numbers, lambda each: (each.subject, _by_the_kind(each))):
        several = tuple(some)
        if plainly and len(several) > 1:
            yield _Line(f"{subject}, axes 0 to {len(several) - 1}", several, bracketed=True)
        else:
            yield from (_Line(each.name, (each,), bracketed=False) for each in several)


def _by_the_kind(each: "Explained") -> bool:
    """Whether it is the size of an axis that no function of the formulas made."""
    of_an_axis = each.aspect.startswith("axis ") and each.aspect[len("axis ") :].isdecimal()
    return of_an_axis and each.derived is not None and not each.derived.call


def _row(line: _Line) -> Row:
    results = [result_text(each.result) for each in line.several]
    derived = [each.derived for each in line.several if each.derived]
    sources = dict.fromkeys(source.name for each in derived for source in each.sources)
    notes = dict.fromkeys(each.note for each in line.several if each.note)
    cells = (
        _together([formula_text(each) for each in derived], bracketed=line.bracketed),
        _together([term_text(each.numbers) for each in derived], bracketed=line.bracketed),
        _together(results, bracketed=line.bracketed),
        "; ".join((*sources, *notes)),
    )
    return Row(line.name, line.name, cells, cells)


def formula_text(derived: "Derived") -> str:
    """The formula in names, and where it is this one."""
    told, said = term_text(derived.symbols), conditions_of(derived)
    return f"{told} where {' and '.join(said)}" if said else told


def conditions_of(derived: "Derived") -> tuple[str, ...]:
    """What stands behind ``where``: what its arguments are, and which comparisons hold."""
    return (*(f"{each.name} = {term_text(each.symbols)}" for each in derived.given), *derived.cases)


def _together(texts: "Sequence[str]", *, bracketed: bool) -> str:
    return f"[{', '.join(texts)}]" if bracketed else "".join(texts)


def result_text(result: "NumberResult") -> str:
    """A number for people; nothing for None."""
    if result is None:
        return ""
    return f"{result:,}" if isinstance(result, int) else str(Fraction(result))


# the worked example


def _worked_tables(found: "WorkedAttention") -> "Iterator[Table]":
    yield _calculated(found)
    yield _permuted(found.permuted, cross=found.cross)
    if found.steps:
        yield _grown(found.steps, causal=found.causal)


def _calculated(found: "WorkedAttention") -> Table:
    run = found.run
    mask = "a causal mask" if found.causal else "no mask"
    rows = zip(*map(_texts, (run.tokens, run.queries, run.scores, run.weights, run.outputs)), strict=True)
    headers = ("Token", "x", "q", "Scores", "Softmax", "Output")
    asked = zip(*map(_texts, (run.memory, run.keys, run.values)), strict=True)
    footer = [f"asked token {at}: x {x}, k {k}, v {v}" for at, (x, k, v) in enumerate(asked)]
    footer += ["q = x W_q, k = x W_k, v = x W_v; scores = q k^T / sqrt(d), d = 2; output = softmax(scores) v"]
    footer += [
        f"W_{letter} = {_nested(matrix)}" for letter, matrix in zip("qkv", found.projections, strict=True)
    ]
    of = "tokens that ask a memory" if found.cross else "tokens that ask each other"
    title = f"One head with {mask}, on {of}:"
    return listed(title, headers, ((str(at), *row) for at, row in enumerate(rows)), footer)


def _permuted(found: "Permuted", *, cross: bool) -> Table:
    places = found.order if not cross else range(len(found.run.tokens))
    rows = zip(
        map(str, places),
        _texts(found.run.scores),
        _texts(found.run.weights),
        _texts(found.run.outputs),
        strict=True,
    )
    order = ", ".join(map(str, found.order))
    said = (
        "the outputs are the same: the order of what is asked does not matter"
        if found.same
        else "the outputs are permuted as the tokens are: without positions their order does not matter"
        if found.follow
        else "the outputs are others: the mask tells places apart"
    )
    what = "the memory" if cross else "the tokens"
    return listed(
        f"With {what} in the order {order}:", ("Token", "Scores", "Softmax", "Output"), rows, (said,)
    )


def _grown(steps: "Sequence[GrownBy]", *, causal: bool) -> Table:
    rows = [
        (
            str(number),
            f"0 to {step.kept}" if step.kept else "0",
            _listed(step.run.weights[step.kept]),
            _listed(step.run.outputs[step.kept]),
            ", ".join(map(str, step.changed)) or "none",
        )
        for number, step in enumerate(steps, 1)
    ]
    said = (
        "the output of the newest token is kept, and the next token made from it; those before stay as they"
        " were, so a decoder keeps their keys and values and asks them with the newest query alone"
        if causal
        else "the output of the newest token is kept; without a mask those before change with every token, so"
        " no decoder can keep them"
    )
    headers = (
        "Step",
        "Tokens",
        "Softmax of the newest",
        "Output that is kept",
        "Earlier outputs that change",
    )
    return listed("A token more at every step:", headers, rows, (said,))


def _texts(rows: "Rows") -> list[str]:
    return [_listed(row) for row in rows]


def _listed(row: "Sequence[float]") -> str:
    return f"[{', '.join(f'{number:.3g}' for number in row)}]"


def _nested(rows: "Rows") -> str:
    return f"[{', '.join(_texts(rows))}]"
