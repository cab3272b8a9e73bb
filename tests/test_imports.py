"""Who may import what, seen in fresh processes: start-up time is a feature, and the core stays pure."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "hypothesis")


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


@pytest.mark.parametrize(
    "arguments",
    [
        ("shapes", "resnet50"),
        ("params", "vgg16"),
        ("rf", "dilated_context", "--check-hdc"),
        ("summary", "lenet5"),
    ],
    ids=" ".join,
)
def test_reading_commands_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(command(*arguments))
    assert not loaded & set(HEAVY)
    assert not any(name.startswith("archcalc.sizes") for name in loaded), "sizes that remember cost nothing"


def test_sizes_that_remember_import_nothing_heavy_but_for_arrays() -> None:
    code = (
        "import archcalc\nfrom archcalc.sizes.remembering import remembered\n"
        "remembered(archcalc.load('lenet5')).at({'image[0]': 3})"
    )
    loaded = loaded_by(code)
    assert "archcalc.sizes.size" in loaded
    assert not loaded & {"rich", "typer", *HEAVY}


@pytest.mark.parametrize("name", HEAVY)
def test_the_probe_sees_a_heavy_import(name: str) -> None:
    assert name in loaded_by(f"import {name}")


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
    code = "import archcalc.formulas.windows, archcalc.formulas.counts, archcalc.formulas.dilation"
    loaded = {name for name in loaded_by(code) if name.startswith("archcalc.")}
    assert all(name.startswith("archcalc.formulas") for name in loaded)
    assert not loaded_by(code) & {"pydantic", "yaml", "rich", "typer"}


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

    assert len(archcalc.__all__) <= 12
    for name in archcalc.__all__:
        assert getattr(archcalc, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = getattr(archcalc, "lod")  # noqa: B009  the attribute does not exist for checkers
