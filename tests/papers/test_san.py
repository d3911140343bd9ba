"""Self-attention networks: both forms position by position, the slips of common copies, and the limits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.papers.san import SAM, SAN
from tests.papers.mutants import rejected


def related(relation: str, centre: Tensor, neighbour: Tensor) -> Tensor:
    """What two vectors ``(B, R)`` of a pair give."""
    if relation == "subtraction":
        return centre - neighbour
    if relation == "summation":
        return centre + neighbour
    if relation == "hadamard":
        return centre * neighbour
    if relation == "dot":
        return (centre * neighbour).sum(1, keepdim=True)
    return torch.cat((centre, neighbour), 1)


def naive(module: SAM, x: Tensor) -> Tensor:
    """One position at a time, in eval mode."""
    reach, shared = module.kernel_size // 2, module.shared
    query, key, value = module.query(x), module.key(x), module.value(x)
    height, width = x.shape[2:]
    columns = torch.linspace(-1, 1, width, dtype=x.dtype)
    rows = torch.linspace(-1, 1, height, dtype=x.dtype)

    def mirrored(index: int, size: int) -> int:
        index = abs(index)
        return index if index < size else 2 * (size - 1) - index

    out = torch.zeros_like(value)
    for i in range(height):
        for j in range(width):
            offsets = [(a, b) for a in range(i - reach, i + reach + 1) for b in range(j - reach, j + reach + 1)]
            near = [(mirrored(a, height), mirrored(b, width)) for a, b in offsets]
            if module.position is not None:
                logits = []
                for a, b in near:
                    step = torch.stack((columns[j] - columns[b], rows[i] - rows[a]))
                    place = (module.position.weight[:, :, 0, 0] @ step).expand(len(x), -1)
                    pair = torch.cat((related(module.relation, query[:, :, i, j], key[:, :, a, b]), place), 1)
                    logits.append(module.weigh(pair[:, :, None, None])[:, :, 0, 0])
                weights = torch.stack(logits, 2).softmax(2)
            else:
                patch = [key[:, :, a, b] for a, b in near]
                if module.relation == "concatenation":
                    joined = torch.cat((query[:, :, i, j], torch.stack(patch, 2).flatten(1)), 1)
                else:
                    centres = [query[:, :, i, j]] if module.relation == "star" else [query[:, :, a, b] for a, b in near]
                    joined = torch.stack([(one * other).sum(1) for one in centres for other in patch], 1)
                weights = module.weigh(joined[:, :, None, None])[:, :, 0, 0].unflatten(1, (-1, len(near)))
            values = torch.stack([value[:, :, a, b] for a, b in near], 2)
            out[:, :, i, j] = (values * weights.repeat(1, shared, 1)).sum(2)
    return out


RELATIONS = [
    *((True, name) for name in ("subtraction", "summation", "concatenation", "hadamard", "dot")),
    *((False, name) for name in ("concatenation", "star", "clique")),
]


@pytest.mark.parametrize(("pairwise", "relation"), [(True, None), (False, None), *RELATIONS])
def test_position_by_position(pairwise: bool, relation: str | None) -> None:
    torch.manual_seed(0)
    module = SAM(8, 12, 3, pairwise, reduction=4, shared=4, relation=relation).double().eval()
    x = torch.rand(2, 8, 3, 4, dtype=torch.float64, requires_grad=True)
    out, expected = module(x), naive(module, x)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.cos(torch.arange(out.numel(), dtype=torch.float64)).view_as(out)
    given, wanted = (torch.autograd.grad(y, x, cotangent)[0] for y in (out, expected))
    torch.testing.assert_close(given, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("pairwise", "relation"), RELATIONS)
def test_a_network_of_each_relation(pairwise: bool, relation: str) -> None:
    with torch.device("meta"):
        network = SAN((1, 0, 0, 1, 0), (3, 3, 3, 5, 5), pairwise, 7, relation)
        assert network(torch.empty(2, 3, 96, 64)).shape == (2, 7)
    blocks = [module for module in network.modules() if isinstance(module, SAM)]
    assert [block.relation for block in blocks] == [relation, relation]


class NoSoftmax(SAM):
    """The pairwise weights are left as they come."""

    def _of_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        return super()._of_pairs(query, key).log()


class SoftmaxOverPositions(SAM):
    """The softmax goes over the map, not over the neighbours."""

    def _of_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        return super()._of_pairs(query, key).log().softmax(3)


class OtherOrder(SAM):
    """The neighbour's vector minus the centre's."""

    def _of_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        return super()._of_pairs(-query, -key)


class RowsFirst(SAM):
    """The coordinates change places."""

    def _places(self, like: Tensor) -> Tensor:
        return super()._places(like.mT).mT


class ZerosOutside(SAM):
    """The map is not reflected at its border."""

    def _pad(self, x: Tensor) -> Tensor:
        return torch.nn.functional.pad(x, (self.kernel_size // 2,) * 4)


@pytest.mark.parametrize("mutant", [NoSoftmax, SoftmaxOverPositions, OtherOrder, RowsFirst, ZerosOutside])
def test_a_slip_of_the_pairwise_form_is_seen(mutant: type[SAM]) -> None:
    assert not rejected("san", SAM, "pairwise")
    assert rejected("san", mutant, "pairwise")


class SoftmaxInPatches(SAM):
    """The patchwise weights are normalised, too."""

    def _of_patches(self, query: Tensor, key: Tensor) -> Tensor:
        return super()._of_patches(query, key).softmax(2)


class TurnedPatches(SAM):
    """The neighbours of a patch are listed column by column."""

    def _neighbours(self, x: Tensor) -> Tensor:
        return super()._neighbours(x).transpose(2, 3)


@pytest.mark.parametrize("mutant", [SoftmaxInPatches, TurnedPatches, ZerosOutside])
def test_a_slip_of_the_patchwise_form_is_seen(mutant: type[SAM]) -> None:
    assert not rejected("san", SAM, "patchwise")
    assert rejected("san", mutant, "patchwise")


@pytest.mark.parametrize("pairwise", [True, False])
def test_one_item_in_training(pairwise: bool) -> None:
    assert SAM(16, 8, 3, pairwise)(torch.rand(1, 16, 2, 5)).shape == (1, 8, 2, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SAM(16, 16, 4), "kernel_size: expected an odd number, got 4"),
        (lambda: SAM(16, 12), "out_channels: expected a multiple of shared=8, got 12"),
        (lambda: SAM(8, 16), "reduction: expected 1 to in_channels=8, got 16"),
        (
            lambda: SAM(16, 16, relation="clique"),
            "relation: expected one of subtraction, summation, concatenation, hadamard, dot with pairwise=True, got",
        ),
        (
            lambda: SAM(16, 16, pairwise=False, relation="dot"),
            "relation: expected one of concatenation, star, clique with pairwise=False, got 'dot'",
        ),
        (lambda: SAN((1, 2)), "layers, kernel_sizes: expected 5 of each, got 2 and 5"),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]


def test_gradients_by_function() -> None:
    module, x = SAM(16, 16, 3, reduction=4).double().eval(), torch.randn(1, 16, 4, 5, dtype=torch.float64)
    given = torch.func.grad(lambda x: module(x).square().sum())(x)
    x.requires_grad_()
    (wanted,) = torch.autograd.grad(module(x).square().sum(), x)
    torch.testing.assert_close(given, wanted)
