"""The longest sequence within a limit, beside all sizes tried one by one; batches of a table; its plot."""

import json
import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from archcalc.errors import Fault
from archcalc.footprint.batches import batches_of
from archcalc.footprint.budget import inference_memory
from archcalc.footprint.fitting import largest_fitting, longest_fitting
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun, training_memory
from archcalc.loading import load
from archcalc.tracing import trace
from tests.cli.running import run
from tests.memory.kept import shipped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]


def cost(size: int, *, step: int, most: int) -> int | None:
    """A quadratic one, of a network that takes multiples of a step up to the most."""
    return None if size % step or size > most else 7 + 3 * size + size * size


@pytest.mark.parametrize(("step", "most"), [(1, 10**9), (1, 70), (8, 10**9), (8, 64)])
@pytest.mark.parametrize("start", [8, 64])
def test_no_larger_size_fits(step: int, most: int, start: int) -> None:
    bytes_of = partial(cost, step=step, most=most)
    for limit in (*range(0, 400, 7), 4711, 12345, 10**6 + 1):
        found = longest_fitting(bytes_of, limit, start)
        sizes = [size for size in range(1, 1200) if (taken := bytes_of(size)) is not None and taken <= limit]
        assert found.count == max(sizes, default=0), limit
        further = [size for size in range(found.count + 1, found.next_count) if bytes_of(size) is not None]
        assert not further
        assert found.next_bytes is None or found.next_bytes > limit


def test_few_sizes_are_asked_for() -> None:
    asked: list[int] = []

    def bytes_of(size: int) -> int:
        asked.append(size)
        return 10**9 + 1000 * size + 13 * size * size

    found = longest_fitting(bytes_of, 24 * 2**30, 128)
    assert found.next_bytes is not None
    assert 13 * found.count**2 + 1000 * found.count + 10**9 <= 24 * 2**30 < found.next_bytes
    assert len(asked) < 35


