"""What the outputs of a recurrence over a sub-graph read: of the sequences the past, through its states.

How an output of one step reads elements and states follows from the layers of a step, axis by axis
(``archcalc/tracing/links.py``). What a state reads is what it reads at one step, and what the states before
read, until nothing new comes in. An output of step t reads step t itself directly, and through a state every
step before it. What is larger than what is really read says so (``sampled``): windows along an axis, which
grow from step to step, and states that do not read the one before of their own.
"""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, NOTHING, PAST, WHOLE, AxisRead, Phased
from archcalc.tracing.links import alike_links, behind_layer, either, own_links, through_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.facts import Facts, Reads
    from archcalc.tracing.links import InputLinks, Links
    from archcalc.tracing.scan import ScanLayer

MOST_LINKS = 700_000
"""Ways from an axis of an input of a step to an output of a layer in it that are followed, those through
states too."""
ROUNDS = 4
"""For each state, before what was found counts too."""


class StepReads:
    """What is read by the outputs of all steps.

    Args:
        scan: the recurrence.
        facts: of the layers of a step.
        steps: how many there are.

    Raises:
        Fault: more would have to be followed.
    """

    def __init__(self, scan: "ScanLayer", facts: "Mapping[str, Facts]", steps: int) -> None:
        self.scan, self.steps, self._followed = scan, steps, 0
        self._arriving = sum(len(tensor.shape) or 1 for tensor in scan.body.inputs.values())
        self.made = self._of_one_step(facts)
        """For every output of a step, and then every next state: what it reads at that step."""
        self.next = dict(zip(scan.states, self.made[len(scan.outputs) :], strict=True))
        self.before = self._through_states()
        """For every state: what it reads at the steps before."""

    def _through_states(self) -> "Mapping[str, InputLinks]":
        """What is read through any number of states.

        Nearly always nothing is new behind a few rounds for each state. Two ways that are told apart by turns
        may go on to be: behind ``ROUNDS`` for each, what was found before counts too, so that it settles.
        """
        found: dict[str, InputLinks] = dict(self.next)
        rounds = 0
        while True:
            larger = {name: self._with_states(links, found) for name, links in self.next.items()}
            if rounds > ROUNDS * len(found):
                larger = {name: either([found[name], links]) for name, links in larger.items()}
            if larger == found:
                return found
            found, rounds = larger, rounds + 1

    def _with_states(self, direct: "InputLinks", states: "Mapping[str, InputLinks]") -> "InputLinks":
        return either([direct, *self._behind(direct, states)])

    def _behind(self, direct: "InputLinks", states: "Mapping[str, InputLinks]") -> "list[InputLinks]":
        """What is read through each state that is."""
        read = [name for name in self.scan.states if name in direct]
        self._follow(sum(_axes(states[name]) for name in read))
        return [through_state(direct[name], states[name]) for name in read]

    def _follow(self, links: int) -> None:
        self._followed += links
        if self._followed > MOST_LINKS:
            fact = f"its {len(self.scan.states):,} states and its layers read one another in more than"
            hint = "fewer states: one with more features holds several"
            raise Fault(f"{fact} {MOST_LINKS:,} ways", key="states", hint=hint)

    def _of_one_step(self, facts: "Mapping[str, Facts]") -> "Sequence[InputLinks]":
        """What each output of the body reads of its inputs."""
        body = self.scan.body
        known: dict[tuple[str, str], InputLinks] = {
            (name, "output"): {name: own_links(len(tensor.shape))} for name, tensor in body.inputs.items()
        }
        for layer in body.layers:
            for output in facts[layer.name].outputs:
                reads = facts[layer.name].reads_of(output)
                self._follow(sum(_axes(known.get((port.layer, port.output), {})) for port in layer.inputs))
                known[layer.name, output] = behind_layer(layer.inputs, reads, known)
        return [known[port.layer, port.output] for port in body.outputs]

    def of(self, index: int) -> "tuple[Reads, ...]":
        """What output ``index`` reads of each input of the recurrence; the last states come last."""
        direct, last = self.made[index], index >= len(self.scan.outputs)
        old = either(self._behind(direct, self.before))
        self._follow(self._arriving)
        whole = either([direct, old])
        return tuple(
            self._sequence(name, direct, old, whole, last=last)
            if name in self.scan.elements
            else self._read(name, whole.get(name), last=last)
            for name in self.scan.arriving
        )

    def _sequence(
        self, name: str, direct: "InputLinks", old: "InputLinks", whole: "InputLinks", *, last: bool
    ) -> "Reads":
        """What is read of a sequence: of this step, and through the states of the steps before."""
        axis, now, before = self.scan.axis, direct.get(name), old.get(name)
        if now is None and before is None:
            return self._nothing(axis, len(self.scan.body.inputs[name].shape) + 1)
        reads = self._along(whole[name], last=last)
        alike = now is not None and before is not None and all(map(alike_links, now, before))
        part = not (alike and self._goes_on(direct, name))
        if before is not None:
            steps = AxisRead(None, WHOLE, sampled=part) if last else AxisRead(axis, PAST, sampled=part)
        elif last:
            steps = AxisRead(None, Phased(0, (range(self.steps - 1, self.steps),)))
        else:
            steps = AxisRead(axis, IDENTITY)
        return (*reads[:axis], steps, *reads[axis:])

    def _goes_on(self, direct: "InputLinks", element: str) -> bool:
        """Whether a state that is read reads the element and itself, so that no step is left out."""
        return any(
            name in direct and element in self.next[name] and name in self.next[name]
            for name in self.scan.states
        )

    def _read(self, name: str, links: "Links | None", *, last: bool) -> "Reads":
        if links is None:
            return self._nothing(0, len(self.scan.body.inputs[name].shape))
        return self._along(links, last=last)

    def _along(self, links: "Links", *, last: bool) -> "Reads":
        """Links as reads of an output that has the axis of steps besides, unless it is a last state."""

        def place(to: int | None) -> int | None:
            return to if to is None or last or to < self.scan.axis else to + 1

        return tuple(link.read(place(link.to)) for link in links)

    def _nothing(self, axis: int, axes: int) -> "Reads":
        return tuple(AxisRead(None, NOTHING if each == axis else WHOLE) for each in range(axes))


def _axes(links: "InputLinks") -> int:
    """Axes whose links are looked at; a number counts as one."""
    return sum([len(each) or 1 for each in links.values()])
