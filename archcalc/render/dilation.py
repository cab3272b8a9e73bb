"""Dilation checks: verdicts in words, the coverage as a line of characters, and both in JSON."""

from math import gcd
from typing import TYPE_CHECKING

from archcalc.formulas.dilation import paper_verdict
from archcalc.render.cells import Column, Table, listed
from archcalc.render.fields import Json, exact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archcalc.analyses.coverage import Coverage
    from archcalc.analyses.dilation import DilationCheck, DilationGroup

MARKDOWN_WIDTH = 200
LEGEND = "picture: a digit = how often a position is read, # = ten times or more, . = never read"


def picture(coverage: "Coverage", width: int) -> str:
    """One character per position: how often it is read, ``#`` from ten on, ``.`` for a hole.

    Where the span is wider than ``width`` the middle is cut out, which says how many positions that is.
    """
    counts = coverage.counts
    if len(counts) <= width:
        return _drawn(counts)
    kept = max(width - len(f" [{len(counts)} more] "), 2) // 2
    return f"{_drawn(counts[:kept])} [{len(counts) - 2 * kept} more] {_drawn(counts[-kept:])}"


def _drawn(counts: "Sequence[int]") -> str:
    return "".join("." if not count else str(count) if count < 10 else "#" for count in counts)  # noqa: PLR2004  one digit


def check_lines(check: "DilationCheck", width: int) -> "Iterator[str]":
    """The verdicts on rates by themselves."""
    yield f"rates {_row(check.rates)}, kernels {_row(check.kernels)}"
    yield from paper_lines(check)
    yield from _advice(check)
    yield f"exact:    {verdict(check.coverage)}"
    yield f"coverage: {picture(check.coverage, width - 10)}"
    if check.nearest is not None:
        yield f"nearest rates without holes: {_row(check.nearest)}"


def group_lines(group: "DilationGroup", width: int) -> "Iterator[str]":
    """The verdicts on a group in its network."""
    yield f"{group.layers[0]} .. {group.layers[-1]} ({len(group.layers)} layers)"
    yield f"rates {_row(group.alone.rates)}, kernels {_row(group.alone.kernels)}, jump {group.jump}"
    yield from paper_lines(group.alone)
    yield from _advice(group.alone)
    yield f"alone:    {verdict(group.alone.coverage)} on the group's own grid"
    if group.reads is None:
        yield f"exact:    every position of {group.input} is read"
        return
    behind = "" if group.reads is group.alone.coverage else ", with the layers before"
    yield f"exact:    {verdict(group.reads)} of {group.input}{behind}"
    yield f"coverage: {picture(group.reads, width - 10)}"
    if group.nearest is not None:
        yield f"nearest rates without holes: {_row(group.nearest)}"


def paper_lines(check: "DilationCheck") -> "Iterator[str]":
    """The paper's recursion and its verdict."""
    values = ", ".join(f"M_{index} = {value}" for index, value in enumerate(check.m, 1))
    if check.paper is None:
        yield f"paper:    {values}; no verdict: it needs two or more layers of one odd kernel"
        return
    sign, word = ("<=", "pass") if check.paper else (">", "fail")
    yield f"paper:    {values}; M_2 = {check.m[1]} {sign} K = {check.kernels[0]}: {word}"


def verdict(coverage: "Coverage") -> str:
    """Positions read out of the span, along one axis and over two."""
    share = f"{coverage.read:,} of {coverage.span:,} positions read"
    square = f"in 2-D {coverage.read**2:,} of {coverage.span**2:,}"
    return f"{'full' if coverage.full else 'holes'}, {share} ({square})"


def _advice(check: "DilationCheck") -> "Iterator[str]":
    """The paper's further advice, and why its verdict is not the exact one where the two differ."""
    factor, smallest = gcd(*check.rates), min(check.rates)
    yield f"rates:    common factor {factor}, smallest rate {smallest} (1 and 1 are advised)"
    if check.paper is not None and check.paper != check.coverage.full:
        yield f"          {_why(check, factor, smallest)}"


