"""Names in the exported file: of classes, and of members as attributes."""

from keyword import iskeyword

OWN_NAMES = (
    "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double "
    "dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule "
    "half ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters "
    "parameters register_backward_hook register_buffer register_forward_hook register_forward_pre_hook "
    "register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook "
    "register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook "
    "register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to "
    "to_empty train training type xpu zero_grad"
)
ATTRIBUTES = frozenset(OWN_NAMES.split())
"""What every module has already."""


def is_attribute(name: str) -> bool:
    """Whether a member can be written ``self.name``."""
    return (
        name.isidentifier() and not iskeyword(name) and name not in ATTRIBUTES and not name.startswith("__")
    )


def attribute(name: str) -> str:
    """A name with only letters, digits and ``_``."""
    found = "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in name)
    return f"_{found}" if not found.isidentifier() or iskeyword(found) else found


def class_name(text: str) -> str:
    """The name of a class after a block, scope or model: ``conv_block`` is ConvBlock."""
    cleaned = "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in text)
    parts = [part for part in cleaned.split("_") if part]
    name = "".join(part[0].upper() + part[1:] for part in parts) or "Network"
    return name if name.isidentifier() else f"Layer{name}"
