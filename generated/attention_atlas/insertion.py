"""Putting a module into a network that exists, without renaming anything in it.

The new module becomes a child of the layer it follows (or precedes) and is run from a forward hook of that layer. So
the names of the old state stay as they are, and the network can be copied, pickled, compiled and exported as before.

Whoever exchanges a layer for another kind (``nn.SyncBatchNorm.convert_sync_batchnorm``, say) hands its children on but
not its hooks. So every inserted module remembers its place, and the layer that it becomes a child of gets the hook.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd  # pyright: ignore[reportPrivateUsage]  # transposed ones are its kind, too
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear
from torch.nn.modules.module import register_module_module_registration_hook

from ._types import PaperInfo

_PLACES = ("after", "before", "replace")
_WIDTHS = ("channels", "in_channels", "dim")
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, nn.InstanceNorm2d)
_SEVERAL = (nn.MultiheadAttention, nn.RNNBase)
_RANKS = {
    3: (nn.Conv1d, nn.ConvTranspose1d, nn.BatchNorm1d, nn.InstanceNorm1d),
    4: (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d),
    5: (nn.Conv3d, nn.ConvTranspose3d, nn.BatchNorm3d, nn.InstanceNorm3d),
}
# They change the channels and do not tell to how many.
_UNTOLD = (nn.PixelShuffle, nn.PixelUnshuffle, nn.Flatten, nn.Unflatten, nn.Fold, nn.Unfold, nn.GLU)
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
# What an inserted module remembers: the place, ``after`` or ``before``.
_PLACE = "_inserted_place"

M = TypeVar("M", bound=nn.Module)


class _Width(NamedTuple):
    """What a layer tells of a tensor: its channels, its rank if that is fixed, and whether channels come last."""

    channels: int
    rank: int | None
    last: bool
    whose: nn.Module


class _Seen(NamedTuple):
    """A tensor that met a layer, and the shape that must come out of the new module."""

    tensor: Tensor
    result: torch.Size


def insert(model: M, id: str, where: str, *, example: Tensor | Sequence[Tensor] | None = None, **kwargs: Any) -> M:
    """Put a paper's module into ``model`` at every layer that ``where`` names.

    Args:
        model: any network; it is changed in place.
        id: of the paper.
        where: ``[after:|before:|replace:]GLOB``; the glob is matched with full module names (its ``*`` matches dots,
            too), ``after`` is the default. ``replace`` takes the place of convolutions or normalisations and hands
            their geometry on.
        example: an input of ``model``. Needed only where a layer does not tell its number of channels (a block that
            concatenates what its parts hand on tells that of the last part, which is wrong), or where the module is
            built for maps of one size; when it is given, each new module is tried on what it would meet.
        kwargs: further arguments of the module.

    Returns:
        ``model`` itself, ready to train: the new modules have the device, the precision and the mode of their layers,
        and their parameters require gradients even where the network is frozen. What :func:`torch.compile` has made
        of networks so far is compiled anew when it runs next: it does not look for new hooks.

    Raises:
        ValueError: if nothing matches, if the module is there already, or if it does not fit; ``model`` is unchanged.
        TypeError: if ``where`` is no text.
        NotImplementedError: if the paper has no implementation yet.
    """
    from . import info, load

    paper = info(id)
    factory = getattr(load(id), paper.cls or "", None)
    if factory is None:
        reason = paper.nothing_to_build or "it is not implemented yet"
        raise NotImplementedError(f"{paper.title}: {reason} ({paper.paper_url})")
    place, glob = _split(where)
    targets = _targets(model, place, glob)
    seen = _observe(model, targets, place, example) if example is not None else {}
    built: list[tuple[nn.Module, nn.Module]] = []
    for name, layer in targets:
        _refuse_a_second(id, factory, name, layer, place)
        if place == "replace":
            arguments = _geometry(paper, factory, name, layer)
        else:
            arguments = _sizes(paper, factory, name, layer, place, seen.get(name, []), kwargs)
            arguments = {**_map_size(paper, factory, seen.get(name, [])), **arguments}
        module = _build(paper, factory, {**arguments, **kwargs}, name)
        for meeting in seen.get(name, []):
            _try(paper, module, meeting, name)
        built.append((layer, _like(module, layer, model)))
    for layer, module in built:
        if place == "replace":
            _replace(model, layer, module)
        else:
            setattr(module, _PLACE, place)
            layer.add_module(f"inserted_{id}", module)  # _run_child gives the layer its hook
    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()
    return model


def _run_child(layer: nn.Module, name: str, module: nn.Module | None) -> None:
    """Give ``layer`` the hook that runs ``module``, unless it has it; called whenever a child is added to a layer."""
    place = getattr(module, _PLACE, None) if name.startswith("inserted_") else None
    if place is None:
        return
    hooks = layer._forward_hooks if place == "after" else layer._forward_pre_hooks  # pyright: ignore[reportPrivateUsage]
    run = _run_after if place == "after" else _run_before
    if any(isinstance(hook, partial) and hook.func is run and hook.args == (name,) for hook in hooks.values()):
        return
    if place == "after":
        layer.register_forward_hook(partial(_run_after, name))
    else:
        layer.register_forward_pre_hook(partial(_run_before, name), with_kwargs=True)


# For good, not only while inserting: a network that comes from a pickle may have its layers exchanged, too.
register_module_module_registration_hook(_run_child)


def _run_after(name: str, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
    if isinstance(output, (tuple, list, dict)):
        raise ValueError(f"{name}: expected one tensor from a {type(layer).__name__}, got a {type(output).__name__}")
    return getattr(layer, name)(output)


def _run_before(
    name: str, layer: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    module = getattr(layer, name)
    if inputs:
        return (module(inputs[0]), *inputs[1:]), named
    first = next(iter(named))
    return inputs, {**named, first: module(named[first])}


def _refuse_a_second(id: str, factory: type[nn.Module], name: str, layer: nn.Module, place: str) -> None:
    inserted = [child for child, _ in layer.named_children() if child.startswith("inserted_")]
    if place != "replace" and f"inserted_{id}" in inserted:
        raise ValueError(f"{id} is already there: {name}.inserted_{id}")
    if place == "replace" and isinstance(layer, factory):
        raise ValueError(f"{id} is already there: {name}")
    if place == "replace" and inserted:
        raise ValueError(f"{name} carries {inserted[0]}, which would go with it; replace first, then insert")


def _split(where: str) -> tuple[str, str]:
    if not isinstance(where, str):
        raise TypeError(f"where: expected a text such as 'after:*.bn2', got a {type(where).__name__}")
    place, colon, glob = where.partition(":")
    if not colon:
        return "after", where
    if place not in _PLACES or not glob:
        raise ValueError(f"where: expected [after:|before:|replace:]GLOB, got {where!r}")
    return place, glob


def _targets(model: nn.Module, place: str, glob: str) -> list[tuple[str, nn.Module]]:
    """Each layer that the glob means, once: a layer can have two names, and two names can lead to one layer."""
    # A layer that is shared is listed under each of its names.
    names = [name for name, _ in model.named_modules(remove_duplicate=False) if name]
    found = [name for name in names if fnmatchcase(name, glob) and ".inserted_" not in f".{name}"]
    if not found:
        tail = glob.rpartition(".")[2].strip("*")
        near = difflib.get_close_matches(glob, names, n=3, cutoff=0.4)
        near += [name for name in names if tail and tail in name.rpartition(".")[2]][:3]
        hint = f"; near: {', '.join(dict.fromkeys(near))}" if near else ""
        raise ValueError(f"where: no module of {type(model).__name__} matches {glob!r}{hint}")
    targets: dict[nn.Module, str] = {}
    for name in found:
        layer = model.get_submodule(name)
        if place != "replace":
            name, layer = _called(name, layer, place)
        targets.setdefault(layer, name)
    return [(name, layer) for layer, name in targets.items()]


def _called(name: str, layer: nn.Module, place: str) -> tuple[str, nn.Module]:
    """The layer that really runs: a ``Sequential`` would take a new child for a further step of its own."""
    while type(layer).forward is nn.Sequential.forward:
        children = list(layer.named_children())
        if not children:
            raise ValueError(f"{name} is an empty Sequential: nothing to put a module {place}")
        step, layer = children[-1] if place == "after" else children[0]
        name = f"{name}.{step}"
    if isinstance(layer, _CONTAINERS):
        kind = type(layer).__name__
        if type(layer).forward is nn.Module.forward:
            raise ValueError(f"{name} is a {kind}, which is never called; name the layers in it")
        raise ValueError(
            f"{name} is a {kind} with a forward of its own, which may take a new child for a further step; "
            "name a layer in it or around it"
        )
    if isinstance(layer, NonDynamicallyQuantizableLinear):
        raise ValueError(f"{name} is never called: nn.MultiheadAttention reads its weights; name a layer around it")
    if place == "after" and isinstance(layer, _SEVERAL):
        raise ValueError(f"{name}: a {type(layer).__name__} hands on several tensors; name a layer behind it")
    return name, layer


def _observe(
    model: nn.Module, targets: list[tuple[str, nn.Module]], place: str, example: Tensor | Sequence[Tensor]
) -> dict[str, list[_Seen]]:
    """What each target hands on (``after``) or is given (``before``, ``replace``) when ``model`` runs on ``example``.

    A layer that runs several times is met several times.
    """
    seen: dict[str, list[_Seen]] = {name: [] for name, _ in targets}

    def keep(name: str, layer: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
        value = output if place == "after" else next(iter((*inputs, *named.values())), None)
        result = output if place == "replace" else value
        if not isinstance(value, Tensor) or not isinstance(result, Tensor):
            raise ValueError(f"{name}: expected one tensor {place} it, got {type(value).__name__}")
        if all(value.shape != earlier.tensor.shape for earlier in seen[name]):
            seen[name].append(_Seen(value.detach(), result.shape))

    handles = [layer.register_forward_hook(partial(keep, name), with_kwargs=True) for name, layer in targets]
    modes = [(module, module.training) for module in model.modules()]
    try:
        with torch.no_grad():
            model.eval()(*((example,) if isinstance(example, Tensor) else example))
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    if missing := [name for name, met in seen.items() if not met]:
        raise ValueError(f"{missing[0]} did not run on the example input")
    return seen


def _width(layer: nn.Module, place: str) -> _Width | None:
    """What is known of the tensor that ``layer`` hands on or is given.

    A block tells through its parts: the last one for what it hands on (in a residual block every branch ends with the
    same number of channels), the first one for what it is given. One that changes the channels and does not tell to
    how many hides what the others tell.
    """
    parts = [part for name, part in layer.named_modules() if name and "inserted_" not in name]
    if place == "after":
        parts.reverse()
    for part in (layer, *parts):
        if isinstance(part, _UNTOLD):
            return None
        if told := _told(part, place):
            return told
    return None


def _told(layer: nn.Module, place: str) -> _Width | None:
    rank = next((rank for rank, kinds in _RANKS.items() if isinstance(layer, kinds)), None)
    if isinstance(layer, _ConvNd):
        return _Width(layer.out_channels if place == "after" else layer.in_channels, rank, False, layer)
    if isinstance(layer, _NORMS):
        return _Width(layer.num_features, rank, False, layer)
    if isinstance(layer, nn.GroupNorm):
        return _Width(layer.num_channels, None, False, layer)
    if isinstance(layer, nn.LayerNorm):
        # A LayerNorm2d, as several libraries call it, normalises the channels of a map.
        rank = {"1d": 3, "2d": 4, "3d": 5}.get(type(layer).__name__[-2:])
        return _Width(layer.normalized_shape[-1], rank, rank is None, layer)
    if isinstance(layer, nn.Linear):
        return _Width(layer.out_features if place == "after" else layer.in_features, None, True, layer)
    return None


def _sizes(
    paper: PaperInfo,
    factory: type[nn.Module],
    name: str,
    layer: nn.Module,
    place: str,
    seen: Sequence[_Seen],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """The module's size parameters, from the layer or from the tensors that were seen there."""
    source, arrow, result = (paper.shape or "").partition(" -> ")
    if not arrow or source != result:
        raise ValueError(
            f"{paper.id} maps {paper.shape!r}: only a module that keeps the shape can be put {place} a layer"
        )
    axes = source.split()
    at = next((index for index, axis in enumerate(axes) if axis in ("C", "D")), 1)
    known = _width(layer, place)
    _check_layout(paper, axes, at, name, layer, known, seen)
    accepted = inspect.signature(factory).parameters
    names = (paper.axes.get(axes[at], ""), *_WIDTHS)
    parameter = next((width for width in names if width in accepted), None)
    if parameter is None:
        return {}
    if parameter in given:
        if known and known.whose is layer and known.channels != given[parameter]:
            raise ValueError(f"{name} has {known.channels} channels, but {parameter}={given[parameter]} was given")
        return {}
    if seen:
        return {parameter: seen[0].tensor.shape[at]}
    if known is None:
        raise ValueError(
            f"{name}: a {type(layer).__name__} does not tell its channels; give {parameter}=… or example=<an input>"
        )
    return {parameter: known.channels}