@pytest.mark.parametrize("seed", range(40))
def test_the_largest_count_is_found_along_lines(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  samples, no secrets
    sums = [
        (draw.randrange(10 ** draw.randrange(1, 12)), draw.randrange(10 ** draw.randrange(1, 9)))
        for _ in range(1 + seed % 4)
    ]
    limit = draw.randrange(10 ** draw.randrange(1, 14))
    asked: list[int] = []

    def bytes_of(count: int) -> int:
        asked.append(count)
        return max(fixed + each * count for fixed, each in sums)

    found = largest_fitting(bytes_of, limit)
    most = min(max(0, (limit - fixed) // each) for fixed, each in sums if each)
    assert found.count == (most if max(fixed for fixed, _ in sums) <= limit else 0), (sums, limit)
    assert len(asked) == len(set(asked)) <= (5 if len(sums) == 1 else 30), (sums, limit)


SEQUENCES: "list[tuple[Sequence[str], str]]" = [
    (("llama_3_8b", "--set", "depth=2"), "tokens"),
    (("mistral_7b", "--set", "depth=1", "--train", "--optimizer", "sgd", "--loss", "none"), "tokens"),
]


@pytest.mark.parametrize(("line", "name"), SEQUENCES, ids=lambda value: value[0])
def test_the_longest_sequence_fits_and_one_more_does_not(
    line: "Sequence[str]", name: str, capsys: "Capsys"
) -> None:
    spec, *options = line
    ran = run(capsys, "memory", spec, *options, "--fit", "6GiB", "--for", "sequence", "--format", "json")
    told = json.loads(ran.out)
    given: dict[str, int] = {}
    for word in (options[at + 1] for at, option in enumerate(options) if option == "--set"):
        key, _, value = word.partition("=")
        given[key] = int(value)
    assert told["fit"]["of"] == name
    count = told["fit"]["count"]
    for size, fits in ((count, True), (count + 1, False)):
        network = trace(load(shipped(spec)), {**given, name: size})
        report = (
            training_memory(network, Setting(1), TrainingRun("sgd"))
            if "--train" in options
            else inference_memory(network, Setting(1))
        )
        assert (report.peak.bytes <= 6 * 2**30) == fits
        assert report.peak.bytes == told["fit"]["bytes" if fits else "next_bytes"]


def test_other_things_grow_too(capsys: "Capsys") -> None:
    gpt = ("memory", "gpt2", "--set", "depth=1", "--fit")
    told = run(capsys, *gpt, "2GiB", "--for", "sequence").out
    assert "fits 2 GiB: tokens 1,024" in told
    assert "one more is refused by the network" in told
    line = ("lenet5", "--fit", "8MiB", "--for", "classes", "--train", "--dp", "2")
    assert "fits 8 MiB: classes " in run(capsys, "memory", *line).out
    cache = run(capsys, *gpt, "380MiB", "--for", "context", "--format", "json")
    fit = json.loads(cache.out)["fit"]
    one = 2 * 12 * 64 * 4
    assert (fit["of"], fit["next_bytes"] - fit["bytes"]) == ("context", one)
    assert fit["bytes"] <= 380 * 2**20 < fit["next_bytes"]


def test_a_context_ends_with_the_table_of_positions(capsys: "Capsys") -> None:
    gpt = ("memory", "gpt2", "--set", "depth=1")
    told = run(capsys, *gpt, "--fit", "2GiB", "--for", "context").out
    assert "fits 2 GiB: context 1,024" in told
    assert "one more is refused by the network" in told
    assert run(capsys, *gpt, "--context", "1024").code == 0
    refused = run(capsys, *gpt, "--context", "1025")
    assert refused.code == 2
    assert "the network refuses 1,025 tokens" in " ".join(refused.err.replace("│", " ").split())
    free = ("memory", "llama_3_8b", "--set", "depth=1", "--fit", "9GiB", "--for", "context")
    assert "one more takes" in run(capsys, *free).out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("resnet18", "--fit", "1GiB", "--for", "sequence"), "no input is a sequence of tokens"),
        (("t5_small", "--fit", "1GiB", "--for", "sequence"), "2 may be the sequence"),
        (("gpt2", "--fit", "1GiB", "--for", "toks"), "there is no 'toks' to grow"),
        (("gpt2", "--for", "sequence"), "add --fit"),
        (("gpt2", "--batches", "4..1"), "grow"),
        (("gpt2", "--batches", "1,two"), "needs counts"),
        (("gpt2", "--batches", "1,2", "--fit", "1GiB"), "leave one out"),
        (("gpt2", "--batches", "1,2", "--batch", "4"), "leave one out"),
        (("gpt2", "--batches", ""), "needs counts"),
        (("gpt2", "--fit", "1GiB", "--batch", "4"), "leave one out"),
        (("gpt2", "--fit", ">= 1GiB"), "needs bytes such as 24GiB"),
        (("gpt2", "--fit", "1GiB", "--for", "context", "--context", "9"), "leave one out"),
        (("gpt2", "--page", "16"), "add --context"),
        (("gpt2", "--cache-dtype", "fp8"), "add --context"),
        (("gpt2", "--optimizer", "sgd"), "add --train"),
        (("gpt2", "--loss", "mse"), "add --train"),
        (("gpt2", "--checkpoint", "transformer"), "add --train"),
        (("gpt2", "--master"), "add --train"),
        (("gpt2", "--train", "--master"), "add --dtype bfloat16"),
        (("gpt2", "--train", "--loss", "huberr"), "no loss 'huberr'; did you mean 'huber'"),
        (("gpt2", "--train", "--loss", "CTCLoss"), "what CTCLoss keeps was not measured"),
        (("gpt2", "--zero", "2", "--dp", "2"), "add --train"),
        (("gpt2", "--train", "--dp", "2", "--zero", "4"), "less than or equal to 3"),
        (("gpt2", "--dp", "3", "--ep", "2"), "do not divide 3"),
        (("gpt2", "--pp", "13"), "do not fill 13 stages"),
    ],
)
def test_what_cannot_be_is_one_error(line: "Sequence[str]", words: str, capsys: "Capsys") -> None:
    told = run(capsys, "memory", *line)
    assert (told.code, told.out) == (2, "")
    assert words in " ".join(told.err.replace("│", " ").split())
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("written", "batches"),
    [
        ("1,2,4..64", (1, 2, 4, 8, 16, 32, 64)),
        ("3", (3,)),
        ("2..5", (2, 3, 4, 5)),
        ("8,12..30", (8, 12, 16, 20, 24, 28)),
        ("1, 5, 10..40", (1, 5, 10, 20, 40)),
    ],
)
def test_lists_of_batches(written: str, batches: tuple[int, ...]) -> None:
    assert batches_of(written) == batches


@pytest.mark.parametrize("written", ["", "0", "1,,2", "5,4", "1..9999999999", "-1", "1..100000", "1e3"])
def test_what_is_no_list_of_batches(written: str) -> None:
    with pytest.raises(Fault):
        batches_of(written)


def test_a_line_is_what_the_batch_alone_takes(capsys: "Capsys", tmp_path: "Path") -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "plot.svg"
    line = ("memory", "lenet5", "--train", "--optimizer", "sgd")
    ran = run(capsys, *line, "--batches", "1,2,4..64", "--format", "json", "--plot-file", str(file))
    rows = json.loads(ran.out)["batches"]
    assert [row["batch"] for row in rows] == [1, 2, 4, 8, 16, 32, 64]
    for row in rows:
        peak = training_memory(
            trace(load(shipped("lenet5"))), Setting(row["batch"]), TrainingRun("sgd", loss="cross_entropy")
        ).peak
        assert row["peak"] == peak.bytes
    assert "memory by batch" in file.read_text(encoding="utf-8")
