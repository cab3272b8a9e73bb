"""A network's signal at initialisation as a table, a document and a plot."""

from math import isfinite
from typing import TYPE_CHECKING

from archcalc.plotting.figure import Figure, PlotAxis, PlotSeries
from archcalc.render.cells import Column
from archcalc.render.columns import output_column, title_of
from archcalc.render.document import head
from archcalc.render.tree import table as tree_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcalc.propagating.curing import Mended
    from archcalc.propagating.first_step import Blame, FirstStep
    from archcalc.propagating.records import LayerSignal, SignalReport
    from archcalc.render.cells import Cell, Table
    from archcalc.tracing import Trace

    Of = Callable[[LayerSignal], float | None]

SHOWN_DOUBTS = 3
"""Reasons that a table tells."""
SHOWN_BLAME = 3


def signal_table(
    trace: "Trace",
    report: "SignalReport",
    found: "FirstStep",
    cures: "Sequence[Mended]" = (),
    depth: int | None = None,
) -> "Table":
    """A line per layer: the mean squares of what leaves it and of the gradient that comes back."""
    layers = report.layers
    pulls = {pull.layer.name: pull.square for pull in found.pulls}

    unsure = found.unsure > 0
    columns = (
        output_column(),
        _number("Signal", _square, layers),
        _number("Mean", _mean, layers, shown=False),
        _number("Alike", _alike, layers),
        _number("Gradient", _gradient, layers),
        Column(
            "Weights",
            lambda layer: _short(pulls[layer.name]) if layer.name in pulls else None,
            right=True,
            raw=lambda layer: pulls.get(layer.name),
        ),
        Column(
            "Reliable",
            lambda layer: "" if layers[layer.name].reliable else "no",
            lambda scope: "" if all(layers[each.name].reliable for each in scope.layers) else "not all",
            raw=lambda layer: "yes" if layers[layer.name].reliable else "no",
            shown=unsure,
        ),
        Column("Reason", lambda layer: layers[layer.name].doubt or None, shown=False),
    )
    return tree_table(trace, _title(trace, report), columns, tuple(_footer(report, found, cures)), depth)


def _title(trace: "Trace", report: "SignalReport") -> str:
    how = ", ".join(report.init) or "as torch and the spec draw the weights"
    return f"{title_of(trace)}, {how}"


def _number(header: str, get: "Of", layers: "Mapping[str, LayerSignal]", *, shown: bool = True) -> Column:
    return Column(
        header,
        lambda layer: _short(get(layers[layer.name])),
        lambda scope: _short(get(layers[scope.layers[-1].name])),
        right=True,
        raw=lambda layer: get(layers[layer.name]),
        raw_total=lambda scope: get(layers[scope.layers[-1].name]),
        shown=shown,
    )


def _square(each: "LayerSignal") -> float | None:
    return None if each.state is None else each.state.square


def _mean(each: "LayerSignal") -> float | None:
    return None if each.state is None else each.state.mean


def _gradient(each: "LayerSignal") -> float | None:
    return None if each.gradient is None else each.gradient.square


def _alike(each: "LayerSignal") -> float | None:
    """Correlation of two samples, which a norm over the batch takes away."""
    if each.state is None or not each.state.square:
        return None
    return each.state.shared / each.state.square


def _short(number: float | None) -> "Cell":
    """Three digits; ``?`` where it is not known."""
    if number is None:
        return "?"
    return f"{number:.3g}"


def _footer(report: "SignalReport", found: "FirstStep", cures: "Sequence[Mended]") -> "Iterator[str]":
    yield (
        "Signal: E x^2 of what leaves a layer; Alike: correlation of two samples; Gradient: E g^2 of"
        " a random sum"
        " of the outputs; Weights: E g^2 of one weight"
    )
    yield from verdict_lines(found)
    yield from _passage_lines(found)
    for each in report.layers.values():
        if each.steps is not None and each.steps.steps > 1:
            steps = each.steps
            yield (
                f"{each.layer.name}: over {steps.steps:,} steps the gradient's mean square changes by"
                f" 10^{steps.backward:.1f}, {10 ** (steps.backward / (steps.steps - 1)):.3g} a step"
            )
    yield from _cure_lines(cures)
    yield from _doubt_lines(report)


def verdict_lines(found: "FirstStep") -> "Iterator[str]":
    """Where the gradient vanishes or explodes, and what is to blame."""
    if found.ratio is None or not found.pulls:
        yield "the gradient's way is not known: no two trained layers that the rules reach"
        return
    first, last = found.pulls[0].layer, found.pulls[-1].layer
    words = {
        "vanishes": "the gradient vanishes",
        "explodes": "the gradient explodes",
        "uneven": "the gradient is uneven",
        "holds": "the gradient holds",
    }
    yield (
        f"{words[found.word]}: at the weights of {first.name} its length is {found.ratio:.2g} of that"
        f" at {last.name}"
        f"{_scale(found.depth)}"
    )
    if found.word != "holds" and found.blame:
        yield f"on its way back its mean square changes by: {_blamed(found.blame)}"
    if found.word == "uneven" and found.weakest and found.strongest:
        yield (
            f"least at {found.weakest.layer.name} ({found.weakest.length:.2g}), most at"
            f" {found.strongest.layer.name} ({found.strongest.length:.2g})"
        )


