"""What is added is added everywhere: a place where a command, a format or a rule was forgotten is named.

These are the files that CONTRIBUTING.md lists; every check is shown to name what is missing.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.main import get_command

import archcalc
from archcalc.rules.registry import RULES
from archcalc.rules.selection import Selection
from tests.cli.lines import FORMATS, LINES, commands
from tests.cli.test_golden import COMMANDS as GOLDEN
from tests.rules.test_mutations import MUTATIONS, WITHOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

PACKAGE = Path(archcalc.__file__).parent
ROOT = PACKAGE.parent
README, CONTRIBUTING, CHECKING, PAGES = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md", "docs/check.md", "docs/rules.md")
)
ROW = re.compile(r"^\| `archcalc (\w+)([^`]*)` \|", re.MULTILINE)


def options(command: "Callable[..., object]") -> set[str]:
    """The options of a command as they are written: ``--at``."""
    alone = typer.Typer()
    alone.command()(command)
    return {word for parameter in get_command(alone).params for word in parameter.opts}


def lacking_commands(known: "Mapping[str, Collection[str]]", readme: str) -> list[str]:
    """What is missing of commands, which are given with their options, in the order of ``--help``."""
    rows = ROW.findall(readme)
    order = list(dict.fromkeys(name for name, _ in rows))
    told = [f"{name}: no row in the table of commands in README.md" for name in known if name not in order]
    told += [f"{name}: in README.md, and no command" for name in order if name not in known]
    if not told and order != list(known):
        told.append(f"README.md has the commands as {order}, the application as {list(known)}")
    told += [
        f"{name}: {option} is in README.md, and no option of it"
        for name, words in rows
        for option in re.findall(r"--[\w-]+", words)
        if option not in known.get(name, (option,))
    ]
    told += [f"{name}: no line in LINES of tests/cli/lines.py" for name in known if name not in LINES]
    shown = {words[0] for words in GOLDEN.values()} | {"check", "explain", "schema"}
    told += [
        f"{name}: no output in COMMANDS of tests/cli/test_golden.py" for name in known if name not in shown
    ]
    return told


def lacking_formats(option: str, names: "Collection[str]") -> list[str]:
    """What is missing of the formats of an option: the documentation lists them."""
    file, text, between = ("README.md", README, "|")
    if option == "--output-format":
        file, text, between = ("docs/check.md", CHECKING, "`, `")
    listed = f"`{option} {between.join(names)}`"
    return [] if listed in text else [f"{file} does not have {listed}"]


def lacking_rules(
    known: "Mapping[str, str]", files: "Collection[str]", default: "Collection[str]"
) -> list[str]:
    """What is missing of rules, whose codes lead to their files; those of the default set have a mutation."""
    told = [f"archcalc/rules/{file}: no line in archcalc/rules/registry.py" for file in files]
    told = [text for file, text in zip(files, told, strict=True) if file not in known.values()]
    told += [f"{code}: no file archcalc/rules/{file}" for code, file in known.items() if file not in files]
    made = {mutation.code for mutation in MUTATIONS.values()} | set(WITHOUT)
    told += [f"{code}: no mutation in tests/rules/test_mutations.py" for code in default if code not in made]
    anew = "python -m pytest tests/test_docs.py --write-golden"
    for page, text in (("README.md", README), ("docs/rules.md", PAGES)):
        told += [f"{code}: not in {page}, which `{anew}` writes" for code in known if code not in text]
    return told


def lacking_analyses(analyses: "Collection[str]", sources: "Collection[str]") -> list[str]:
    """Analyses that nothing asks: no command, no rule, no public name and no other analysis."""
    wanted = {name for text in sources for name in re.findall(r"analyses(?:\.| import )(\w+)", text)}
    return [f"archcalc/analyses/{name}.py: nothing asks for it" for name in analyses if name not in wanted]


FILES = {
    f"{path.parent.name}/{path.name}"
    for path in PACKAGE.glob("rules/*/*.py")
    if path.stem != "__init__" and path.parent.name not in {"engine", "questions"}
}
KNOWN = {code: f"{file.replace('.', '/')}.py" for code, file in RULES.items()}
ANALYSES = {path.stem for path in PACKAGE.glob("analyses/*.py")} - {"__init__"}
SOURCES = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]


def test_every_command_is_everywhere() -> None:
    assert not lacking_commands({name: options(command) for name, command in commands().items()}, README)


def test_a_command_that_was_forgotten_is_named() -> None:
    known: dict[str, Collection[str]] = {name: options(command) for name, command in commands().items()}
    assert lacking_commands({**known, "energy": ()}, README) == [
        "energy: no row in the table of commands in README.md",
        "energy: no line in LINES of tests/cli/lines.py",
        "energy: no output in COMMANDS of tests/cli/test_golden.py",
    ]
    row = "| `archcalc energy SPEC [--train]` | joules |\n"
    assert lacking_commands(known, README + row) == ["energy: in README.md, and no command"]
    (told,) = lacking_commands({"zoo": (), **known}, README)
    assert told.startswith("README.md has the commands as ['shapes', ")
    assert (
        lacking_commands({**known, "rf": ()}, README)[0] == "rf: --layer is in README.md, and no option of it"
    )


@pytest.mark.parametrize("option", FORMATS)
def test_every_format_is_everywhere(option: str) -> None:
    names = [each.value for each in FORMATS[option]]
    assert len(names) == {"--format": 5, "--output-format": 7}[option]
    assert not lacking_formats(option, names)
    (told,) = lacking_formats(option, [*names, "html"])
    assert re.fullmatch(rf"(README|docs/check)\.md does not have `{option} .*html`", told)
    assert lacking_formats(option, names[1:])


def test_every_rule_is_everywhere() -> None:
    assert not lacking_rules(KNOWN, FILES, Selection().active())
    assert not set(WITHOUT) & {mutation.code for mutation in MUTATIONS.values()}


def test_a_rule_that_was_forgotten_is_named() -> None:
    new = "shape/too_wide.py"
    assert lacking_rules(KNOWN, {*FILES, new}, ()) == [
        "archcalc/rules/shape/too_wide.py: no line in archcalc/rules/registry.py"
    ]
    told = lacking_rules({**KNOWN, "AC199": new}, FILES, {"AC199"})
    assert told[:2] == [
        "AC199: no file archcalc/rules/shape/too_wide.py",
        "AC199: no mutation in tests/rules/test_mutations.py",
    ]
    assert [text.partition(",")[0] for text in told[2:]] == [
        "AC199: not in README.md",
        "AC199: not in docs/rules.md",
    ]


def test_every_analysis_is_asked_for() -> None:
    assert not lacking_analyses(ANALYSES, SOURCES)
    assert lacking_analyses({*ANALYSES, "memory"}, SOURCES) == [
        "archcalc/analyses/memory.py: nothing asks for it"
    ]


@pytest.mark.parametrize(
    "thing", ["a layer kind", "an analysis", "a command", "an output format", "a rule", "a shipped spec"]
)
def test_the_guide_says_how_to_add_it_and_its_files_are_there(thing: str) -> None:
    (section,) = re.findall(rf"^## Add {thing}\n(.*?)(?=^## )", CONTRIBUTING, re.MULTILINE | re.DOTALL)
    files = [name for name in re.findall(r"`([\w./]+/[\w./]*)`", section) if not re.search("[A-Z]{2}", name)]
    assert files
    assert not [name for name in files if not (ROOT / name).exists()]