def _why(check: "DilationCheck", factor: int, smallest: int) -> str:
    """The cause of a verdict of the paper's rule that is wrong."""
    kernel = check.kernels[0]
    if check.paper:
        blind = "M_2 never looks at the first rate"
        if factor > 1:
            return f"{blind}, and a common factor of {factor} keeps {factor - 1} of {factor} positions unread"
        if smallest > 1:
            return f"{blind}, and without a rate of 1 the position beside the first is never read"
        return f"{blind}, {check.rates[0]}, which is too large for what the others reach"
    if paper_verdict(sorted(check.rates), check.kernels):
        return "M depends on the order of the rates, the positions read do not: in ascending order it passes"
    return f"M counts a reach of 2 rates per layer, as for K = 3; K = {kernel} reaches {kernel - 1}"


def _row(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))


def groups_text(groups: "Sequence[DilationGroup]", width: int) -> str:
    """All groups of a network, one below the other."""
    if not groups:
        return "dilation: no layer has a rate above 1\n"
    lines = [""]
    for number, group in enumerate(groups, 1):
        first, *rest = group_lines(group, width - 2)
        lines += [f"dilation group {number}: {first}", *(f"  {line}" for line in rest)]
    return "\n".join([*lines, LEGEND]) + "\n"


def group_columns(groups: "Sequence[DilationGroup]") -> tuple[Column, ...]:
    """For machines: of every layer the groups that it is in, by their number from 1, and what each reads."""
    of: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        for name in group.layers:
            of.setdefault(name, []).append(index)

    def column(header: str, words: "Callable[[int], object]") -> Column:
        def joined(names: "Iterable[str]") -> str:
            mine = dict.fromkeys(index for name in names for index in of.get(name, ()))
            return "; ".join(str(words(index)) for index in mine)

        return Column(
            header,
            lambda layer: joined([layer.name]),
            lambda scope: joined(layer.name for layer in scope.layers),
            shown=False,
        )

    return (
        column("dilation_group", lambda index: index + 1),
        column("coverage", lambda index: "full" if groups[index].full else "holes"),
        column("positions_read", lambda index: _counted(groups[index], lambda reads: reads.read)),
        column("positions", lambda index: _counted(groups[index], lambda reads: reads.span)),
        column("nearest_rates", lambda index: _row(groups[index].nearest or ())),
    )


def _counted(group: "DilationGroup", count: "Callable[[Coverage], int]") -> int | str:
    return "all" if group.reads is None else count(group.reads)


def rates_table(check: "DilationCheck") -> Table:
    """A line a layer: rate, kernel and M."""
    rows = zip(check.rates, check.kernels, check.m, strict=True)
    return listed("Dilation rates", ("Rate", "Kernel", "M"), rows)


def check_markdown(check: "DilationCheck") -> str:
    """The verdicts as a list."""
    return "\n".join(f"- {line.strip()}" for line in check_lines(check, MARKDOWN_WIDTH)) + "\n"


def group_document(group: "DilationGroup") -> Json:
    """A group of dilated layers in its network."""
    return {
        "layers": list(group.layers),
        "axes": list(group.axes),
        "jump": exact(group.jump),
        **rates_document(group.alone),
        "input": group.input,
        "input_coverage": None if group.reads is None else coverage_document(group.reads),
        "full": group.full,
        "nearest_rates": group.nearest and list(group.nearest),
    }


def rates_document(check: "DilationCheck") -> Json:
    """Both verdicts on the rates alone."""
    return {
        "kernels": list(check.kernels),
        "rates": list(check.rates),
        "m": list(check.m),
        "paper": check.paper,
        "coverage": coverage_document(check.coverage),
        "full": check.coverage.full,
        "nearest_rates": check.nearest and list(check.nearest),
    }


def coverage_document(coverage: "Coverage") -> Json:
    """Positions read out of the span, and how often each."""
    return {
        "start": coverage.start,
        "span": coverage.span,
        "read": coverage.read,
        "full": coverage.full,
        "counts": list(coverage.counts),
    }
