"""A torch module that was run, made a spec: what the run saw, the steps that it means, and the text of it.

``recording`` (made by ``bridge.recording``) -> ``reading`` -> ``program`` -> ``structure`` -> data of a spec.
Nothing here imports torch.
"""