def _check_layout(
    paper: PaperInfo,
    axes: list[str],
    at: int,
    name: str,
    layer: nn.Module,
    known: _Width | None,
    seen: Sequence[_Seen],
) -> None:
    """Refuse tensors of another rank, or with their channels on another axis, than the module expects."""
    last = at == len(axes) - 1
    expects = f"{name}: {paper.id} expects {len(axes)} axes ({' '.join(axes)})"
    ranks = [meeting.tensor.dim() for meeting in seen] or ([known.rank] if known and known.rank else [])
    for rank in ranks:
        if rank != len(axes):
            raise ValueError(f"{expects}, got {rank}")
    widths = sorted({meeting.tensor.shape[at] for meeting in seen})
    if len(widths) > 1:
        raise ValueError(f"{name} runs several times, with {' and '.join(map(str, widths))} channels")
    if known is None or (known.last == last and known.whose is layer):
        return
    turned = f"{expects}, but the channels of a {type(known.whose).__name__} come {'last' if known.last else 'second'}"
    if known.whose is layer:
        raise ValueError(turned)
    if not seen and known.last != last:
        raise ValueError(f"{turned}; if those of {name} do not, give example=<an input>")
    for meeting in seen:
        shape = meeting.tensor.shape
        if shape[at] != known.channels and shape[1 if last else -1] == known.channels:
            raise ValueError(f"{expects}, but the channels of {tuple(shape)} come {'second' if last else 'last'}")


