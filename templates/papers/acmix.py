"""ACmix: convolution and self-attention that share their 1x1 convolutions, which are most of the cost of both."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.biased_attention import biased_attention
from templates.blocks.neighbourhood import aggregate, correlate
from templates.blocks.relative_position_bias import RelativePositionBias
from templates.blocks.swin import WindowBlock, WindowMask, WindowTransformer
from templates.blocks.windows import merge_windows, pad_to_multiple, partition_windows

__all__ = ["ACmix", "ACmixSwin", "WindowACmix"]


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
