"""Design mistakes as ``archcalc check`` finds them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack, overload

from archcalc.errors import Fault, SpecError, nearest
from archcalc.loading import Model
from archcalc.python.opening import as_model, is_module, shapes_given, values_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass
from archcalc.rules.selection import SEVERITIES, Selection, known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.python.opening import GivenOptions, Network
    from archcalc.render.cells import Table
    from archcalc.rules.base import Severity
    from archcalc.rules.engine.checking import Checked
    from archcalc.rules.engine.report import Reported


@dataclass(frozen=True, repr=False)
class FindingsOfSpec(Shown, Sequence["Reported"]):
    """What is found in a spec, in the order of its lines.

    Args:
        model: the spec's name.
        found: the findings.
        suppressed: those that the spec suppresses.
        notes: what could not be judged.
    """

    model: str
    found: "tuple[Reported, ...]"
    suppressed: "tuple[Reported, ...]"
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """FindingsOfSpec."""
        return len(self.found)

    @overload
    def __getitem__(self, index: int) -> "Reported": ...
    @overload
    def __getitem__(self, index: slice) -> "tuple[Reported, ...]": ...
    def __getitem__(self, index: int | slice) -> "Reported | tuple[Reported, ...]":
        """A finding, or several."""
        return self.found[index]

    def __str__(self) -> str:
        """What ``archcalc check`` prints."""
        from archcalc.render.findings import findings_text
        from archcalc.rules.engine.report import FileReport

        return "".join(findings_text([FileReport(self.model, findings=self.found)])) or self.tables()[0].title

    def tables(self) -> "Sequence[Table]":
        """A line for each finding."""
        from archcalc.render.cells import listed

        headers = ("Rule", "Severity", "Place", "Layer", "Finding", "Help")
        rows = (
            (each.code, each.severity, str(each.place), each.subject, each.message, each.hint)
            for each in self.found
        )
        count = len(self.found)
        return [
            listed(f"{self.model}: {count or 'no'} finding{'s' * (count != 1)}", headers, rows, self.notes)
        ]


def check(
    network: "Network",
    *,
    select: "str | Iterable[str] | None" = None,
    extend_select: "str | Iterable[str]" = (),
    ignore: "str | Iterable[str]" = (),
    min_severity: "Severity" = "info",
    **given: "Unpack[GivenOptions]",
) -> FindingsOfSpec:
    """Look for design mistakes in a spec; what keeps it from being built is a finding too.

    Args:
        network: a spec, its name or file, or its data.
        select: run these rules, codes or names, not the default set.
        extend_select: run these besides.
        ignore: do not run these.
        min_severity: leave out the rules of a lower severity.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: there is no such rule, or the spec has no place for what is given.
        SpecError: there is no such file.
    """
    from archcalc.rules.engine.checking import check_document, untraceable
    from archcalc.rules.engine.overriding import OtherValues, check_given

    if min_severity not in SEVERITIES:
        raise Fault(f"no severity {min_severity!r}", hint=nearest(min_severity, SEVERITIES))
    values = values_given(given)
    shapes = {} if is_module(network) else shapes_given(given)
    chosen = None if select is None else _codes(select)
    active = Selection(chosen, _codes(extend_select), _codes(ignore), min_severity).active()
    try:
        model = as_model(network, given)
    except SpecError as error:
        if error.problems[0].place.line == 0:
            raise
        found = tuple(untraceable(error, active))
        return FindingsOfSpec(str(error.problems[0].place.file), found, (), ())
    if not (values or shapes or given.get("freeze")):
        return _findings(model, check_document(model.document, active, helping=True))
    freeze = given.get("freeze", ())
    patterns = (freeze,) if isinstance(freeze, str) else tuple(freeze)
    result = check_given(model.document, active, [OtherValues(values, shapes, patterns)])
    _refuse(result.lacking)
    return _findings(model, result.checked)


def _refuse(lacking: "Mapping[str, str]") -> None:
    for fact, hint in lacking.items():
        raise Fault(fact, hint=hint)


def _findings(model: Model, checked: "Checked") -> FindingsOfSpec:
    return FindingsOfSpec(
        model.name, tuple(checked.findings), tuple(checked.suppressed), tuple(checked.notes)
    )


def _codes(written: "str | Iterable[str]") -> tuple[str, ...]:
    words = written.split(",") if isinstance(written, str) else written
    return tuple(known(word.strip()) for word in words)
