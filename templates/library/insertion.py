"""Putting a module into a network that exists, without renaming anything in it.

The new module becomes a child of the layer it follows (or precedes) and is run from a forward hook of that layer. So
the names of the old state stay as they are, and the network can be copied, pickled, compiled and exported as before.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ._types import PaperInfo

_PLACES = ("after", "before", "replace")
_WIDTHS = ("channels", "in_channels", "dim")
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, nn.InstanceNorm2d)


def insert(
    model: nn.Module, id: str, where: str, *, example: Tensor | Sequence[Tensor] | None = None, **kwargs: Any
) -> nn.Module:
    """Put a paper's module into ``model`` at every layer that ``where`` names.

    Args:
        model: any network; it is changed in place.
        id: of the paper.
        where: ``[after:|before:|replace:]GLOB``; the glob is matched with full module names, ``after`` is the default.
            ``replace`` takes the place of convolutions or normalisations and hands their geometry on.
        example: an input of ``model``; needed only where a layer does not tell its number of channels.
        kwargs: further arguments of the module.

    Returns:
        ``model`` itself, ready to train.

    Raises:
        ValueError: if nothing matches, if the module is there already, or if it does not fit; ``model`` is unchanged.
        NotImplementedError: if the paper has no implementation yet.
    """
    from . import info, load

    paper = info(id)
    factory = getattr(load(id), paper.cls or "", None)
    if factory is None:
        # A stub says where the paper is when it is called.
        raise NotImplementedError(f"{paper.title} is not implemented yet; see {paper.paper_url}")
    place, glob = _split(where)
    targets = _targets(model, place, glob)
    seen = _observe(model, targets, place, example) if example is not None else {}
    built: list[tuple[str, nn.Module, nn.Module]] = []
    for name, layer in targets:
        if place != "replace" and f"inserted_{id}" in dict(layer.named_children()):
            raise ValueError(f"{id} is already there: {name}.inserted_{id}")
        if place == "replace":
            arguments = _geometry(name, layer, factory)
        else:
            arguments = _sizes(paper, factory, name, layer, place, seen.get(name), kwargs)
        module = _build(paper, factory, {**arguments, **kwargs}, name)
        if name in seen and place != "replace":
            _try(paper, module, seen[name], name)
        built.append((name, layer, _like(module, layer, model)))
    for name, layer, module in built:
        if place == "replace":
            _replace(model, name, module)
        else:
            layer.add_module(f"inserted_{id}", module)
            if place == "after":
                layer.register_forward_hook(partial(_run_after, f"inserted_{id}"))
            else:
                layer.register_forward_pre_hook(partial(_run_before, f"inserted_{id}"))
    return model


def _run_after(name: str, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
    return getattr(layer, name)(output)


def _run_before(name: str, layer: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (getattr(layer, name)(inputs[0]), *inputs[1:])


def _split(where: str) -> tuple[str, str]:
    place, colon, glob = where.partition(":")
    if not colon:
        return "after", where
    if place not in _PLACES or not glob:
        raise ValueError(f"where: expected [after:|before:|replace:]GLOB, got {where!r}")
    return place, glob


def _targets(model: nn.Module, place: str, glob: str) -> list[tuple[str, nn.Module]]:
    names = [name for name, _ in model.named_modules() if name]
    found = [name for name in names if fnmatchcase(name, glob) and ".inserted_" not in f".{name}"]
    if not found:
        tail = glob.rpartition(".")[2].strip("*")
        near = difflib.get_close_matches(glob, names, n=3, cutoff=0.4)
        near += [name for name in names if tail and tail in name.rpartition(".")[2]][:3]
        hint = f"; near: {', '.join(dict.fromkeys(near))}" if near else ""
        raise ValueError(f"where: no module of {type(model).__name__} matches {glob!r}{hint}")
    targets = [(name, model.get_submodule(name)) for name in found]
    return targets if place == "replace" else [_called(name, layer, place) for name, layer in targets]


def _called(name: str, layer: nn.Module, place: str) -> tuple[str, nn.Module]:
    """The layer that really runs: a ``Sequential`` would take a new child for a further step of its own."""
    while type(layer).forward is nn.Sequential.forward:
        children = list(layer.named_children())
        if not children:
            raise ValueError(f"{name} is an empty Sequential: nothing to put a module {place}")
        step, layer = children[-1] if place == "after" else children[0]
        name = f"{name}.{step}"
    if isinstance(layer, (nn.ModuleList, nn.ModuleDict)):
        raise ValueError(f"{name} is a {type(layer).__name__}, which is never called; name the layers in it")
    return name, layer


def _observe(
    model: nn.Module, targets: list[tuple[str, nn.Module]], place: str, example: Tensor | Sequence[Tensor]
) -> dict[str, Tensor]:
    """The tensor that each target hands on (``after``) or is given (``before``) when ``model`` runs on ``example``."""
    seen: dict[str, Tensor] = {}

    def keep(name: str, layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        value = output if place == "after" else inputs[0]
        if not isinstance(value, Tensor):
            raise ValueError(f"{name}: expected one tensor {place} it, got {type(value).__name__}")
        seen[name] = value.detach()

    handles = [layer.register_forward_hook(partial(keep, name)) for name, layer in targets]
    modes = [(module, module.training) for module in model.modules()]
    try:
        with torch.no_grad():
            model.eval()(*((example,) if isinstance(example, Tensor) else example))
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    missing = [name for name, _ in targets if name not in seen]
    if missing:
        raise ValueError(f"{missing[0]} did not run on the example input")
    return seen


def _channels(layer: nn.Module, place: str) -> tuple[int, int | None] | None:
    """Channels that ``layer`` hands on or is given, and the rank of that tensor where the layer's type tells it.

    A block tells through its parts: the last one for what it hands on (in a residual block every branch ends with the
    same number of channels), the first one for what it is given.
    """
    parts = [part for name, part in layer.named_modules() if name and "inserted_" not in name]
    if place == "after":
        parts.reverse()
    return next((told for part in (layer, *parts) if (told := _told(part, place))), None)


def _told(layer: nn.Module, place: str) -> tuple[int, int | None] | None:
    rank = {"1d": 3, "2d": 4, "3d": 5}.get(type(layer).__name__[-2:])
    if isinstance(layer, _CONVOLUTIONS):
        return (layer.out_channels if place == "after" else layer.in_channels), rank
    if isinstance(layer, _NORMS):
        return layer.num_features, rank
    if isinstance(layer, nn.GroupNorm):
        return layer.num_channels, None
    if isinstance(layer, nn.LayerNorm):
        return layer.normalized_shape[-1], 3
    if isinstance(layer, nn.Linear):
        return (layer.out_features if place == "after" else layer.in_features), 3
    return None


def _sizes(
    paper: PaperInfo,
    factory: type[nn.Module],
    name: str,
    layer: nn.Module,
    place: str,
    seen: Tensor | None,
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """The module's size parameters, from the layer or from the tensor that was seen there."""
    source, arrow, result = (paper.shape or "").partition(" -> ")
    if not arrow or source != result:
        raise ValueError(
            f"{paper.id} maps {paper.shape!r}: only a module that keeps the shape can be put {place} a layer"
        )
    axes = source.split()
    known = _channels(layer, place)
    rank = seen.dim() if seen is not None else known[1] if known else None
    if rank is not None and rank != len(axes):
        raise ValueError(f"{name}: {paper.id} expects {len(axes)} axes ({source}), got {rank}")
    # Tokens carry their width last, maps carry their channels second.
    at = len(axes) - 1 if len(axes) == 3 and axes[1] in ("N", "T") else 1
    accepted = inspect.signature(factory).parameters
    names = (paper.axes.get(axes[at], ""), *_WIDTHS)
    parameter = next((width for width in names if width in accepted), None)
    if parameter is None or parameter in given:
        return {}
    if seen is not None:
        return {parameter: seen.shape[at]}
    if known is None:
        raise ValueError(
            f"{name}: a {type(layer).__name__} does not tell its channels; give {parameter}=… or example=<an input>"
        )
    return {parameter: known[0]}