def _map_size(paper: PaperInfo, factory: type[nn.Module], seen: Sequence[_Seen]) -> dict[str, int]:
    """Height and width for a module that is built for maps of one size, from the tensor that was seen there."""
    axes = (paper.shape or "").partition(" -> ")[0].split()
    accepted = inspect.signature(factory).parameters
    if not seen or seen[0].tensor.dim() != len(axes):
        return {}
    shape = seen[0].tensor.shape
    sizes = {paper.axes.get(axis): size for axis, size in zip(axes, shape, strict=True) if axis in ("H", "W")}
    return {name: size for name, size in sizes.items() if name is not None and name in accepted}


def _geometry(paper: PaperInfo, factory: type[nn.Module], name: str, layer: nn.Module) -> dict[str, Any]:
    """What a convolution or a batch normalisation hands on to the module that replaces it."""
    accepted = inspect.signature(factory).parameters
    source = (paper.shape or "").partition(" -> ")[0]
    axes, told = source.split(), _told(layer, "before")
    if told and told.rank and "," not in source and told.rank != len(axes):
        raise ValueError(f"{name}: {paper.id} expects {len(axes)} axes ({source}), got {told.rank}")
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
    if "padding" not in accepted and not _keeps_size(layer):
        raise ValueError(
            f"{name}: {factory.__name__} pads so that only the stride changes the size, the layer has "
            f"kernel_size={layer.kernel_size}, padding={layer.padding}, dilation={layer.dilation}"
        )
    if layer.padding_mode != "zeros" and "padding_mode" not in accepted:
        raise ValueError(f"{name}: {factory.__name__} pads with zeros, the layer has {layer.padding_mode!r}")
    if "groups" in accepted:
        arguments["groups"] = layer.groups
    elif layer.groups != 1:
        raise ValueError(f"{name}: {factory.__name__} takes no groups, the layer has {layer.groups}")
    if "bias" in accepted:
        arguments["bias"] = layer.bias is not None
    if "single" in accepted:  # a layer that would otherwise take and give a pair of maps
        arguments["single"] = True
    return arguments


