"""Swin Transformer: Hierarchical Vision Transformer using Shifted Windows (ICCV 2021).

Authors: Ze Liu et al.
Paper: https://arxiv.org/abs/2103.14030
Code (the authors', licence: MIT): https://github.com/microsoft/Swin-Transformer
Shape: B H W C -> B H W C
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/swin_transformer.py, templates/blocks/biased_attention.py,
    templates/blocks/relative_position_bias.py, templates/blocks/drop_path.py, templates/blocks/mlp.py,
    templates/blocks/windows.py, templates/blocks/swin.py and catalog.yaml: edit those.

Swin Transformer: self-attention inside windows, which every second block shifts by half their size.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "SwinBlock",
    "SwinTransformer",
    "WindowAttention",
    "swin_b",
    "swin_b_384",
    "swin_l",
    "swin_l_384",
    "swin_s",
    "swin_t",
    "swin_t_c24",
]


def biased_attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """Means of the values, weighted by softmax(q k^T / sqrt(d) + bias).

    Shape:
        q: ``(B, h, N, d)``, k and v: ``(B, h, M, d)``, bias: ``(P, h, N, M)`` -> ``(B, h, N, d)``; P divides B, and
        the first axis of ``bias`` is repeated: item i is given entry i mod P
    """
    groups = q.shape[0] // bias.shape[0]
    if bias.requires_grad and q.device.type == "cpu" and q.dtype in (torch.float32, torch.float64):
        # The fused kernel for the CPU has no gradient for a bias, and what runs in its place is slower than this.
        logits = (q.mul(q.shape[3] ** -0.5) @ k.mT).unflatten(0, (groups, -1))  # (B/P, P, h, N, M)
        return logits.add_(bias).softmax(4).flatten(0, 1) @ v  # (B, h, N, d)
    if bias.shape[0] > 1:
        bias = bias.expand(groups, *bias.shape).flatten(0, 1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)  # (B, h, N, d)


class RelativePositionBias(nn.Module):
    """What is added to the logits of attention inside a window of ``height`` x ``width`` positions.

    Shape:
        returns ``(h, N, N)`` with h = num_heads and N = height * width; rows are queries, columns keys
    """

    index: Tensor

    def __init__(self, height: int, width: int, num_heads: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty((2 * height - 1) * (2 * width - 1), num_heads))
        nn.init.trunc_normal_(self.table, std=0.02)
        rows, columns = torch.arange(height).repeat_interleave(width), torch.arange(width).repeat(height)
        down = rows[:, None] - rows + height - 1  # (N, N), from 0 to 2 * height - 2
        right = columns[:, None] - columns + width - 1  # (N, N)
        self.positions = height * width
        self.register_buffer("index", (down * (2 * width - 1) + right).flatten(), persistent=False)

    def forward(self) -> Tensor:
        return self.table[self.index].T.unflatten(1, (self.positions, self.positions))  # (h, N, N)


class DropPath(nn.Module):
    """Zeroes an item's whole branch with probability ``rate`` and scales the kept ones by 1 / (1 - rate).

    Huang et al., "Deep Networks with Stochastic Depth" (2016). Nothing happens in eval mode or at rate 0.

    Shape:
        x: ``(B, ...)`` -> ``(B, ...)``
    """

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"rate: expected 0 <= rate < 1, got {rate}")
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if self.rate == 0 or not self.training:
            return x
        kept = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(1 - self.rate)  # (B, 1, ...)
        return x * (kept / (1 - self.rate))

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"rate={self.rate}"


class Mlp(nn.Module):
    """Two linear layers with GELU between them, applied to each token by itself.

    Shape:
        x: ``(..., D)`` -> ``(..., D)``

    Args:
        hidden: width between the two layers.
        dropout: after each of the two layers.
    """

    def __init__(self, dim: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, dim)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.drop(self.act(self.fc1(x)))  # (..., hidden)
        return self.drop(self.fc2(x))  # (..., D)


def partition_windows(x: Tensor, height: int, width: int) -> Tensor:
    """Cuts a map into windows that do not overlap. Copies nothing.

    Shape:
        x: ``(B, H, W, ...)`` -> ``(B, H/height, W/width, height, width, ...)``
    """
    return x.unflatten(2, (-1, width)).unflatten(1, (-1, height)).transpose(2, 3)


def merge_windows(windows: Tensor) -> Tensor:
    """Undoes :func:`partition_windows`.

    Shape:
        windows: ``(B, R, S, h, w, ...)`` -> ``(B, R * h, S * w, ...)``
    """
    return windows.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def pad_to_multiple(x: Tensor, height: int, width: int) -> Tensor:
    """Adds zeros below and to the right until H and W are multiples of ``height`` and ``width``.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H + p, W + q, C)``
    """
    below, right = -x.shape[1] % height, -x.shape[2] % width
    return F.pad(x, (0, 0, 0, right, 0, below)) if below or right else x


class WindowMask(nn.Module):
    """Minus infinity between parts of a shifted M x M window that are not neighbours on the map.

    Shifted windows are made by rolling the map: those at its far edges then hold up to four parts from different sides.

    Shape:
        returns ``(P, 1, N, N)`` for P windows, with N = M * M
    """

    row_split: Tensor
    column_split: Tensor

    def __init__(self, window_size: int, shift: int) -> None:
        super().__init__()
        # In the last windows of a rolled map the last ``shift`` rows (columns) come from its other end.
        wrapped = torch.arange(window_size) >= window_size - shift
        rows, columns = wrapped.repeat_interleave(window_size), wrapped.repeat(window_size)
        self.register_buffer("row_split", rows[:, None] != rows, persistent=False)  # (N, N)
        self.register_buffer("column_split", columns[:, None] != columns, persistent=False)  # (N, N)

    def forward(self, rows: int, columns: int, dtype: torch.dtype) -> Tensor:
        """For ``rows`` x ``columns`` windows."""
        mask = torch.zeros(rows, columns, *self.row_split.shape, dtype=dtype, device=self.row_split.device)
        mask[-1].masked_fill_(self.row_split, -torch.inf)
        mask[:, -1].masked_fill_(self.column_split, -torch.inf)
        return mask.flatten(0, 1)[:, None]  # (R * S, 1, N, N)


class WindowBlock(nn.Module):
    """A transformer block: ``attn``, then a feed-forward part, each normalised before and added to its input.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H, W, C)``

    Args:
        attn: what mixes positions.
        mlp_ratio: width inside the feed-forward part over C.
        drop_path: rate at which each of the two parts is left out in training.
    """

    def __init__(self, dim: int, attn: nn.Module, mlp_ratio: float, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = attn
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))


class PatchMerging(nn.Module):
    """Joins the channels of 2 x 2 neighbours and halves them: the step from a stage to the next.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H/2, W/2, 2 * C)``; an odd side is padded with zeros
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        patches = partition_windows(pad_to_multiple(x, 2, 2), 2, 2)  # (B, H/2, W/2, 2, 2, C)
        # The authors' order of neighbours: column by column.
        return self.reduction(self.norm(patches.transpose(3, 4).flatten(3)))  # (B, H/2, W/2, 2 * C)


