"""What Markdown would take for its own is text in reports; what it would not stays as it is."""

from pathlib import Path

import pytest

from archcalc.render.cells import listed
from archcalc.render.markdown import as_code, escaped, markdown
from tests.cli.running import run

PLAIN = (
    "layer1.0.conv_1",
    "[N, 3, 8, 8] -> [N, 8, 6, 6]",
    "a__b",
    "*",
    "*: no other network",
    "(C, *n) -> (C, *n)",
    "4 * x[0] * x[1] ** 2",
    "a < b, c & d",
)
ESCAPED = {
    "__d__": r"\_\_d\_\_",
    "_a": r"\_a",
    "a_.b": r"a\_.b",
    "a *x* **y**": r"a *x\* **y\*\*",
    "a*b*c": r"a\*b\*c",
    "a|b`c`~d~\\": r"a\|b\`c\`\~d\~\\",
    "[l](http://x) ![i][r] [d]: x": r"[l\](http://x) ![i\][r] [d\]: x",
    "<script> </b> <!-- &amp; &#60;": "&lt;script> &lt;/b> &lt;!-- &amp;amp; &amp;#<!-- -->60;",
    "@foo #1": "@<!-- -->foo #<!-- -->1",
    "a\n\nb\x1b": r"a\\n\\nb\\x1b",
}


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_texts_stay(text: str) -> None:
    assert escaped(text) == text


@pytest.mark.parametrize("text", ESCAPED)
def test_signs_of_markdown_and_html_are_escaped(text: str) -> None:
    assert escaped(text) == ESCAPED[text]


def test_titles_headers_names_cells_and_lines_below_are_escaped() -> None:
    table = listed("x *a", ("_h_", "b|c"), [("r|s", "t|u\nv|w")], ["_f_"])
    assert markdown(table).splitlines() == [
        r"**x \*a**",
        "",
        r"| \_h\_ | b\|c |",
        "| --- | --- |",
        r"| r\|s | t\|u<br>v\|w |",
        "",
        r"\_f\_  ",
    ]


def test_code_is_one_line_of_a_table() -> None:
    assert as_code("a|`b\nc") == r"``a\|`b\nc``"


def test_every_line_of_a_table_has_as_many_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = "inputs: {x: [4]}\nlayers: [{type: Linear, name: __d__, out_features: 2}]\n"
    for name in ("n.yaml", "a|b.yaml"):
        Path(name).write_text(spec, encoding="utf-8")
    out = run(capsys, "compare", "n.yaml", "a|b.yaml", "--format", "markdown").out
    lines = [line.replace(r"\|", "") for line in out.splitlines() if line.startswith("|")]
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {lines[0].count("|")}
    assert r"a\|b.yaml" in out
    assert r"\_\_d\_\_ 100 %" in out