def _geometry(name: str, layer: nn.Module, factory: type[nn.Module]) -> dict[str, Any]:
    """What a convolution or a batch normalisation hands on to the module that replaces it."""
    accepted = inspect.signature(factory).parameters
    if isinstance(layer, _NORMS):
        if "channels" not in accepted or "in_channels" in accepted:
            raise ValueError(f"{factory.__name__} takes no channels alone: it cannot replace a normalisation")
        shared = {"channels": layer.num_features, "eps": layer.eps, "momentum": layer.momentum}
        return {key: value for key, value in shared.items() if key in accepted}
    if not isinstance(layer, _CONVOLUTIONS):
        raise ValueError(f"{name}: only convolutions and normalisations can be replaced, got {type(layer).__name__}")
    arguments: dict[str, Any] = {"in_channels": layer.in_channels, "out_channels": layer.out_channels}
    if "channels" in accepted and layer.in_channels == layer.out_channels:
        arguments = {"channels": layer.in_channels}
    elif not set(arguments) <= set(accepted):
        raise ValueError(
            f"{name}: {factory.__name__} cannot replace a convolution from {layer.in_channels} to {layer.out_channels} "
            "channels: it keeps their number"
        )
    for key, neutral in (("kernel_size", None), ("stride", 1), ("padding", None), ("dilation", 1)):
        value = getattr(layer, key)
        if isinstance(value, tuple):
            if len(set(value)) > 1:
                raise ValueError(f"{name}: {key}={value} differs by axis, which {factory.__name__} does not take")
            value = value[0]
        if key in accepted:
            arguments[key] = value
        elif neutral is not None and value != neutral:
            raise ValueError(f"{name}: {factory.__name__} takes no {key}, the layer has {value}")
    if "groups" in accepted:
        arguments["groups"] = layer.groups
    elif layer.groups != 1:
        raise ValueError(f"{name}: {factory.__name__} takes no groups, the layer has {layer.groups}")
    if "bias" in accepted:
        arguments["bias"] = layer.bias is not None
    if "single" in accepted:  # a layer that would otherwise take and give a pair of maps
        arguments["single"] = True
    return arguments


