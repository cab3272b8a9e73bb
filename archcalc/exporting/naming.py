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
    "to_empty train training type xpu zero_grad "
    "_apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl _forward_hooks "
    "_forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks "
    "_forward_pre_hooks_with_kwargs "
    "_get_backward_hooks _get_backward_pre_hooks _get_name _is_full_backward_hook _load_from_state_dict "
    "_load_state_dict_post_hooks _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules "
    "_named_members _non_persistent_buffers_set _parameters _register_load_state_dict_pre_hook "
    "_register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict _slow_forward "
    "_state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl "
    "__annotations__ __call__ __class__ __delattr__ __dict__ __dir__ __doc__ __eq__ __format__ __ge__ "
    "__getattr__ __getattribute__ __getstate__ __gt__ __hash__ __init__ __init_subclass__ __le__ __lt__ "
    "__module__ __ne__ __new__ __reduce__ __reduce_ex__ __repr__ __setattr__ __setstate__ __sizeof__ __str__ "
    "__subclasshook__ __weakref__"
)
ATTRIBUTES = frozenset(OWN_NAMES.split())
"""What every module has already."""
IN_A_FORWARD = "self torch nn F Tensor OrderedDict Literal Any math cast input layer len range float i _"
MEANT = frozenset(IN_A_FORWARD.split())
"""What means something else in a forward than a value of it."""
OF_A_SERIES = frozenset({"append", "extend", "insert", "pop"})
"""What a Sequential has besides."""
SET_BY_TORCH = "training"
"""What ``train`` and ``eval`` set in every module, so that none of its children can be called so."""


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
    return name if name.isidentifier() and not iskeyword(name) else f"Layer{name}"
