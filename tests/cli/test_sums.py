"""The rows of every table add up to its totals: in every format, at every depth, for every shipped spec."""

import csv
import io
import json
import re
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from archcalc import load, trace, zoo
from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.analyses.summary import summary
from archcalc.cli.formats import Format
from archcalc.render.cells import Table
from archcalc.render.document import network_document
from archcalc.render.fields import rf_table
from archcalc.render.reports import params_table, shapes_table
from archcalc.render.summary import summary_table
from archcalc.render.view import View
from archcalc.tracing.graph import scopes_around
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.summary import Summary
    from archcalc.tracing import Trace

Capsys = pytest.CaptureFixture[str]
NUMBER = r"\d[\d,]*(?:\.\d+)?"
COUNT = re.compile(r"\.\d+(?:[-,]\d+|\.\.\d+)* \(x(\d+)\)$")
"""What a folded repeat has behind its name."""


SUMMED = {
    "params": ("Params", "Total params"),
    "trainable": ("Trainable params", "Trainable params"),
    "macs": ("MACs", "Total mult-adds"),
    "activations": ("Activation bytes", "Forward/backward pass size"),
    "param_bytes": ("Param bytes", "Params size"),
    "memory": ("Memory bytes", "Estimated Total Size"),
}
"""Column of a summary -> its header, and the line below the table that has its sum."""
WITH_ALL_COLUMNS = ("resnet18", "unet", "seq2seq_attention")
"""Networks of which more than the usual columns are added up."""


class Line(NamedTuple):
    """A row as it is read back: the name it shows, and its number in every column that has one."""

    name: str
    type: str
    numbers: dict[str, float]


def from_text(text: str) -> list[Line]:
    """Rows of a table for people, without those above deeper ones, which their indent tells."""
    lines = text.splitlines()
    end = next(at for at, line in enumerate(lines) if line.startswith("─"))
    columns = [
        (found.start(), found.end(), found[0]) for found in re.finditer(r"\S+(?: \S+)*", lines[end - 1])
    ]
    type_at, type_end = columns[1][0], columns[2][0] if len(columns) > 2 else None
    rows: list[tuple[int, Line]] = []
    for line in lines[end + 1 :]:
        label = line[:type_at].rstrip()
        if not label or line[type_at - 3 : type_at].strip() or not line[type_at : type_at + 1].strip():
            continue  # a further line of a cell, or one below the table, which runs across the columns
        numbers = {
            header: float(found[1].replace(",", ""))
            for _, stop, header in columns
            if len(line) >= stop and (found := re.search(rf"({NUMBER})(?: %)?$", line[:stop]))
        }
        indent = len(label) - len(label.lstrip())
        rows.append((indent, Line(label.strip(), line[type_at:type_end].strip(), numbers)))
    rows = [(indent, line) for indent, line in rows if line.type != "part"]
    below = [indent for indent, _ in rows[1:]] + [0]
    return [line for (indent, line), deeper in zip(rows, below, strict=True) if deeper <= indent]


def from_markdown(text: str) -> list[Line]:
    lines = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")]
    headers = lines[0]
    rows = (dict(zip(headers, cells, strict=True)) for cells in lines[2:])
    return [
        Line(
            row["Layer"],
            row["Type"],
            {
                header: float(cell.removesuffix(" %").replace(",", ""))
                for header, cell in row.items()
                if re.fullmatch(rf"{NUMBER}(?: %)?", cell.strip()) and header != "Layer"
            },
        )
        for row in rows
        if row["Type"] != "part"
    ]


def from_csv(text: str) -> list[Line]:
    rows = csv.DictReader(io.StringIO(text))
    return [
        Line(
            row["layer"],
            row["type"],
            {key: float(cell) for key, cell in row.items() if re.fullmatch(r"\d+(\.\d+)?(e-\d+)?", cell)},
        )
        for row in rows
        if row["type"] != "part"
    ]


def from_latex(text: str) -> list[Line]:
    """The rows of a ``tabular``, read as those of Markdown."""
    rows = [line.removesuffix(r" \\") for line in text.splitlines() if line.endswith(r" \\")]
    plain = (row.replace(" & ", " | ").replace("\\", "").replace("{}", "") for row in rows)
    lines = [f"| {row} |" for row in plain]
    return from_markdown("\n".join([lines[0], "| |", *lines[1:]]))


READ = {
    Format.table: from_text,
    Format.markdown: from_markdown,
    Format.csv: from_csv,
    Format.latex: from_latex,
}


def total(lines: list[Line], column: str) -> float:
    return sum(line.numbers.get(column, 0) for line in lines)


def tables(network: "Trace", found: "Summary", depth: int | None) -> "Iterator[Table]":
    yield params_table(network, found.params, depth)
    yield params_table(network, found.params, depth, found.macs)
    columns = ("type", "share", *SUMMED) if network.model in WITH_ALL_COLUMNS else ()
    yield summary_table(found, View(columns, depth=depth))


def depths(network: "Trace") -> "list[int | None]":
    """Every depth that folds something, one more, and none."""
    deepest = max(len(tuple(scopes_around(layer.name))) for layer in network.layers)
    return [None, *range(1, deepest + 2)]