def _build(paper: PaperInfo, factory: type[nn.Module], arguments: Mapping[str, Any], name: str) -> nn.Module:
    try:
        inspect.signature(factory).bind(**arguments)
    except TypeError as error:
        raise ValueError(f"{paper.id} at {name}: {error}; {factory.__name__}{inspect.signature(factory)}") from None
    return factory(**arguments)


def _try(paper: PaperInfo, module: nn.Module, seen: Tensor, name: str) -> None:
    with torch.no_grad():
        result = module.to(device=seen.device, dtype=seen.dtype).eval()(seen)
    module.train()
    if not isinstance(result, Tensor) or result.shape != seen.shape:
        got = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        raise ValueError(f"{name}: {paper.id} does not keep the shape: expected {tuple(seen.shape)}, got {got}")


def _like(module: nn.Module, layer: nn.Module, model: nn.Module) -> nn.Module:
    """``module`` on the device, in the dtype and the mode of the layer it joins."""
    for tensor in _floats(layer, model):
        module = module.to(device=tensor.device, dtype=tensor.dtype)
        break
    return module.train(layer.training)


def _floats(*modules: nn.Module) -> Iterator[Tensor]:
    for module in modules:
        yield from (parameter for parameter in module.parameters() if parameter.is_floating_point())


def _replace(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    model.get_submodule(parent).register_module(last, module)
