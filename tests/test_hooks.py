"""The hooks for pre-commit: installed from a clone as a project that uses them would, and run on specs."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PACKAGE = ("archcalc", "specs", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
HEAD = "inputs: {image: [3, 16, 16]}\nlayers:\n  # a stem\n  - {type: Conv2d, out_channels: 8, kernel_size: 3"
GOOD = HEAD + ", bias: false}\n  - BatchNorm2d\n"
BAD = HEAD + "}  # as usual\n  - BatchNorm2d\n"
"""AC301, which --fix mends."""


def in_folder(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command there, with no settings of git or pre-commit but its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    own = {
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.run(
        command,
        cwd=folder,
        env={**kept, **own, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def as_repository(folder: Path) -> None:
    """Commit everything in a folder to a new repository."""
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*author, "commit", "-q", "-m", "All of it")):
        done = in_folder(folder, "git", *words)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what the package needs, as it is in this checkout."""
    folder = tmp_path_factory.mktemp("from") / "archcalc"
    folder.mkdir()
    for name in PACKAGE:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    as_repository(folder)
    return folder


def test_hooks_run_from_a_clone(clone: Path, tmp_path: Path) -> None:
    """In a project with a mistake, which the second hook mends, and in one without, which stays as it is."""
    head = in_folder(clone, "git", "rev-parse", "HEAD").stdout.strip()
    hooks = [{"id": name} for name in ("archcalc-check", "archcalc-fix")]
    for name, spec, code in (("bad", BAD, 1), ("good", GOOD, 0)):
        project = tmp_path / name
        project.mkdir()
        (project / "model.yaml").write_text(spec, encoding="utf-8")
        (project / "other.yaml").write_text("layers: [no, spec]\n", encoding="utf-8")
        config = {"repos": [{"repo": str(clone), "rev": head, "hooks": hooks}]}
        (project / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
        as_repository(project)
        done = in_folder(project, sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose")
        said = f"{done.stdout}\n{done.stderr}"
        assert done.returncode == code, said
        results = re.findall(r"^(archcalc check.*?)\.+(Passed|Failed)$", done.stdout, re.MULTILINE)
        result = "Failed" if code else "Passed"
        assert results == [("archcalc check", result), ("archcalc check --fix", result)], said
        assert ("model.yaml:4:5: AC301" in done.stdout) == bool(code)
        assert (project / "model.yaml").read_text(encoding="utf-8") == spec.replace("3}", "3, bias: false}")


NET = """\
from torch import nn


def build():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
    )
"""
SETTINGS = """\
[tool.archcalc]
models = [{factory = "net:build", input = [3, 16, 16]}]
"""


@pytest.mark.parametrize("changed", ["net.py", "other.yaml"])
def test_the_torch_modules_of_a_project_are_judged_where_it_may_have_changed(
    changed: str, clone: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    head = in_folder(clone, "git", "rev-parse", "HEAD").stdout.strip()
    hook = {
        "id": "archcalc-check",
        "language": "system",
        "entry": f"{sys.executable} -m archcalc check --specs-only",
    }
    config = {"repos": [{"repo": str(clone), "rev": head, "hooks": [hook]}]}
    files = {
        "net.py": NET,
        "beside.py": "",
        "other.yaml": "layers: [no, spec]\n",
        "pyproject.toml": SETTINGS,
        ".pre-commit-config.yaml": json.dumps(config),
    }
    for name, text in files.items():
        (project / name).write_text(text, encoding="utf-8")
    as_repository(project)
    names = [changed] if changed != "net.py" else ["net.py", "beside.py"]  # several files: judged once
    done = in_folder(
        project, sys.executable, "-m", "pre_commit", "run", "--files", *names, PYTHONPATH=str(ROOT)
    )
    found = re.findall(r"^net\.py:(\d+):\d+: (AC\d+)", done.stdout, re.MULTILINE)
    assert found == ([] if changed == "other.yaml" else [("6", "AC301")]), f"{done.stdout}\n{done.stderr}"
    assert done.returncode == (changed != "other.yaml")


def test_hooks_install_four_small_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[^\w-]", requirement)[0] for requirement in project["dependencies"]}
    assert needed == {"typer", "rich", "pydantic", "PyYAML"}


def test_own_configuration_checks_the_shipped_specs() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    own = hooks["archcalc-check"]
    assert re.search(own["files"], "specs/resnet50.yaml")
    done = subprocess.run(
        [sys.executable, "-m", *own["entry"].removeprefix("python -m ").split(), "specs/resnet50.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1 spec checked: no findings\n")
