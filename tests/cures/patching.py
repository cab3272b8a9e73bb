"""JSON Patch (RFC 6902) applied to plain data, written from the RFC and from nothing of the package."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def patched(data: Any, operations: "Iterable[Mapping[str, Any]]") -> Any:  # noqa: ANN401  any data
    """The data after all operations; what they refer to must be there."""
    data = deepcopy(data)
    for operation in operations:
        value = operation.get("value")
        if operation["op"] == "move":
            value = _taken(data, _steps(operation["from"]))
        elif operation["op"] in ("remove", "replace"):
            _taken(data, _steps(operation["path"]))
        if operation["op"] != "remove":
            _added(data, _steps(operation["path"]), deepcopy(value))
    return data


def dumped(data: object) -> str:
    """Data as YAML text."""
    return yaml.safe_dump(data, sort_keys=False)  # pyright: ignore[reportUnknownMemberType]  # as its stubs are


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _at(data: Any, steps: list[str]) -> Any:  # noqa: ANN401  any data
    for step in steps:
        data = data[_index(data, step)]
    return data


def _index(around: Any, step: str) -> Any:  # noqa: ANN401  any data
    return int(step) if isinstance(around, list) else step


def _taken(data: Any, steps: list[str]) -> Any:  # noqa: ANN401  any data
    around = _at(data, steps[:-1])
    return around.pop(_index(around, steps[-1]))


def _added(data: Any, steps: list[str], value: Any) -> None:  # noqa: ANN401  any data
    around = _at(data, steps[:-1])
    if isinstance(around, list):
        listed = cast("list[object]", around)
        assert int(steps[-1]) <= len(listed)
        listed.insert(int(steps[-1]), value)
    else:
        around[steps[-1]] = value