def _scale(depth: float | None) -> str:
    """The depth scale."""
    if depth is None or not isfinite(depth) or not depth:
        return ""
    way = "grows" if depth > 0 else "shrinks"
    return f"; it {way} by a factor e every {abs(depth):.3g} trained layers"


def _passage_lines(found: "FirstStep") -> "Iterator[str]":
    """Where the signal vanishes or explodes, and what is to blame; nothing where it holds."""
    forward = found.forward
    if forward is None or forward.word == "holds":
        return
    yield (
        f"the signal {forward.word}: behind {forward.far.name} its length is {forward.ratio:.2g} of that"
        f" behind {forward.first.name}{_scale(forward.depth)}"
    )
    if forward.blame:
        yield f"on its way its mean square changes by: {_blamed(forward.blame)}"


def _blamed(blame: "Sequence[Blame]") -> str:
    return ", ".join(f"{each.layers} {each.type} 10^{each.lost:+.1f}" for each in blame[:SHOWN_BLAME])


def _cure_lines(cures: "Sequence[Mended]") -> "Iterator[str]":
    for each in cures:
        yield f"cure: {each.words}: then {each.found.ratio:.2g}"


def _doubt_lines(report: "SignalReport") -> "Iterator[str]":
    reasons: dict[str, list[str]] = {}
    for name, each in report.layers.items():
        if not each.reliable:
            reasons.setdefault(each.doubt or "not known", []).append(name)
    for reason, names in list(reasons.items())[:SHOWN_DOUBTS]:
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        yield f"not reliable at {names[0]}{more}: {reason}"
    if len(reasons) > SHOWN_DOUBTS:
        yield f"{len(reasons) - SHOWN_DOUBTS:,} more reasons; --format json has all"


def signal_document(
    trace: "Trace", report: "SignalReport", found: "FirstStep", cures: "Sequence[Mended]"
) -> "dict[str, object]":
    """Everything that is known, layer by layer; numbers that are not known are null."""
    pulls = {pull.layer.name: pull.square for pull in found.pulls}
    return {
        **head(trace),
        "init": list(report.init),
        "layers": [_entry(each, pulls.get(name)) for name, each in report.layers.items()],
        "inputs_gradient": {
            name: None if each is None else _json(each.square) for name, each in report.inputs.items()
        },
        "verdict": {
            "gradient": found.word or None,
            "ratio": _json(found.ratio),
            "depth_scale": _json(found.depth),
            "weakest": found.weakest and found.weakest.layer.name,
            "strongest": found.strongest and found.strongest.layer.name,
            "blame": _blame(found.blame),
            "signal": found.forward
            and {
                "word": found.forward.word,
                "ratio": _json(found.forward.ratio),
                "depth_scale": _json(found.forward.depth),
                "first": found.forward.first.name,
                "far": found.forward.far.name,
                "blame": _blame(found.forward.blame),
            },
        },
        "cures": [{"cure": each.words, "ratio": _json(each.found.ratio)} for each in cures],
    }


def _blame(found: "Sequence[Blame]") -> "list[dict[str, object]]":
    return [{"type": each.type, "layers": each.layers, "log10": each.lost} for each in found]


def _json(number: float | None) -> float | None:
    """A number that JSON has."""
    return number if number is not None and isfinite(number) else None


def _entry(each: "LayerSignal", pull: float | None) -> "dict[str, object]":
    state, gradient = each.state, each.gradient
    return {
        "name": each.layer.name,
        "type": each.layer.type,
        "signal": state and _json(state.square),
        "mean": state and _json(state.mean),
        "spread": state and _json(state.spread),
        "between_positions": state and _json(state.common),
        "between_samples": state and _json(state.shared),
        "gradient": gradient and _json(gradient.square),
        "gradient_step": _json(each.step),
        "weight_gradient": _json(pull),
        "reliable": each.reliable,
        **({"reason": each.doubt} if each.doubt else {}),
        **(
            {"steps": each.steps.steps, "log10_over_steps": _json(each.steps.backward)}
            if each.steps is not None
            else {}
        ),
    }


def signal_figure(trace: "Trace", report: "SignalReport", found: "FirstStep") -> Figure:
    """Mean squares along the depth, on a logarithmic axis."""
    places = {layer.name: index for index, layer in enumerate(trace.layers, 1)}
    forward = tuple(
        (float(places[name]), each.state.square)
        for name, each in report.layers.items()
        if each.state is not None
    )
    back = tuple(
        (float(places[name]), each.gradient.square)
        for name, each in report.layers.items()
        if each.gradient is not None
    )
    pulls = tuple((float(places[pull.layer.name]), pull.square) for pull in found.pulls)
    series = (
        PlotSeries("signal", forward, joined=True),
        PlotSeries("gradient", back, joined=True),
        PlotSeries("gradient of a weight", pulls),
    )
    return Figure(_title(trace, report), PlotAxis("layer"), PlotAxis("mean square", log=True), series)
