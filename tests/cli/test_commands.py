"""The list of commands, which stands apart from them so that no command is imported for it."""

from inspect import getdoc

import pytest
from typer.main import get_command

from archcalc.cli.app import app
from archcalc.cli.commands import COMMANDS, Commands, command, command_with_options


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_a_command_says_of_itself(name: str) -> None:
    first = (getdoc(command(name)) or "").split("\n\n")[0]
    assert COMMANDS[name].help == " ".join(first.split())
    assert command_with_options(name).name == name


def test_a_command_is_built_when_it_is_called() -> None:
    group = get_command(app)
    assert isinstance(group, Commands)
    group.list_all()
    context = group.make_context("archcalc", ["hdc", "1"])
    listed = group.get_command(context, "hdc")
    name, called, rest = group.resolve_command(context, ["hdc", "1"])
    assert listed is not None
    assert called is not None
    assert not listed.params, "the list needs no options"
    assert (name, rest, [each.name for each in called.params][:2]) == ("hdc", ["1"], ["rates", "kernel"])
