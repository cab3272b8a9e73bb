"""Who may import what, seen in fresh processes: start-up time is a feature, and the core stays pure."""

import subprocess
import sys
from pathlib import Path

import pytest

from archcalc.cli.commands import COMMANDS

HEAVY = ("torch", "numpy", "hypothesis")
FORMULAS = Path(__file__).parent.parent / "archcalc" / "formulas"


def loaded_by(code: str) -> set[str]:
    """Top-level modules and archcalc's own that a fresh process has loaded after running ``code``."""
    probe = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return {name if name.startswith("archcalc") else name.split(".")[0] for name in done.stdout.splitlines()}


def command(*arguments: str) -> str:
    """Code that runs a command line and goes on behind its exit."""
    return (
        "import contextlib\nfrom archcalc.cli import main\n"
        f"with contextlib.suppress(SystemExit): main({list(arguments)!r})"
    )


RUNS = {
    "shapes": ("resnet50",),
    "params": ("vgg16",),
    "rf": ("dilated_context", "--check-hdc"),
    "summary": ("lenet5",),
    "macs": ("lenet5", "--compare"),
    "attention": ("vit_b_16",),
    "decode": ("gpt2", "--prompt", "4", "--new", "2"),
    "check": ("lenet5",),
    "verify": ("lenet5",),
    "explain": ("AC301",),
    "export": ("resnet18", "--to", "torch"),
    "solve": ("resnet18", "--for", "classes", "--want", "params=12M"),
    "layer": ("Linear", "3", "out_features=2"),
    "hdc": ("1", "2", "5"),
}
"""Arguments of the commands that take some."""
FOLLOWING = ("decode", "check", "solve")
"""Commands that follow numbers to other sizes."""
BUILDING = ("verify",)
"""Commands that build torch modules, for which there is an extra."""


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_import_nothing_heavy(name: str) -> None:
    loaded = loaded_by(command(name, *RUNS.get(name, ())))
    assert "archcalc.cli" in loaded
    assert ("torch" in loaded) is (name in BUILDING)
    assert name in BUILDING or not loaded & set(HEAVY)
    if name not in FOLLOWING:
        assert not any(each.startswith("archcalc.sizes") for each in loaded), "what is not used costs nothing"


def test_sizes_that_remember_import_nothing_heavy_but_for_arrays() -> None:
    code = (
        "import archcalc\nfrom archcalc.sizes.remembering import remembered\n"
        "remembered(archcalc.load('lenet5')).at({'image[0]': 3})"
    )
    loaded = loaded_by(code)
    assert "archcalc.sizes.size" in loaded
    assert not loaded & {"rich", "typer", *HEAVY}


@pytest.mark.parametrize("name", BUILDING)
def test_a_command_that_builds_modules_loads_torch_when_a_spec_is_good(name: str) -> None:
    """Neither for its help, nor for a spec that is refused."""
    for words in (("--help",), ("nothing.yaml",)):
        assert not loaded_by(command(name, *words)) & set(HEAVY)


@pytest.mark.parametrize("name", HEAVY)
def test_the_probe_sees_a_heavy_import(name: str) -> None:
    assert name in loaded_by(f"import {name}")


@pytest.mark.parametrize("line", [("--help",), ("--version",), ("params", "--help"), ("nothing",)])
def test_help_imports_no_library_of_the_core(line: tuple[str, ...]) -> None:
    loaded = loaded_by(command(*line))
    assert not loaded & {"pydantic", "yaml", *HEAVY}
    assert not any(name.startswith(("archcalc.render", "archcalc.rules")) for name in loaded)


def test_the_core_imports_neither_rich_nor_typer() -> None:
    code = (
        "import archcalc\n"
        "network = archcalc.trace(archcalc.load('resnet50'))\n"
        "archcalc.params(network), archcalc.receptive_fields(network), archcalc.dilation_groups(network)"
    )
    loaded = loaded_by(code)
    assert "pydantic" in loaded
    assert not loaded & {"rich", "typer", "torch"}


def test_the_formulas_import_nothing_of_the_package_but_themselves() -> None:
    formulas = {f"archcalc.formulas.{path.stem}" for path in FORMULAS.glob("[!_]*.py")}
    loaded = loaded_by(f"import {', '.join(formulas)}")
    assert {name for name in loaded if name.startswith("archcalc.")} == {
        "archcalc.formulas",
        "archcalc.tuples",
        *formulas,
    }
    assert not loaded & {"pydantic", "yaml", "rich", "typer", *HEAVY}


def test_importing_the_package_imports_no_library() -> None:
    assert not loaded_by("import archcalc") & {"pydantic", "yaml", "rich", "typer", *HEAVY}


def test_only_the_families_a_spec_uses_are_loaded() -> None:
    loaded = loaded_by("import archcalc\narchcalc.trace(archcalc.load('lenet5'))")
    assert "archcalc.layers.convolution" in loaded
    assert "archcalc.layers.normalization" not in loaded


def test_json_and_csv_need_no_rich() -> None:
    assert "rich" not in loaded_by(command("params", "resnet18", "--format", "csv"))
    assert "rich" not in loaded_by(command("params", "resnet18", "--format", "json"))


def test_public_names_are_few_and_there() -> None:
    import archcalc

    assert len(archcalc.__all__) <= 40
    for name in archcalc.__all__:
        assert getattr(archcalc, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = getattr(archcalc, "lod")  # noqa: B009  the attribute does not exist for checkers