def _keeps_size(layer: nn.Conv1d | nn.Conv2d | nn.Conv3d) -> bool:
    """Whether ``layer`` would keep the size of a map if its stride were one."""
    if isinstance(layer.padding, str):
        return layer.padding == "same"
    sides = zip(layer.kernel_size, layer.padding, layer.dilation, strict=True)
    return all(2 * padding == dilation * (kernel - 1) for kernel, padding, dilation in sides)


def _build(paper: PaperInfo, factory: type[nn.Module], arguments: Mapping[str, Any], name: str) -> nn.Module:
    try:
        inspect.signature(factory).bind(**arguments)
    except TypeError as error:
        raise ValueError(f"{paper.id} at {name}: {error}; {factory.__name__}{inspect.signature(factory)}") from None
    try:
        return factory(**arguments)
    except Exception as error:
        raise ValueError(f"{paper.id} at {name}: {error}") from error


def _try(paper: PaperInfo, module: nn.Module, seen: _Seen, name: str) -> None:
    value = seen.tensor
    try:
        with torch.no_grad():
            result = module.to(device=value.device, dtype=value.dtype).eval()(value)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{name}: {paper.id} does not fit {tuple(value.shape)}: {error}") from error
    if not isinstance(result, Tensor) or result.shape != seen.result:
        got = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        raise ValueError(f"{name}: {paper.id} does not keep the shape: expected {tuple(seen.result)}, got {got}")


def _like(module: nn.Module, layer: nn.Module, model: nn.Module) -> nn.Module:
    """``module`` on the device, in the dtype and the mode of the layer it joins."""
    for tensor in _floats(layer, model):
        module = module.to(device=tensor.device, dtype=tensor.dtype)
        break
    return module.train(layer.training)


def _floats(*modules: nn.Module) -> Iterator[Tensor]:
    for module in modules:
        yield from (parameter for parameter in module.parameters() if parameter.is_floating_point())


def _replace(model: nn.Module, layer: nn.Module, module: nn.Module) -> None:
    """Put ``module`` wherever ``layer`` is: a shared layer stays shared."""
    for name, child in list(model.named_modules(remove_duplicate=False)):
        if child is layer:
            parent, _, last = name.rpartition(".")
            model.get_submodule(parent).register_module(last, module)