class WindowTransformer(nn.Module):
    """Stages of window blocks on maps of a quarter, an eighth, ... of the image's size, a classifier on their mean.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``; an image of any size is padded with zeros to whole patches

    Args:
        block: called as ``block(dim, num_heads, shift, drop_path)`` for each block.
        dim: channels of the first stage; each further one has twice as many.
        depths, num_heads: blocks and heads of each stage.
        drop_path: rate of stochastic depth, growing from 0 at the first block to this at the last.
    """

    def __init__(
        self,
        block: Callable[[int, int, int, float], nn.Module],
        dim: int,
        depths: tuple[int, ...],
        num_heads: tuple[int, ...],
        window_size: int,
        drop_path: float,
        num_classes: int,
    ) -> None:
        super().__init__()
        if len(depths) != len(num_heads):
            raise ValueError(f"depths, num_heads: expected as many of each, got {len(depths)} and {len(num_heads)}")
        self.patch_embed = nn.Conv2d(3, dim, 4, 4)
        self.patch_norm = nn.LayerNorm(dim)
        rates = [drop_path * index / max(1, sum(depths) - 1) for index in range(sum(depths))]
        stages: list[nn.Module] = []
        for stage, (depth, heads) in enumerate(zip(depths, num_heads, strict=True)):
            width, first = dim * 2**stage, sum(depths[:stage])
            layers: list[nn.Module] = []
            for index in range(depth):
                shift = window_size // 2 if index % 2 else 0
                layers.append(block(width, heads, shift, rates[first + index]))
            if stage < len(depths) - 1:
                layers.append(PatchMerging(width))
            stages.append(nn.Sequential(*layers))
        self.stages = nn.Sequential(*stages)
        width = dim * 2 ** (len(depths) - 1)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map, channels last: ``(B, 3, H, W)`` -> ``(B, H/32, W/32, 8 * dim)`` of four stages."""
        return self.norm(self.stages(self.embed(x)))  # (B, H/32, W/32, 8 * dim)

    def embed(self, x: Tensor) -> Tensor:
        """The patches of 4 x 4 pixels: ``(B, 3, H, W)`` -> ``(B, H/4, W/4, dim)``."""
        below, right = -x.shape[2] % 4, -x.shape[3] % 4
        x = self.patch_embed(F.pad(x, (0, right, 0, below)))  # (B, dim, H/4, W/4)
        return self.patch_norm(x.permute(0, 2, 3, 1))  # (B, H/4, W/4, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).mean((1, 2)))  # (B, num_classes)


class WindowAttention(nn.Module):
    """Multi-head self-attention of each M x M window by itself, with a learned bias for each offset (W-MSA, SW-MSA).

    Shifted windows are made by rolling the map: windows at its far edges then hold up to four parts that are not
    neighbours, and a mask keeps these from seeing each other.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H, W, C)``

    Args:
        window_size: M.
        shift: 0 for W-MSA, M // 2 for SW-MSA. A map no larger than a window, in height or width, is not shifted.
        relative: whether there is a bias for each offset; the paper compares with and without.

    Differs from the paper: a map of any size is padded with zeros to whole windows, as the authors' detection code does
    it: the padding is not masked.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int = 7,
        shift: int = 0,
        qkv_bias: bool = True,
        relative: bool = True,
    ) -> None:
        super().__init__()
        if num_heads < 1 or dim % num_heads:
            raise ValueError(f"num_heads: expected a divisor of dim={dim}, got {num_heads}")
        if not 0 <= shift < window_size:
            raise ValueError(f"shift: expected 0 <= shift < window_size={window_size}, got {shift}")
        self.num_heads, self.window_size, self.shift = num_heads, window_size, shift
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.position_bias = RelativePositionBias(window_size, window_size, num_heads) if relative else None
        self.mask = WindowMask(window_size, shift)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        (_, height, width, _), size = x.shape, self.window_size
        shift = self.shift if min(height, width) > size else 0
        x = pad_to_multiple(x, size, size)
        if shift:
            x = x.roll((-shift, -shift), (1, 2))
        x = partition_windows(x, size, size).flatten(3, 4)  # (B, R, S, N, C) with R = H/M, S = W/M, N = M * M
        x = self._attend(x, bool(shift))  # (B, R, S, N, C)
        x = merge_windows(x.unflatten(3, (size, size)))  # (B, H, W, C)
        if shift:
            x = x.roll((shift, shift), (1, 2))
        return x[:, :height, :width]  # (B, H, W, C)

    def _attend(self, windows: Tensor, shifted: bool) -> Tensor:
        """Attention in every window: ``(B, R, S, N, C)`` -> the same."""
        rows, columns = windows.shape[1:3]
        heads = self.qkv(windows).unflatten(4, (3, self.num_heads, -1)).flatten(0, 2)  # (B * R * S, N, 3, h, d)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # (B * R * S, h, N, d) each, the last axis contiguous
        bias = None if self.position_bias is None else self.position_bias().to(q.dtype)[None]  # (1, h, N, N)
        if shifted:
            mask = self.mask(rows, columns, q.dtype)  # (R * S, 1, N, N)
            bias = mask if bias is None else bias + mask  # (R * S, h, N, N), or 1 for h
        # (B * R * S, h, N, d)  Eq. 4
        x = F.scaled_dot_product_attention(q, k, v) if bias is None else biased_attention(q, k, v, bias)
        return self.proj(x.transpose(1, 2).flatten(2)).view(windows.shape)


