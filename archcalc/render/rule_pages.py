"""Pages about the design rules, made from their records: for the shell, and as Markdown for the docs."""

from typing import TYPE_CHECKING

from archcalc.render.addresses import anchor
from archcalc.render.cells import Table, listed
from archcalc.render.emit import json_text
from archcalc.rules.registry import GROUPS, rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.rules.base import Bad, Rule


def rule_page(rule: "Rule") -> str:
    """The page of a rule in Markdown, which also reads well at the shell."""
    lines = [f"## {rule.code} {rule.name}", "", f"{_kind(rule)}", "", rule.what, ""]
    for title, text in _titled(rule):
        lines += [f"**{title}.** {text}", ""]
    for bad in rule.bad:
        lines += [
            f"Found here ({_where(bad)}: {bad.message}):",
            "",
            "```yaml",
            bad.text.rstrip("\n"),
            "```",
            "",
        ]
    for good in rule.good:
        lines += ["Fine:", "", "```yaml", good.rstrip("\n"), "```", ""]
    return "\n".join(lines)


def _titled(rule: "Rule") -> tuple[tuple[str, str], ...]:
    return ("Why", rule.why), ("Instead", rule.instead), ("Source", f"{rule.source}.")


def _where(bad: "Bad") -> str:
    return f"line {bad.line}" + (f", column {bad.column}" if bad.column else "")


def _kind(rule: "Rule") -> str:
    on = "off by default" if rule.severity == "info" else "on by default"
    fix = {"yes": "; `--fix` mends it", "some": "; `--fix` mends some of it"}.get(_fix(rule), "")
    return f"{rule.severity}, {on}{fix}"


def _fix(rule: "Rule") -> str:
    """How many of its examples are mended."""
    if not rule.fixable:
        return ""
    return "yes" if all(bad.fixable for bad in rule.bad) else "some"


def rules_table() -> Table:
    """All rules with severity and what they look for."""
    rows = ((rule.code, rule.name, rule.severity, _fix(rule), rule.what) for rule in rules())
    footer = ("archcalc explain CODE prints the page of a rule; info rules only run when they are selected",)
    return listed("Design rules", ("Code", "Name", "Severity", "Fix", "What"), rows, footer)


def rules_markdown() -> str:
    """The table of all rules in Markdown, with links to their pages."""
    lines = ["| code | rule | severity | fix | what it looks for |", "|---|---|---|---|---|"]
    lines += [
        f"| [{rule.code}](docs/rules.md#{anchor(rule.code)}) | {rule.name} | {rule.severity} |"
        f" {_fix(rule)} | {rule.what} |"
        for rule in rules()
    ]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """All rules on one page, group by group."""
    return "\n".join(_page())


def _page() -> "Iterator[str]":
    yield from ("# The design rules", "")
    yield "Made from the files in `archcalc/rules/`; `archcalc explain CODE` prints one of them, and the"
    yield from ("examples are the tests. `archcalc check` runs those that are errors and warnings.", "")
    for prefix, group in GROUPS.items():
        inside = [rule for rule in rules() if rule.code.startswith(prefix)]
        if inside:
            yield f"- {prefix}xx {group}: " + ", ".join(
                f"[{rule.code}](#{anchor(rule.code)})" for rule in inside
            )
    yield ""
    for rule in rules():
        yield rule_page(rule)


def rule_text(rule: "Rule") -> str:
    """The page of a rule for the shell, in paragraphs as wide as the screen, at most 100 columns."""
    from functools import partial
    from shutil import get_terminal_size
    from textwrap import fill, indent

    width = max(40, min(100, get_terminal_size((100, 24)).columns))
    paragraph = partial(fill, width=width, break_on_hyphens=False)  # names have hyphens
    parts = [f"{rule.code} {rule.name} ({_kind(rule).replace('`', '')})", paragraph(rule.what)]
    parts += [paragraph(f"{title}: {text}") for title, text in _titled(rule)]
    for bad in rule.bad:
        parts += [
            paragraph(f"Found here, {_where(bad)}: {bad.message}"),
            indent(bad.text.rstrip("\n"), "    "),
        ]
    parts += [f"Fine:\n\n{indent(good.rstrip(chr(10)), '    ')}" for good in rule.good]
    return "\n\n".join(parts) + "\n"


def rule_json(rule: "Rule") -> str:
    """The record of a rule."""
    words = ("code", "name", "severity", "what", "why", "instead", "source", "fixable")
    record = {word: getattr(rule, word) for word in words}
    bad = [{"text": each.text, "line": each.line, "message": each.message} for each in rule.bad]
    return json_text({**record, "good": list(rule.good), "bad": bad})