def check_table(table: Table, found: "Summary") -> None:
    """Rows of every format against the totals that are stated, and those below the table."""
    below = "\n".join(table.footer)
    if table.footer[0].startswith("params"):
        assert f"params {found.params.params:,}: trainable {found.params.trainable:,}," in below
    else:
        check_sizes(table)
    for form, read in READ.items():
        lines = read(form.written(table))
        machine = form is Format.csv
        assert total(lines, "params" if machine else "Params") == found.params.params, form
        if "MACs" in table.headers:
            assert total(lines, "macs" if machine else "MACs") == found.macs.macs, form
            assert f"MACs {found.macs.macs:,}" in below
        if "Share" in table.headers and found.params.params:
            rounded = 0.0 if machine else 0.06 * len(lines)
            whole = 1 if machine else 100
            assert total(lines, "share" if machine else "Share") == pytest.approx(whole, abs=rounded + 1e-9)
        if machine:
            assert total(lines, "trainable_params") == found.params.trainable


def check_sizes(table: Table) -> None:
    """The lines below a summary against the rows of its columns."""
    below = dict(line.split(": ", 1) for line in table.footer if ": " in line)
    for header, name in SUMMED.values():
        if header in table.headers:
            exact = re.search(r"\(([\d,]+) bytes\)", below[name])
            stated = float((exact[1] if exact else below[name].split(" ")[0]).replace(",", ""))
            without = below["Input size"] if header == "Memory bytes" else ""
            inputs = re.search(r"\(([\d,]+) bytes\)", without)
            stated -= float(inputs[1].replace(",", "")) if inputs else 0
            for form, read in READ.items():
                column = header.lower().replace(" ", "_") if form is Format.csv else header
                assert total(read(form.written(table)), column) == stated, (form, header)


def check_document(network: "Trace", found: "Summary", depth: int | None) -> None:
    """Entries of the JSON document against its totals."""
    document = json.loads(json.dumps(network_document(network, found, depth=depth)))
    entries = cast("list[dict[str, int]]", document["layers"])
    totals = cast("dict[str, int]", document["totals"])
    for key in ("params", "trainable_params", "buffers", "macs"):
        assert sum(entry[key] for entry in entries) == totals[key], key
    assert totals["params"] == found.params.params
    assert totals["macs"] == found.macs.macs
    assert sum(entry.get("folded", 1) for entry in entries) == len(network.layers)


def check_names(network: "Trace", table: Table, depth: int | None) -> None:
    """Every layer is in one row: its own, or that of a container around it."""
    every = {
        form: [COUNT.sub("", line.name) for line in READ[form](form.written(table)) if line.type != "output"]
        for form in (Format.markdown, Format.csv)
    }
    assert every[Format.markdown] == every[Format.csv]
    names = set(every[Format.csv])
    assert len(names) == len(every[Format.csv])
    covering = [
        [name for name in (layer.name, *scopes_around(layer.name)) if name in names]
        for layer in network.layers
    ]
    assert all(len(found) == 1 for found in covering)
    assert names == {name for found in covering for name in found}
    if depth is not None:
        assert max(name.count(".") for name in names) < depth
        lines = csv.DictReader(io.StringIO(Format.csv.written(table)))
        counted = [int(row["layers"]) for row in lines if row["layers"]]
        assert sum(counted) == len(network.layers)


@pytest.mark.parametrize("name", zoo.names())
def test_rows_add_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    network = trace(load(name))
    found = summary(network)
    for depth in depths(network):
        for table in tables(network, found, depth):
            check_table(table, found)
        for table in (shapes_table(network, depth), rf_table(network, found.fields, depth)):
            check_names(network, table, depth)
        check_document(network, found, depth)


def test_the_test_sees_a_row_that_is_missing_or_counted_twice() -> None:
    network = trace(load("resnet18"))
    counted = params(network)
    for depth in (None, 1):
        whole = params_table(network, counted, depth, macs(network))
        found = summary(network)
        without = Table(whole.title, whole.headers, whole.right, whole.rows[:-1], whole.footer, whole.keys)
        twice = Table(
            whole.title,
            whole.headers,
            whole.right,
            (*whole.rows, whole.rows[-1]),
            whole.footer,
            whole.keys,
        )
        check_table(whole, found)
        for wrong in (without, twice):
            with pytest.raises(AssertionError):
                check_table(wrong, found)


@pytest.mark.parametrize("command", ["shapes", "params", "rf", "summary"])
@pytest.mark.parametrize("form", list(Format))
def test_every_command_folds_in_every_format(command: str, form: Format, capsys: Capsys) -> None:
    """resnet18 has 11 rows at depth 1: four stages and seven layers."""
    ran = run(capsys, command, "resnet18", "--depth", "1", "--format", form)
    names = [
        "conv1",
        "bn1",
        "relu",
        "maxpool",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "avgpool",
        "flatten",
        "fc",
    ]
    if form is Format.json:
        layers = json.loads(ran.out)["layers"]
        assert [layer["name"] for layer in layers] == names
        assert [layer.get("repeats") for layer in layers if "folded" in layer] == [2] * 4
    else:
        lines = READ[form](ran.out)
        assert [COUNT.sub("", line.name) for line in lines] == names
        if form is not Format.csv:
            assert [line.name for line in lines if COUNT.search(line.name)] == [
                f"layer{stage}.0-1 (x2)" for stage in range(1, 5)
            ]