class SwinBlock(WindowBlock):
    """A transformer block with window attention (Eq. 3).

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H, W, C)``

    Args:
        mlp_ratio: width inside the feed-forward part over C.
        drop_path: rate at which each of the two parts is left out in training.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int = 7,
        shift: int = 0,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        drop_path: float = 0.0,
        relative: bool = True,
    ) -> None:
        attn = WindowAttention(dim, num_heads, window_size, shift, qkv_bias, relative)
        super().__init__(dim, attn, mlp_ratio, drop_path)


class SwinTransformer(WindowTransformer):
    """Four stages of Swin blocks on maps of a quarter to a 32nd of the image's size, and a classifier on their mean.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        dim: channels of the first stage; each further one has twice as many.
        depths, num_heads: blocks and heads of each stage.
        drop_path: rate of stochastic depth, growing from 0 at the first block to this at the last.
        shifted, relative: whether every second block shifts its windows, and whether there is a bias for each offset;
            the paper compares with and without.
        absolute: H and W of the images for which there is an embedding of absolute positions, too. It is added to the
            patches, and resized where an image has another size; the paper compares this.

    Differs from the paper: an image of any size is padded with zeros to whole patches.
    """

    def __init__(
        self,
        dim: int = 96,
        depths: tuple[int, ...] = (2, 2, 6, 2),
        num_heads: tuple[int, ...] = (3, 6, 12, 24),
        window_size: int = 7,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        drop_path: float = 0.2,
        num_classes: int = 1000,
        shifted: bool = True,
        relative: bool = True,
        absolute: tuple[int, int] | None = None,
    ) -> None:
        def block(dim: int, num_heads: int, shift: int, drop_path: float) -> SwinBlock:
            shift = shift if shifted else 0
            return SwinBlock(dim, num_heads, window_size, shift, mlp_ratio, qkv_bias, drop_path, relative)

        super().__init__(block, dim, depths, num_heads, window_size, drop_path, num_classes)
        self.grid = (0, 0) if absolute is None else (-(-absolute[0] // 4), -(-absolute[1] // 4))
        self.positions = None if absolute is None else nn.Parameter(torch.empty(1, self.grid[0] * self.grid[1], dim))
        if self.positions is not None:
            nn.init.trunc_normal_(self.positions, std=0.02)

    def embed(self, x: Tensor) -> Tensor:
        x = super().embed(x)  # (B, H/4, W/4, dim)
        return x if self.positions is None else x + self._absolute(self.positions, x)

    def _absolute(self, positions: Tensor, x: Tensor) -> Tensor:
        """The embedding of absolute positions at the size of ``x``: ``(1, H/4, W/4, dim)``."""
        positions = positions.unflatten(1, self.grid)
        if x.shape[1:3] == self.grid:
            return positions
        return F.interpolate(positions.permute(0, 3, 1, 2), x.shape[1:3], mode="bicubic").permute(0, 2, 3, 1)


def swin_t(num_classes: int = 1000) -> SwinTransformer:
    """SwinTransformer in the configuration swin_t, for inputs of 224 x 224."""
    return SwinTransformer(dim=96, depths=(2, 2, 6, 2), num_heads=(3, 6, 12, 24), num_classes=num_classes)


def swin_s(num_classes: int = 1000) -> SwinTransformer:
    """SwinTransformer in the configuration swin_s, for inputs of 224 x 224."""
    return SwinTransformer(
        dim=96,
        depths=(2, 2, 18, 2),
        num_heads=(3, 6, 12, 24),
        drop_path=0.3,
        num_classes=num_classes,
    )


def swin_b(num_classes: int = 1000) -> SwinTransformer:
    """SwinTransformer in the configuration swin_b, for inputs of 224 x 224."""
    return SwinTransformer(
        dim=128,
        depths=(2, 2, 18, 2),
        num_heads=(4, 8, 16, 32),
        drop_path=0.5,
        num_classes=num_classes,
    )


def swin_b_384(num_classes: int = 1000) -> SwinTransformer:
    """SwinTransformer in the configuration swin_b_384, for inputs of 384 x 384."""
    return SwinTransformer(
        dim=128,
        depths=(2, 2, 18, 2),
        num_heads=(4, 8, 16, 32),
        window_size=12,
        drop_path=0.5,
        num_classes=num_classes,
    )


def swin_l(num_classes: int = 1000) -> SwinTransformer:
    """SwinTransformer in the configuration swin_l, for inputs of 224 x 224."""
    return SwinTransformer(dim=192, depths=(2, 2, 18, 2), num_heads=(6, 12, 24, 48), num_classes=num_classes)


def swin_l_384(num_classes: int = 1000) -> SwinTransformer:
    """SwinTransformer in the configuration swin_l_384, for inputs of 384 x 384."""
    return SwinTransformer(
        dim=192,
        depths=(2, 2, 18, 2),
        num_heads=(6, 12, 24, 48),
        window_size=12,
        num_classes=num_classes,
    )


def swin_t_c24(num_classes: int = 1000) -> SwinTransformer:
    """SwinTransformer in the configuration swin_t_c24, for inputs of 256 x 256."""
    return SwinTransformer(
        dim=96,
        depths=(2, 2, 6, 2),
        num_heads=(4, 8, 16, 32),
        window_size=8,
        num_classes=num_classes,
    )
