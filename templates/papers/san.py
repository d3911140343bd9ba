"""Self-attention networks: small layers make weights for the neighbours of a position, one for a few channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.neighbourhood import aggregate, correlate

__all__ = ["SAM", "SAN", "SANBlock"]

_PAIRWISE = ("subtraction", "summation", "concatenation", "hadamard", "dot")
_PATCHWISE = ("concatenation", "star", "clique")


class SAM(nn.Module):
    """Sums the values of the k x k neighbours, each channel group with weights of its own made from the content.

    Pairwise, the weight of a neighbour depends on a relation of two vectors, the centre's and its own, and on their
    offset; a softmax over the neighbours follows. Patchwise, all weights of a position are made at once from the
    centre's vector and those of all its neighbours, and are not normalised.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H, W)`` with O = out_channels; H and W exceed k // 2, since maps are mirrored

    Args:
        reduction: C over the width R of the vectors that are compared.
        shared: channels that share their weights; of O channels every (O / shared)-th.
        relation: of two vectors, if pairwise: their ``subtraction`` (the default), ``summation``, ``concatenation``,
            ``hadamard`` or ``dot`` product; patchwise: ``concatenation`` of the centre's with its neighbours' vectors
            (the default), ``star``, the centre's dot products with them, or ``clique``, those of all pairs of them.

    Differs from the paper:
        As in the released code, normalisation and ReLU come before both layers that make the weights.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 7,
        pairwise: bool = True,
        reduction: int = 16,
        shared: int = 8,
        relation: str | None = None,
    ) -> None:
        super().__init__()
        known = _PAIRWISE if pairwise else _PATCHWISE
        if relation is not None and relation not in known:
            raise ValueError(f"relation: expected one of {', '.join(known)} with pairwise={pairwise}, got {relation!r}")
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        if out_channels % shared:
            raise ValueError(f"out_channels: expected a multiple of shared={shared}, got {out_channels}")
        if not 1 <= reduction <= in_channels:
            raise ValueError(f"reduction: expected 1 to in_channels={in_channels}, got {reduction}")
        self.kernel_size, self.pairwise, self.shared = kernel_size, pairwise, shared
        width, groups = in_channels // reduction, out_channels // shared
        self.query = nn.Conv2d(in_channels, width, 1)
        self.key = nn.Conv2d(in_channels, width, 1)
        self.value = nn.Conv2d(in_channels, out_channels, 1)
        self.position = nn.Conv2d(2, 2, 1) if pairwise else None
        self.relation = relation or known[0]
        if pairwise:
            related = {"concatenation": 2 * width, "dot": 1}.get(self.relation, width)
            self.weigh = _perceptron(related + 2, width, groups)
        else:
            near = kernel_size**2
            related = {"star": near, "clique": near**2}.get(self.relation, width * (near + 1))
            self.weigh = _perceptron(related, groups, near * groups)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[2:]) <= self.kernel_size // 2:
            least = self.kernel_size // 2 + 1
            raise ValueError(f"x: expected at least {least} x {least} positions, got {x.shape[2]} x {x.shape[3]}")
        query, key, value = self.query(x), self.key(x), self.value(x)  # (B, R, H, W) twice, (B, O, H, W)
        weights = self._of_pairs(query, key) if self.position is not None else self._of_patches(query, key)
        weights = weights.unflatten(3, x.shape[2:]).unsqueeze(1)  # (B, 1, O / shared, k * k, H, W)
        value = self._pad(value).unflatten(1, (self.shared, -1))  # (B, shared, O / shared, H + k - 1, W + k - 1)
        return aggregate(value, weights, self.kernel_size).flatten(1, 2)  # (B, O, H, W)

    def _of_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        """Weights ``(B, O / shared, k * k, H * W)`` from the relation of two positions at a time."""
        place = self._places(query).expand(len(query), -1, -1, -1)  # (B, 2, H, W)
        if self.relation == "subtraction":
            # Places are compared as the vectors are, so they take part as two more channels.
            related = self._differences(torch.cat((query, place), 1), torch.cat((key, place), 1))
        else:
            related = torch.cat((self._relate(query, key), self._differences(place, place)), 1)
        return self.weigh(related).softmax(2)

    def _relate(self, query: Tensor, key: Tensor) -> Tensor:
        """The other relations of a position with each neighbour: ``(B, *, k * k, H * W)``."""
        if self.relation == "dot":
            return self._products(query, key)  # (B, 1, k * k, H * W)
        near, centre = self._neighbours(key), query[:, :, None, None]  # (B, R, k, k, H, W), (B, R, 1, 1, H, W)
        if self.relation == "summation":
            related = centre + near
        elif self.relation == "hadamard":
            related = centre * near
        else:
            related = torch.cat((centre.expand_as(near), near), 1)  # (B, 2 * R, k, k, H, W)
        return related.flatten(4).flatten(2, 3)

    def _of_patches(self, query: Tensor, key: Tensor) -> Tensor:
        """Weights ``(B, O / shared, k * k, H * W)`` from a position and all its neighbours at once."""
        if self.relation == "star":
            joined = self._products(query, key).squeeze(1)  # (B, k * k, H * W)
        elif self.relation == "clique":
            one, other = (self._neighbours(t).flatten(4).flatten(2, 3) for t in (query, key))  # (B, R, k * k, H * W)
            joined = torch.einsum("brjn,brkn->bjkn", one, other).flatten(1, 2)  # (B, k^4, H * W)
        else:
            patches = self._neighbours(key).flatten(4).flatten(1, 3)  # (B, R * k * k, H * W)
            joined = torch.cat((query.flatten(2), patches), 1)  # (B, R * (k * k + 1), H * W)
        return self.weigh(joined.unsqueeze(2)).squeeze(2).unflatten(1, (-1, self.kernel_size**2))

    def _differences(self, query: Tensor, key: Tensor) -> Tensor:
        """Vectors of the centres minus those of their neighbours: ``(B, R, k * k, H * W)``."""
        return (query[:, :, None, None] - self._neighbours(key)).flatten(4).flatten(2, 3).contiguous()

    def _products(self, query: Tensor, key: Tensor) -> Tensor:
        """Dot products of the centres with their neighbours: ``(B, 1, k * k, H * W)``."""
        return correlate(query.unsqueeze(1), self._pad(key).unsqueeze(1), self.kernel_size).squeeze(1).flatten(3)

    def _places(self, like: Tensor) -> Tensor:
        """A linear map of column and row, both from -1 to 1: ``(1, 2, H, W)``."""
        height, width = like.shape[2:]
        rows = torch.linspace(-1, 1, height, dtype=like.dtype, device=like.device)
        columns = torch.linspace(-1, 1, width, dtype=like.dtype, device=like.device)
        grid = torch.stack((columns.expand(height, -1), rows[:, None].expand(-1, width)))
        return self.position(grid.unsqueeze(0)) if self.position is not None else grid.unsqueeze(0)

    def _neighbours(self, x: Tensor) -> Tensor:
        """The view ``(B, R, k, k, H, W)`` of the neighbours of each position."""
        windows = self._pad(x).unfold(2, self.kernel_size, 1).unfold(3, self.kernel_size, 1)  # (B, R, H, W, k, k)
        return windows.permute(0, 1, 4, 5, 2, 3)

    def _pad(self, x: Tensor) -> Tensor:
        return F.pad(x, (self.kernel_size // 2,) * 4, "reflect")


class SANBlock(nn.Module):
    """SAM and a 1x1 convolution, each after normalisation and ReLU, and a shortcut.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
    """

    def __init__(self, channels: int, kernel_size: int = 7, pairwise: bool = True, relation: str | None = None) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.sam = SAM(channels, channels // 4, kernel_size, pairwise, relation=relation)
        self.bn2 = nn.BatchNorm2d(channels // 4)
        self.conv = nn.Conv2d(channels // 4, channels, 1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.sam(self.relu(self.bn1(x)))  # (B, C / 4, H, W)
        return x + self.conv(self.relu(self.bn2(y)))  # (B, C, H, W)


class SAN(nn.Module):
    """The network: five stages of blocks, each after max pooling and a 1x1 convolution; no other spatial operation.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        layers: blocks per stage.
        kernel_sizes: of the blocks of each stage.
        pairwise, relation: as of ``SAM``.
    """

    def __init__(
        self,
        layers: Sequence[int] = (3, 3, 4, 6, 3),
        kernel_sizes: Sequence[int] = (3, 7, 7, 7, 7),
        pairwise: bool = True,
        num_classes: int = 1000,
        relation: str | None = None,
    ) -> None:
        super().__init__()
        if len(layers) != 5 or len(kernel_sizes) != 5:
            raise ValueError(f"layers, kernel_sizes: expected 5 of each, got {len(layers)} and {len(kernel_sizes)}")
        before, widths = (64, 64, 256, 512, 1024), (64, 256, 512, 1024, 2048)
        self.conv_in = nn.Conv2d(3, 64, 1, bias=False)
        self.bn_in = nn.BatchNorm2d(64)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 1, bias=False) for a, b in zip(before, widths, strict=True))
        self.layers = nn.ModuleList(
            nn.Sequential(*(SANBlock(width, kernel, pairwise, relation) for _ in range(depth)))
            for width, kernel, depth in zip(widths, kernel_sizes, layers, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc = nn.Linear(2048, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn_in(self.conv_in(x)))  # (B, 64, H, W)
        for conv, layer, norm in zip(self.convs, self.layers, self.norms, strict=True):
            x = self.relu(norm(layer(conv(self.pool(x)))))  # in the end (B, 2048, H/32, W/32)
        return self.fc(x.mean((2, 3)))  # (B, num_classes)


def _perceptron(width: int, hidden: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, hidden, 1, bias=False),
        nn.BatchNorm2d(hidden),
        nn.ReLU(inplace=True),
        nn.Conv2d(hidden, out, 1),
    )
