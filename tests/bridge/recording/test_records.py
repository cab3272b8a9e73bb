"""What a record says of networks in which something can be got wrong."""

from collections.abc import Sequence

import pytest
from torch import nn

from archcalc.bridge.recording import recorded
from archcalc.bridge.recording.building import ENABLED
from archcalc.bridge.recording.inputs import Inputs
from archcalc.facts import Tensor
from archcalc.importing.recording import GrowingSize, RecordedArgument, RecordedCall, Recording, Ref
from tests.bridge.recording import networks

FOUR = Tensor((4,))


def of(make: "type[nn.Module]", inputs: Inputs = (FOUR,)) -> Recording:
    """The record of a network of this package."""
    return recorded(make, inputs, "tests.bridge.recording.networks:network")


def ops(seen: Recording) -> list[str]:
    """Names of modules, and of functions without what is the same for all."""
    plain = [call.op.removeprefix("torch.").removeprefix("Tensor.") for call in seen.calls]
    return [op if call.module is None else call.module for op, call in zip(plain, seen.calls, strict=True)]


def reads(seen: Recording, call: RecordedCall) -> list[str]:
    """Of the tensors that a call got by position, the call or the name that they come from."""
    return [source(seen, each) for each in call.args if isinstance(each, Ref)]


def source(seen: Recording, read: RecordedArgument) -> str:
    """Where a value comes from."""
    assert isinstance(read, Ref)
    for at, call in enumerate(seen.calls):
        if read in flat(call.result):
            return f"{at}:{ops(seen)[at]}"
    return seen.values[read.value].name


def flat(result: RecordedArgument) -> Sequence[RecordedArgument]:
    """Every part of a result."""
    if isinstance(result, tuple):
        return [each for part in result for each in flat(part)]
    return [result]


def test_layers_that_return_what_they_got_have_results_of_their_own() -> None:
    seen = of(networks.Residual)
    assert ops(seen) == ["one", "drop", "same", "nn.functional.dropout", "two", "add"]
    assert reads(seen, seen.calls[-1]) == ["0:one", "4:two"]
    assert [reads(seen, call)[0] for call in seen.calls[1:5]] == [
        "0:one",
        "1:drop",
        "2:same",
        "3:nn.functional.dropout",
    ]
    assert seen.calls[3].kwargs == {"p": 0.25, "training": False, "inplace": False}


def test_what_is_changed_in_place_under_another_name_is_changed() -> None:
    seen = of(networks.Aliased)
    assert ops(seen) == ["one", "drop", "relu_", "two"]
    assert reads(seen, seen.calls[3]) == ["2:relu_"]


def test_changes_in_place_make_new_values() -> None:
    seen = of(networks.InPlace)
    assert ops(seen) == [
        "one",
        "mul",
        "add_",
        "nn.functional.relu",
        "__setitem__",
        "__getitem__",
        "mul_",
        "__setitem__",
        "two",
        "add",
    ]
    assert [source(seen, Ref(call.written)) for call in seen.calls if call.written is not None] == [
        "0:one",
        "2:add_",
        "3:nn.functional.relu",
        "5:__getitem__",
        "4:__setitem__",
    ]
    assert reads(seen, seen.calls[1]) == ["0:one"]
    assert reads(seen, seen.calls[7]) == ["4:__setitem__", "6:mul_"]
    assert reads(seen, seen.calls[8]) == ["7:__setitem__"]
    assert reads(seen, seen.calls[9]) == ["8:two", "1:mul"]


def test_a_view_of_what_changed_is_taken_anew() -> None:
    seen = of(networks.Viewed)
    assert ops(seen) == ["one", "view", "add_", "view", "exp"]
    assert reads(seen, seen.calls[3]) == ["2:add_"]
    assert reads(seen, seen.calls[4]) == ["3:view"]


def test_what_is_viewed_changes_with_its_view() -> None:
    seen = of(networks.ThroughViews)
    assert ops(seen) == ["one", "view", "add_", "view", "two", "mT", "mul_", "add"]
    assert reads(seen, seen.calls[4]) == ["3:view"]
    assert seen.calls[3].args[1:] == (GrowingSize(1), 4)
    assert len(seen.remarks) == 1
    assert "was changed through a view" in seen.remarks[0]


