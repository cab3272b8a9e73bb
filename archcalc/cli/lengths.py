"""A network at other lengths: of a variable of the spec, or of the first axis of an input."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from archcalc.cli.options import usage
from archcalc.errors import Fault, SpecError, nearest

if TYPE_CHECKING:
    from archcalc.cli.sources import AskedNetwork
    from archcalc.tracing import Trace

SEQUENCE = "sequence"


class Lengths:
    """Traces one network at several lengths; what it is read from is read once.

    Args:
        asked: the network.

    Raises:
        SpecError: it cannot be read or traced.
    """

    def __init__(self, asked: "AskedNetwork") -> None:
        from archcalc.tracing import trace

        self.asked, self.model = asked, asked.model()
        self.values, self.shapes = asked.values(), asked.shapes(self.model)
        self.given = self._frozen(trace(self.model, self.values, self.shapes))

    def of_input(self, name: str, length: int) -> "Trace":
        """The network with another size of the first axis of an input."""
        from archcalc.tracing import trace

        tensor = self.given.inputs[name]
        longer = replace(tensor, shape=(length, *tensor.shape[1:]))
        if self.asked.factory:  # whatever a run has made of the length
            return self._frozen(trace(self.asked.on({**self.given.inputs, name: longer})))
        return self._frozen(trace(self.model, self.values, {**self.shapes, name: longer}))

    def of_variable(self, name: str, value: int) -> "Trace":
        """The network with another value of a variable."""
        from archcalc.tracing import trace

        return self._frozen(trace(self.model, {**self.values, name: value}, self.shapes))

    def _frozen(self, trace: "Trace") -> "Trace":
        if not self.asked.freeze:
            return trace
        from archcalc.tracing.freezing import frozen

        with usage("--freeze"):
            return frozen(trace, self.asked.freeze)

    def variable_of(self, name: str) -> str | None:
        """The variable that alone is the first axis of an input; None: none is, or the input is given."""
        written = self.model.spec.inputs.get(name)
        if self.asked.factory or written is None or name in self.shapes or not written.shape:
            return None
        first = written.shape[0]
        if not isinstance(first, str):
            return None
        variable = first.removeprefix("=").strip()
        return variable if variable in self.model.spec.vars else None


class SoughtSize:
    """What ``--for`` names, and the network at its sizes.

    Args:
        lengths: the network.
        named: ``sequence``, a variable, or an input.

    Raises:
        typer.BadParameter: there is no such, or several may be the sequence.
    """

    def __init__(self, lengths: Lengths, named: str) -> None:
        self.lengths = lengths
        with usage("--for"):
            name = _sequence(lengths) if named == SEQUENCE else named
            self.variable = name if name in lengths.model.spec.vars else lengths.variable_of(name)
            if self.variable is None and name not in lengths.given.inputs:
                known = ("batch", SEQUENCE, "context", *lengths.model.spec.vars, *lengths.given.inputs)
                raise Fault(f"there is no {name!r} to grow", hint=nearest(name, known) or ", ".join(known))
            self.name = self.variable or name
            self.start = self._given(name)

    def _given(self, name: str) -> int:
        """The size that is there."""
        read = (each for each in self.lengths.given.inputs if self.lengths.variable_of(each) == self.name)
        named = name if name in self.lengths.given.inputs else next(read, None)
        if named is not None:
            shape = self.lengths.given.inputs[named].shape
            if not shape:
                raise Fault(f"input {named!r} has no axis that could grow")
            return shape[0]
        value = self.lengths.values.get(self.name, self.lengths.model.spec.vars[self.name])
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise Fault(f"{self.name} is {value!r}, no size that could grow")
        return value

    def at(self, size: int) -> "Trace | None":
        """The network at a size; None: it refuses it."""
        try:
            if self.variable is not None:
                return self.lengths.of_variable(self.name, size)
            return self.lengths.of_input(self.name, size)
        except SpecError:
            return None


class Decoder:
    """A network that reads the tokens before, and how many of them it takes: as many as it can be run on.

    Args:
        lengths: the network.

    Raises:
        typer.BadParameter: no input grows token by token, or several may.
    """

    def __init__(self, lengths: Lengths) -> None:
        from archcalc.analyses.decoding import token_input

        with usage("--context"):
            self.lengths, self.tokens = lengths, token_input(lengths.given)
        shape = lengths.given.inputs[self.tokens].shape
        self.start = shape[0] if shape else 1

    def takes(self, count: int) -> bool:
        """Whether there may be so many tokens, those of the cache among them."""
        return count <= self.start or self._refusal(count) is None

    def check(self, count: int) -> None:
        """Refuse more tokens than the network takes.

        Raises:
            typer.BadParameter: with what the network says to them.
        """
        told = self._refusal(count) if count > self.start else None
        if told is not None:
            fact = f"the network refuses {count:,} tokens: {told.problems[0].what}"
            raise typer.BadParameter(fact, param_hint="--context")

    def _refusal(self, count: int) -> SpecError | None:
        try:
            self.lengths.of_input(self.tokens, count)
        except SpecError as error:
            return error
        return None


def _sequence(lengths: Lengths) -> str:
    """The input that is a sequence of tokens."""
    trace = lengths.given
    tokens = [name for name, each in trace.inputs.items() if len(each.shape) == 1 and not each.is_float]
    if not tokens:
        names = ", ".join((*lengths.model.spec.vars, *trace.inputs))
        raise Fault("no input is a sequence of tokens", hint=f"say what grows: --for NAME, one of {names}")
    grown = {lengths.variable_of(name) or name for name in tokens}
    if len(grown) > 1:
        names = ", ".join(sorted(grown))
        raise Fault(f"{len(grown)} may be the sequence: {names}", hint="say which: --for NAME")
    return tokens[0]
