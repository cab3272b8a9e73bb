"""How explanations are written: LaTeX, JSON, the page of the documentation, and what the command refuses."""

import json
from pathlib import Path

import pytest

from archcalc.explaining.simplifying import simplified
from archcalc.render.explanation_latex import latex_term
from archcalc.render.latex import latex_text
from archcalc.sizes.terms import Operation, Term, term_text
from tests.cli.running import run

PAGE = Path(__file__).parent.parent.parent / "docs" / "explain.md"

PRODUCT = Operation("*", ("a", Operation("*", ("b", "c"))))


@pytest.mark.parametrize(
    ("term", "written"),
    [
        ("n", "n"),
        ("kernel_size", r"\mathit{kernel\_size}"),
        ("x[1]", "x_{1}"),
        ("kernel[0]", r"\mathit{kernel}_{0}"),
        (-3, "-3"),
        (Operation("+", ("a", Operation("-", ("b", "c")))), "a + b - c"),
        (Operation("-", ("a", Operation("+", ("b", "c")))), r"a - \left(b + c\right)"),
        (Operation("-", ("a", -3)), r"a - \left(-3\right)"),
        (Operation("*", (Operation("+", ("a", 1)), "b")), r"\left(a + 1\right) \cdot b"),
        (
            Operation("*", (Operation("//", (Operation("+", ("a", 1)), 2)), "b")),
            r"\left\lfloor \frac{a + 1}{2} \right\rfloor \cdot b",
        ),
        (Operation("ceil", ("a", Operation("*", (2, "b")))), r"\left\lceil \frac{a}{2 \cdot b} \right\rceil"),
        (Operation("**", (Operation("*", ("a", "b")), 2)), r"\left(a \cdot b\right)^{2}"),
        (Operation("%", ("a", Operation("*", ("b", 2)))), r"a \bmod \left(b \cdot 2\right)"),
        (Operation("neg", (Operation("+", ("a", 1)),)), r"-\left(a + 1\right)"),
        (Operation("*", ("a", Operation("%", ("b", 2)))), r"a \cdot \left(b \bmod 2\right)"),
    ],
)
def test_formulas_for_latex_keep_the_brackets_that_they_need(term: Term, written: str) -> None:
    assert latex_term(term) == written


@pytest.mark.parametrize(
    ("term", "written"),
    [
        (Operation("+", (Operation("+", ("a", "b")), "a")), "2 * a + b"),
        (Operation("+", (Operation("+", (3, "b")), 3)), "2 * 3 + b"),
        (Operation("-", (Operation("+", ("a", "a")), Operation("+", ("b", "b")))), "2 * a - 2 * b"),
        (Operation("//", (Operation("*", ("a", "b")), "b")), "a"),
        (
            Operation("//", (Operation("*", ("a", Operation("*", ("b", "c")))), Operation("*", ("c", "b")))),
            "a",
        ),
        (Operation("ceil", (Operation("*", ("a", "b")), "a")), "b"),
        (Operation("//", ("a", Operation("*", ("a", "b")))), "a // (a * b)"),
        (Operation("*", (Operation("//", ("a", "b")), "b")), "a // b * b"),
        (Operation("%", (Operation("*", ("a", "b")), "b")), "a * b % b"),
    ],
)
def test_equal_addends_and_factors_that_are_taken_out_again_stand_once(term: Term, written: str) -> None:
    assert term_text(simplified(term)) == written


def test_no_sign_of_a_text_is_a_command_of_latex() -> None:
    assert latex_text(r"a_b & 50% \x {y} $z #1 ~^") == (
        r"a\_b \& 50\% \textbackslash{}x \{y\} \$z \#1 \textasciitilde{}\textasciicircum{}"
    )
    assert latex_text("[N, 3]") == "{}[N, 3]"


def test_json_has_formula_numbers_result_and_call(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "explain", "resnet18", "conv1", "--format", "json")
    document = json.loads(ran.out)
    numbers = {(each["subject"], each["aspect"]): each for each in document["numbers"]}
    assert numbers["output", "axis 1"] == {
        "subject": "output",
        "aspect": "axis 1",
        "result": 112,
        "formula": "(n + before + after - (dilation * (kernel - 1) + 1)) // stride + 1",
        "numbers": "(224 + 3 + 3 - (1 * (7 - 1) + 1)) // 2 + 1",
        "where": [],
        "call": "conv_output(n=224, kernel=7, stride=2, before=3, after=3, dilation=1)",
        "sources": ["conv_output"],
    }
    assert document["sources"]["conv_output"]["reference"] == "Dumoulin & Visin 2016 (arXiv 1603.07285)"
    masked = run(
        capsys, "explain", "MultiheadAttention", "4,8", "num_heads=2", "causal=true", "--format", "json"
    )
    example = json.loads(masked.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))["example"]
    assert example["run"]["scores"][0][1:] == [None, None]


def test_the_page_shows_real_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    assert run(capsys, "explain", "lenet5", "c1").out in PAGE.read_text(encoding="utf-8")


def test_an_equation_needs_no_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        "x1 [N, 2, 5] -> [N, 4, 5]"
        in run(capsys, "explain", "Einsum", "4,2", "2,5", "equation=ij,jk->ik").out
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("Conv2d",), "needs the shape that arrives"),
        (("resnet18", "conv9"), "did you mean 'conv1'?"),
        (("resnet18", "conv1", "bn1"), "takes SPEC and LAYER, got 3 words"),
        (("AC301", "--format", "latex"), "a page is a table, json or markdown"),
        (("nothing.yaml", "conv1"), "no such file"),
        (("Conv2d", "3,8,8"), "out_channels"),
        (("Parameter",), "`shape` is missing"),
        (("Cnv2d", "3,8,8"), "did you mean 'Conv2d'?"),
        (("Linar", "8", "out_features=3"), "did you mean 'Linear'?"),
        (("resnt18", "conv1"), "did you mean 'resnet18'?"),
        (("MatMul", "4,5"), "write the shape of each: one, other"),
        (
            ("Embedding", "9", "num_embeddings=4", "embedding_dim=3"),
            "write its dtype behind its shape: 35:int64",
        ),
        (("Parameter", "3", "shape=[3]"), "takes no input, got 1"),
    ],
)
def test_what_cannot_be_explained_is_told(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, "explain", *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in " ".join(ran.err.replace("│", " ").split())