def test_shared_modules_and_parameters_have_one_owner() -> None:
    seen = of(networks.Shared)
    assert ops(seen) == ["first.0", "second.0", "third"]
    assert [call.scope for call in seen.calls] == ["first", "second", ""]
    assert {name: module.owner for name, module in seen.modules.items() if module.owner} == {
        "second.0": "first.0"
    }
    assert {name: tensor.owner for name, tensor in seen.tensors.items()} == {
        "first.0.weight": None,
        "second.0.weight": "first.0.weight",
        "third.weight": "first.0.weight",
    }


def test_constants_are_told_by_their_numbers() -> None:
    seen = of(networks.Constants, [Tensor((6, 8))])
    found = {
        (value.content.form, value.content.detail)
        for value in seen.values
        if value.constant and value.content is not None
    }
    assert found >= {
        ("cosines", 10000.0),
        ("sines", 10000.0),
        ("causal", float("-inf")),
        ("window", 3.0),
        ("range", None),
        ("fill", 3.0),
        ("other", None),
    }
    grown = [value for value in seen.values if value.constant and GrowingSize(1) in value.sizes]
    assert [value.content and value.content.detail for value in grown] == [3.0]
    assert all(
        seen.values[each.value].constant is False for each in flat(seen.result) if isinstance(each, Ref)
    )
    table = next(value for value in seen.values if value.sources == ("table",))
    assert table.content is not None
    assert table.content.numbers == (0, 1, 2, 3, 4, 5)
    assert {value.sources for value in seen.values if value.content and value.content.form == "sines"} == {
        ("rates",)
    }


def test_questions_about_numbers_are_answered_by_replay_and_by_a_path_that_is_told() -> None:
    seen = of(networks.Steered)
    assert ops(seen) == ["one", "isnan", "any", "drop"]
    assert seen.modules["drop"].attributes["p"] == 0.25
    assert len(seen.remarks) == 1
    line = next(
        at
        for at, text in enumerate(open(networks.__file__, encoding="utf-8"), 1)  # noqa: SIM115, PTH123
        if "torch.isnan" in text
    )
    assert seen.remarks[0].startswith("tests/bridge/recording/networks.py")
    assert f":{line}: " in seen.remarks[0]
    assert "the path of False was run" in seen.remarks[0]


def test_results_keep_their_form_and_inputs_their_names() -> None:
    seen = of(networks.Structured, {"x": FOUR, "other": Tensor((3,))})
    assert list(seen.inputs) == ["x", "other"]
    assert isinstance(seen.result, dict)
    assert [type(each) for each in flat(seen.result["pair"])] == [Ref, Ref]
    assert source(seen, flat(seen.result["pair"])[0]) == "0:max"
    assert flat(seen.result["parts"])[1] is None
    assert seen.result["n"] == 3
    assert seen.calls[1].module == "one"
    assert source(seen, seen.calls[1].kwargs["input"]) == "x"
    assert seen.values[flat(seen.calls[0].result)[1].value].dtype == "int64"  # type: ignore[union-attr]  # a Ref


def test_the_batch_is_followed_to_other_axes() -> None:
    seen = of(networks.Moved, [Tensor((5, 4))])
    sizes = [seen.values[flat(call.result)[0].value].sizes for call in seen.calls]  # type: ignore[union-attr]  # a Ref
    assert ops(seen) == ["transpose", "rnn", "transpose", "reshape", "bn", "view"]
    assert sizes[1] == (5, GrowingSize(1), 6)
    assert sizes[3:] == [(GrowingSize(5), 6)] * 3
    assert seen.calls[5].args[1:] == (GrowingSize(5), 6)
    assert seen.calls[1].macs == 5 * 4 * 6 * (4 + 6)
    assert seen.macs == seen.calls[1].macs


def test_weights_that_are_read_have_their_names() -> None:
    seen = of(networks.Owner, [Tensor((5,), "int64")])
    assert ops(seen) == [
        "embed",
        "normed",
        "_weight_norm",
        "nn.functional.linear",
        "mul",
        "nn.functional.linear",
    ]
    assert [source(seen, seen.calls[at].args[1]) for at in (4, 5)] == ["gain", "embed.weight"]
    assert seen.modules["normed"].known
    assert seen.modules["normed"].attributes["parametrizations.weight"] == ("WeightNorm",)
    assert not seen.modules["old"].known
    assert seen.calls[3].scope == "old"
    assert [source(seen, each) for each in seen.calls[2].args[:2]] == ["old.weight_v", "old.weight_g"]
    assert "unread" in seen.tensors
    assert seen.macs == 5 * (4 * 4 * 2 + 4 * 10)


