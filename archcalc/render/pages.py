"""Pages about the shipped blocks, made from their files: for the shell, and as Markdown for the docs."""

from typing import TYPE_CHECKING, cast

from archcalc.render.cells import Table, listed
from archcalc.tracing import library
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.spec import Block


def block_table(name: str) -> Table:
    """The arguments of a block: default and meaning; below them its formula and its paper."""
    block, _ = library.block(name)
    footer = [f"reads {', '.join(block.inputs)}"] if block.inputs else []
    footer += [f"params = {params_formula(block)}"] if block.params else []
    footer += [block.paper] if block.paper else []
    headers = ("Argument", "Default", "Meaning")
    return listed(f"{name}: {block.note or ''}", headers, _arguments(block), footer)


def _arguments(block: "Block") -> "Sequence[tuple[str, str, str]]":
    return [
        (key, default if isinstance(default, str) else shown(default), block.about.get(key, ""))
        for key, default in block.args.items()
    ]


def params_formula(block: "Block") -> str:
    """The number of parameters in words a reader can copy: without the sign that begins an expression."""
    return (block.params or "").lstrip().removeprefix("=").strip()


def block_layers(name: str) -> str:
    """The layers of a block as its file has them."""
    text = library.block(name)[1].text
    return text[text.index("\nlayers:") + 1 :]


def block_page(name: str) -> str:
    """The page of a block in Markdown."""
    block, _ = library.block(name)
    lines = [f"## {name}", "", f"{block.note}.", ""]
    if block.inputs:
        lines += [f"Reads {', '.join(f'`{source}`' for source in block.inputs)}.", ""]
    if block.args:
        lines += ["| argument | default | meaning |", "|---|---|---|"]
        lines += [f"| `{key}` | `{default}` | {about} |" for key, default, about in _arguments(block)]
        lines.append("")
    lines += ["Parameters, `in_channels` (or `in_features`) being those that arrive:", ""]
    lines += ["```text", params_formula(block), "```", ""]
    lines += ["```yaml", block_layers(name).rstrip(), "```", "", f"{block.paper}.", ""]
    return "\n".join(lines)


def blocks_page() -> str:
    """All blocks on one page, in the order of their names."""
    names = sorted(library.block_names())
    head = [
        "# The shipped blocks",
        "",
        "Made from the files in `archcalc/blocks/`; `archcalc layers NAME` prints one of them. A block is",
        "written in the spec language and expands to the layers shown, so it cannot disagree with its parts.",
        "",
        *(f"- [{name}](#{name.lower()}): {cast('str', library.block(name)[0].note)}" for name in names),
        "",
    ]
    return "\n".join([*head, *(block_page(name) for name in names)])
