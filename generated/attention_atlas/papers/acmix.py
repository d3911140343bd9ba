"""On the Integration of Self-Attention and Convolution (CVPR 2022).

Authors: Xuran Pan et al.
Paper: https://arxiv.org/abs/2111.14556
Code (the authors', licence: none stated): https://github.com/LeapLabTHU/ACmix
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/acmix.py, templates/blocks/biased_attention.py, templates/blocks/neighbourhood.py,
    templates/blocks/relative_position_bias.py, templates/blocks/drop_path.py, templates/blocks/mlp.py,
    templates/blocks/windows.py, templates/blocks/swin.py and catalog.yaml: edit those.

ACmix: convolution and self-attention that share their 1x1 convolutions, which are most of the cost of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ACmix", "ACmixSwin", "WindowACmix", "acmix_swin_s", "acmix_swin_t"]


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


Geometry = tuple[int, int, int]


def aggregate(x: Tensor, weights: Tensor, kernel_size: int, stride: int = 1, dilation: int = 1) -> Tensor:
    """Sums of neighbours, each times a weight of its own: sum over n of ``weights[..., n, i, j]`` x[neighbour n].

    Shape:
        x: ``(B, M, N, H + p, W + p)``, padded; weights: ``(B, M or 1, N or 1, k * k, H/s, W/s)``, shared where there
        is a 1 -> ``(B, M, N, H/s, W/s)``
    """
    return _Aggregate.apply(x, weights.to(x.dtype), (kernel_size, stride, dilation))


def correlate(q: Tensor, k: Tensor, kernel_size: int, stride: int = 1, dilation: int = 1) -> Tensor:
    """Products of the vector at each position with those of its neighbours, summed over the last axis before the map.

    Shape:
        q: ``(B, h, d, H/s, W/s)``, k: ``(B, h, d, H + p, W + p)``, padded -> ``(B, h, 1, k * k, H/s, W/s)``
    """
    return _Correlate.apply(q, k.to(q.dtype), (kernel_size, stride, dilation))


def _windows(x: Tensor, size: torch.Size, geometry: Geometry) -> Iterator[Tensor]:
    """The views of ``x`` that show each position its n-th neighbour."""
    kernel, stride, dilation = geometry
    height, width = (size[-2] - 1) * stride + 1, (size[-1] - 1) * stride + 1
    for row in range(0, kernel * dilation, dilation):
        for column in range(0, kernel * dilation, dilation):
            yield x[..., row : row + height : stride, column : column + width : stride]


def _gather(x: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
    parts = weights.unbind(3)
    views = _windows(x, weights.shape, geometry)
    out = next(views) * parts[0]
    for window, weight in zip(views, parts[1:], strict=True):
        out.addcmul_(window, weight)
    return out


def _scatter(y: Tensor, weights: Tensor, size: torch.Size, geometry: Geometry) -> Tensor:
    out = y.new_zeros(size)
    for window, weight in zip(_windows(out, weights.shape, geometry), weights.unbind(3), strict=True):
        window.addcmul_(y, weight)
    return out


def _match(y: Tensor, x: Tensor, shared: tuple[int, ...], geometry: Geometry) -> Tensor:
    products = (y * window for window in _windows(x, y.shape, geometry))
    return torch.stack([p.sum(shared, keepdim=True) if shared else p for p in products], 3)


class _Aggregate(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
        return _gather(x, weights, geometry)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Geometry], output: Tensor) -> None:
        x, weights, ctx.geometry = inputs
        ctx.save_for_backward(x, weights)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weights = ctx.saved_tensors
        (g,) = gradients
        shared = tuple(axis for axis in (1, 2) if weights.shape[axis] != x.shape[axis])
        by_x, by_weights, _ = ctx.needs_input_grad
        return (
            _scatter(g, weights, x.shape, ctx.geometry) if by_x else None,
            _match(g, x, shared, ctx.geometry) if by_weights else None,
            None,
        )


class _Correlate(torch.autograd.Function):
    @staticmethod
    def forward(q: Tensor, k: Tensor, geometry: Geometry) -> Tensor:
        return _match(q, k, (2,), geometry)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Geometry], output: Tensor) -> None:
        q, k, ctx.geometry = inputs
        ctx.save_for_backward(q, k)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        q, k = ctx.saved_tensors
        (g,) = gradients
        by_q, by_k, _ = ctx.needs_input_grad
        return (
            _gather(k, g, ctx.geometry) if by_q else None,
            _scatter(q, g, k.shape, ctx.geometry) if by_k else None,
            None,
        )


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


class ACmix(nn.Module):
    """A weighted sum of attention over the window around each position and a convolution, both of q, k and v.

    The convolution sees the heads of q, k and v as channels: a linear map turns these 3 h numbers of each position into
    k * k, which shifts move and add; the shifts are a convolution that is learned on from there.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride, rounded up; H and W exceed
        attention_size // 2, since maps are mirrored there

    Args:
        attention_size: height and width of the window of the attention.
        kernel_size: of the convolution.
        positions: whether a learned linear map of a neighbour's offset is added to its key.

    Differs from the paper:
        Its equations have no positions, which is ``positions=False``; the released code has.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        attention_size: int = 7,
        num_heads: int = 4,
        kernel_size: int = 3,
        stride: int = 1,
        positions: bool = True,
    ) -> None:
        super().__init__()
        if num_heads < 1 or out_channels % num_heads:
            raise ValueError(f"num_heads: expected a divisor of out_channels={out_channels}, got {num_heads}")
        for name, size in (("attention_size", attention_size), ("kernel_size", kernel_size)):
            if size < 1 or size % 2 == 0:
                raise ValueError(f"{name}: expected an odd number, got {size}")
        self.attention_size, self.num_heads, self.kernel_size, self.stride = (
            attention_size,
            num_heads,
            kernel_size,
            stride,
        )
        self.head_dim = out_channels // num_heads
        self.qkv = nn.Conv2d(in_channels, 3 * out_channels, 1)
        self.position = nn.Conv2d(2, self.head_dim, 1) if positions else None
        self.mix = nn.Parameter(torch.empty(kernel_size**2, 3 * num_heads))
        shifts = torch.eye(kernel_size**2).unflatten(1, (kernel_size, kernel_size))
        self.shift = nn.Parameter(shifts.repeat(out_channels, 1, 1, 1))
        self.attention_rate = nn.Parameter(torch.full((1,), 0.5))
        self.convolution_rate = nn.Parameter(torch.full((1,), 0.5))
        nn.init.kaiming_uniform_(self.mix, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[2:]) <= self.attention_size // 2:
            least = self.attention_size // 2 + 1
            raise ValueError(f"x: expected at least {least} x {least} positions, got {x.shape[2]} x {x.shape[3]}")
        # Channels of one number of all heads stand together, as the convolution wants them.
        heads = (3, self.num_heads, self.head_dim)
        weight = self.qkv.weight.unflatten(0, heads).permute(2, 0, 1, 3, 4, 5).flatten(0, 2)  # (3 * O, C, 1, 1)
        bias = None if self.qkv.bias is None else self.qkv.bias.view(heads).permute(2, 0, 1).flatten()
        qkv = F.conv2d(x, weight, bias)  # (B, d * 3 * h, H, W)
        attended = self._attend(*qkv.unflatten(1, (self.head_dim, 3, -1)).unbind(2))  # (B, O, H/s, W/s)
        return self.attention_rate * attended + self.convolution_rate * self._convolve(qkv)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention of ``(B, d, h, H, W)`` each over windows: ``(B, O, H/s, W/s)``."""
        size, stride = self.attention_size, self.stride
        q = q[..., ::stride, ::stride].transpose(1, 2) * self.head_dim**-0.5  # (B, h, d, H/s, W/s)
        if self.position is not None:
            # Of the offset p_i - p_j only p_j changes from neighbour to neighbour; the softmax drops the rest.
            k = k - self.position(self._places(k)).unsqueeze(2)
        k, v = (self._pad(t).transpose(1, 2) for t in (k, v))  # (B, h, d, H + k - 1, W + k - 1) each
        if q.dtype == torch.float16:  # products of large values leave its range
            q, k = q.float(), k.float()
        weights = correlate(q, k, size, stride).softmax(3)  # (B, h, 1, k * k, H/s, W/s)
        return aggregate(v, weights, size, stride).flatten(1, 2)

    def _convolve(self, qkv: Tensor) -> Tensor:
        """``mix`` and ``shift``, two linear maps in a row, as one grouped convolution: ``(B, O, H/s, W/s)``."""
        shift = self.shift.flatten(2).mT  # (O, k * k, k * k), of which the last are summed
        kernel = (shift.flatten(0, 1) @ self.mix).unflatten(0, (len(shift), -1)).mT  # (O, 3 * h, k * k)
        kernel = kernel.unflatten(2, (self.kernel_size, self.kernel_size)).to(qkv.dtype)
        return F.conv2d(qkv, kernel, None, self.stride, self.kernel_size // 2, groups=self.head_dim)

    def _places(self, like: Tensor) -> Tensor:
        """Column and row of each position, both from -1 to 1: ``(1, 2, H, W)``."""
        height, width = like.shape[3:]
        rows = torch.linspace(-1, 1, height, dtype=like.dtype, device=like.device)
        columns = torch.linspace(-1, 1, width, dtype=like.dtype, device=like.device)
        grid = torch.stack((columns.expand(height, -1), rows[:, None].expand(-1, width)))
        return grid.unsqueeze(0)

    def _pad(self, x: Tensor) -> Tensor:
        """Mirrors ``(B, d, h, H, W)`` at the border of the map."""
        return F.pad(x.flatten(1, 2), (self.attention_size // 2,) * 4, "reflect").unflatten(1, x.shape[1:3])


class WindowACmix(nn.Module):
    """ACmix with the shifted windows of Swin: attention inside windows, the convolution across them.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H, W, C)``

    Args:
        window_size: M, height and width of a window.
        shift: by which windows move, 0 or M // 2. A map no larger than a window, in height or width, is not shifted.

    As released, the convolution of a shifted block runs on the rolled map, so it joins the map's far edges.
    A map is padded with zeros to whole windows; attention and convolution see the padding.
    """

    def __init__(self, dim: int, num_heads: int, window_size: int = 7, shift: int = 0, qkv_bias: bool = True) -> None:
        super().__init__()
        if dim % num_heads:
            raise ValueError(f"num_heads: expected a divisor of dim={dim}, got {num_heads}")
        if not 0 <= shift < window_size:
            raise ValueError(f"shift: expected 0 <= shift < window_size={window_size}, got {shift}")
        self.num_heads, self.window_size, self.window_shift = num_heads, window_size, shift
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.position_bias = RelativePositionBias(window_size, window_size, num_heads)
        self.mask = WindowMask(window_size, shift)
        self.proj = nn.Linear(dim, dim)
        self.mix = nn.Linear(3 * num_heads, 9)
        self.shift = nn.Parameter(torch.eye(9).unflatten(1, (3, 3)).repeat(dim, 1, 1, 1))
        self.attention_rate = nn.Parameter(torch.full((1,), 0.5))
        self.convolution_rate = nn.Parameter(torch.full((1,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        (_, height, width, _), size = x.shape, self.window_size
        shift = self.window_shift if min(height, width) > size else 0
        x = pad_to_multiple(x, size, size)
        if shift:
            x = x.roll((-shift, -shift), (1, 2))
        qkv = self.qkv(x)  # (B, H, W, 3 * C)
        x = self.attention_rate * self._attend(qkv, bool(shift)) + self.convolution_rate * self._convolve(qkv)
        if shift:
            x = x.roll((shift, shift), (1, 2))
        return x[:, :height, :width]  # (B, H, W, C)

    def _attend(self, qkv: Tensor, shifted: bool) -> Tensor:
        """Attention in every window: ``(B, H, W, 3 * C)`` -> ``(B, H, W, C)``."""
        size = self.window_size
        windows = partition_windows(qkv, size, size)  # (B, R, S, M, M, 3 * C)
        batch, rows, columns = windows.shape[:3]
        heads = windows.unflatten(5, (3, self.num_heads, -1)).permute(5, 0, 1, 2, 6, 3, 4, 7)
        q, k, v = heads.flatten(5, 6).flatten(1, 3)  # (B * R * S, h, N, d) each, with N = M * M
        bias = self.position_bias().to(q.dtype)[None]  # (1, h, N, N)
        if shifted:
            bias = bias + self.mask(rows, columns, q.dtype)  # (R * S, h, N, N)
        y = biased_attention(q, k, v, bias).transpose(1, 2).flatten(2)  # (B * R * S, N, C)
        y = self.proj(y).unflatten(0, (batch, rows, columns)).unflatten(3, (size, size))  # (B, R, S, M, M, C)
        return merge_windows(y)  # (B, H, W, C)

    def _convolve(self, qkv: Tensor) -> Tensor:
        """``mix`` and ``shift``, two linear maps in a row: ``(B, H, W, 3 * C)`` -> ``(B, H, W, C)``."""
        heads = qkv.unflatten(3, (3 * self.num_heads, -1))  # (B, H, W, 3 * h, d)
        maps = self.mix(heads.mT).flatten(3).permute(0, 3, 1, 2)  # (B, 9 * d, H, W)
        return F.conv2d(maps, self.shift, padding=1, groups=heads.shape[4]).permute(0, 2, 3, 1)


class ACmixSwin(WindowTransformer):
    """Swin Transformer whose window attention is ACmix.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        dim: channels of the first stage; each further one has twice as many.
        depths, num_heads: blocks and heads of each stage.
        drop_path: rate of stochastic depth, growing from 0 at the first block to this at the last.
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
    ) -> None:
        block = partial(_block, window_size=window_size, mlp_ratio=mlp_ratio, qkv_bias=qkv_bias)
        super().__init__(block, dim, depths, num_heads, window_size, drop_path, num_classes)
        for module in self.modules():
            if isinstance(module, WindowACmix):
                module.mix.reset_parameters()  # the small weights of the other layers would silence the convolution


def _block(
    dim: int, num_heads: int, shift: int, drop_path: float, window_size: int, mlp_ratio: float, qkv_bias: bool
) -> WindowBlock:
    return WindowBlock(dim, WindowACmix(dim, num_heads, window_size, shift, qkv_bias), mlp_ratio, drop_path)


def acmix_swin_t(num_classes: int = 1000) -> ACmixSwin:
    """ACmixSwin in the configuration acmix_swin_t, for inputs of 224 x 224."""
    return ACmixSwin(num_classes=num_classes)


def acmix_swin_s(num_classes: int = 1000) -> ACmixSwin:
    """ACmixSwin in the configuration acmix_swin_s, for inputs of 224 x 224."""
    return ACmixSwin(depths=(2, 2, 18, 2), drop_path=0.3, num_classes=num_classes)
