"""What a model's fields mean: the texts below them in the source, read only when somebody asks.

pydantic can do this too (``use_attribute_docstrings``), but reads the sources whenever a class is made; that
was a seventh of the start-up time of every command.
"""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


def field_meanings(model: "type[BaseModel]") -> dict[str, str]:
    """Field -> the text below it, for every field that has one; a subclass's text wins."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls.__module__.startswith("archcalc."):
            found |= _own_meanings(cls)
    return {name: found[name] for name in model.model_fields if name in found}


@cache
def _own_meanings(cls: type) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    meanings: dict[str, str] = {}
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            meanings[field.target.id] = inspect.cleandoc(text.value.value)
    return meanings