def test_operators_are_functions_and_sizes_are_none() -> None:
    seen = of(networks.Operators, [Tensor((3, 3))])
    assert ops(seen) == ["mT", "__rsub__", "div", "neg", "pow", "add", "unbind", "stack", "matmul"]
    assert reads(seen, seen.calls[8]) == ["7:stack", "5:add"]


def test_fused_attention_is_counted() -> None:
    seen = of(networks.Attending, [Tensor((5, 8))])
    assert ops(seen) == [
        "qkv",
        "view",
        "permute",
        "unbind",
        "nn.functional.scaled_dot_product_attention",
        "transpose",
        "flatten",
    ]
    assert seen.calls[4].macs == 2 * 5 * 5 * 8
    assert seen.calls[4].kwargs == {"is_causal": True}
    assert seen.calls[1].args[1:] == (GrowingSize(1), -1, 3, 2, 4)


@pytest.mark.parametrize(
    ("make", "known"),
    [
        (networks.Widened, True),
        (lambda: networks.Scaled(3, 4, 3), False),
        (lambda: networks.Wide(3, 4, 3), False),
    ],
)
def test_a_subclass_is_its_parent_only_where_it_runs_as_its_parent(
    make: "type[nn.Module]",
    known: bool,  # noqa: FBT001  a row of the table
) -> None:
    seen = of(make, [Tensor((3, 5, 5))])
    assert seen.modules[""].known is known
    assert seen.modules[""].type.startswith("torch.nn.Conv2d" if known else "tests.")
    assert ops(seen) == ([""] if known else ["mul", "conv2d"])
    assert seen.macs == 4 * 9 * 3 * 9


def test_errors_that_the_network_expects_leave_nothing_behind() -> None:
    seen = of(networks.Caught)
    assert ops(seen)[-2:] == ["add", "two"]


def test_constants_may_give_shapes() -> None:
    seen = of(networks.Selecting)
    assert seen.values[flat(seen.result)[0].value].sizes == (GrowingSize(1), 3)  # type: ignore[union-attr]  # a Ref
    assert not seen.remarks


def test_constants_that_are_kept_between_runs_stay_constants() -> None:
    for _ in range(2):
        seen = of(networks.Keeping)
        assert ops(seen) == ["__getitem__"]
        assert [value.content.form for value in seen.values if value.content] == ["range"]
        assert not seen.remarks


def test_a_graph_has_no_batch() -> None:
    nodes, edges = Tensor((5, 4), batched=False), Tensor((2, 7), "int64", batched=False)
    seen = of(networks.OfGraphs, {"x": nodes, "edge_index": edges})
    assert ops(seen) == ["conv", "relu"]
    assert seen.calls[0].op == "torch_geometric.nn.GCNConv"
    assert [seen.values[at].sizes for at in seen.inputs.values()] == [(5, 4), (2, 7)]
    assert (seen.macs, seen.fixed_macs) == (5 * 4 * 6, 0)
    assert "no input has a batch: what is counted is one run" in seen.remarks


def test_functions_with_gradients_of_their_own_are_looked_into() -> None:
    seen = of(networks.Rounding)
    assert ops(seen) == ["one", "round", "two"]
    assert [reads(seen, call)[0] for call in seen.calls] == ["x", "0:one", "1:round"]


def test_every_run_finds_a_module_as_it_was_built() -> None:
    assert ops(of(networks.Counting)) == ["one", "two", "add"]
    seen = recorded(lambda: networks.READY, [FOUR], "tests.bridge.recording.networks:READY")
    assert ops(seen) == ["one", "two", "add"]
    assert networks.READY.cache is None
    assert not networks.READY.one.weight.is_meta


def test_what_needs_numbers_is_run_on_the_cpu_and_said_so() -> None:
    seen = of(networks.Numeric)
    assert seen.macs == 2 * 4 * 4
    assert any("numpy" in each or "CPU" in each for each in seen.remarks)


def test_nothing_of_torch_is_left_changed() -> None:
    before = nn.Module.__init__
    of(networks.Residual)
    assert nn.Module.__init__ is before
    assert ENABLED.enabled is True
