"""``archcalc explain``: how the numbers of a layer or a network come about, and the pages of the rules."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.completing import explained_completed
from archcalc.cli.formats import Format, show
from archcalc.cli.options import FormatOption, InputOption, SetOption, usage
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption

if TYPE_CHECKING:
    from archcalc.explaining.records import Explanation
    from archcalc.rules.base import Rule

LAYER_WORD = re.compile(r"\d+(,\d+)+(:\w+)?|\d+:\w+|\w+=.*", re.DOTALL)
"""A shape, or an argument, as they stand behind a kind and not behind a network."""
NAMED = 2
"""Words of a network and a layer of it."""


def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC [LAYER] | KIND SHAPE... [KEY=VALUE...] | CODE]",
            help="A network, and a layer or container of it; a layer as `archcalc layer` has it; or the code"
            " or the name of a rule.",
            autocompletion=explained_completed,
        ),
    ] = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    form: FormatOption = Format.table,
) -> None:
    """How every number of a layer or network comes about; or the page of a design rule, or a list of all.

    Of a layer: formula, the numbers put in, result and source of shapes, weights, MACs and the step of the
    receptive field. Of a network or a container: the sums of what is right inside.
    """
    given = words or []
    rule = _rule_meant(given[0]) if len(given) == 1 else None
    if not given:
        _show_rules(form)
    elif rule is not None:
        _show_rule(rule, form)
    else:
        asked = AskedNetwork(given[0], settings, inputs, arguments, fresh)
        _show_explanation(_explained(asked, given), form)


def _show_rules(form: Format) -> None:
    from archcalc.render.rule_pages import rules_table

    show(form, lambda: [rules_table()])


def _rule_meant(word: str) -> "Rule | None":
    """The rule of this code or name; None: the word means a network or a layer.

    Raises:
        BadParameter: it means neither, and so a rule that there is not.
    """
    from archcalc.cli.single import is_kind
    from archcalc.errors import nearest
    from archcalc.rules.registry import rules

    found = next((rule for rule in rules() if word.strip().lower() in (rule.code.lower(), rule.name)), None)
    if found is not None or is_network(word) or is_kind(word):
        return found
    known = [name for rule in rules() for name in (rule.code, rule.name)]
    hint = nearest(word, known, "`archcalc explain` lists the rules")
    raise typer.BadParameter(f"no rule {word[:60]!r}, nor a network; {hint}", param_hint="CODE")


def is_network(word: str) -> bool:
    """Whether a word alone stands for a network: a file, standard input, a shipped spec, a factory."""
    from os.path import exists

    from archcalc import zoo
    from archcalc.loading import is_factory

    return word == "-" or is_factory(word) or zoo.path_of(word) is not None or exists(word)  # noqa: PTH110  no error for odd names


def _show_rule(rule: "Rule", form: Format) -> None:
    from archcalc.render import rule_pages

    own = {
        Format.table: rule_pages.rule_text,
        Format.json: rule_pages.rule_json,
        Format.markdown: rule_pages.rule_page,
    }
    if form not in own:
        raise typer.BadParameter("a page is a table, json or markdown", param_hint="--format")
    typer.echo(own[form](rule), nl=False)


def _explained(asked: AskedNetwork, words: list[str]) -> "Explanation":
    from archcalc.cli.networks import opened
    from archcalc.cli.single import is_kind, network_of
    from archcalc.explaining.layers import explained
    from archcalc.render.reports import shapes_table

    kind, *rest = words
    alone = is_kind(kind) or (kind.isidentifier() and any(map(LAYER_WORD.fullmatch, rest)))
    if alone and not is_network(kind):
        trace = network_of(kind, rest)
        return explained(trace, trace.layers[0].name if len(trace.layers) == 1 else None)
    if len(words) > NAMED:
        raise typer.BadParameter(f"takes SPEC and LAYER, got {len(words)} words", param_hint="LAYER")
    trace = opened(asked, Format.csv, shapes_table)
    with usage("LAYER"):
        return explained(trace, rest[0] if rest else None)


def _show_explanation(found: "Explanation", form: Format) -> None:
    from archcalc.render.emit import json_text
    from archcalc.render.explanation import explanation_tables
    from archcalc.render.explanation_document import explanation_document
    from archcalc.render.explanation_latex import explanation_latex

    own = {
        Format.json: lambda: json_text(explanation_document(found)),
        Format.latex: lambda: explanation_latex(found),
    }
    show(form, lambda: explanation_tables(found), own)
