"""ACmix: convolution and self-attention that share their 1x1 convolutions, which are most of the cost of both."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.neighbourhood import aggregate, correlate

__all__ = ["ACmix"]


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

    Differs from the paper:
        Its equations have no positions. As released, a learned linear map of a neighbour's offset is added to its key.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        attention_size: int = 7,
        num_heads: int = 4,
        kernel_size: int = 3,
        stride: int = 1,
    ) -> None:
        super().__init__()
        if out_channels % num_heads:
            raise ValueError(f"num_heads: expected a divisor of out_channels={out_channels}, got {num_heads}")
        for name, size in (("attention_size", attention_size), ("kernel_size", kernel_size)):
            if size % 2 == 0:
                raise ValueError(f"{name}: expected an odd number, got {size}")
        self.attention_size, self.num_heads, self.kernel_size, self.stride = (
            attention_size,
            num_heads,
            kernel_size,
            stride,
        )
        self.head_dim = out_channels // num_heads
        self.qkv = nn.Conv2d(in_channels, 3 * out_channels, 1)
        self.position = nn.Conv2d(2, self.head_dim, 1)
        self.mix = nn.Parameter(torch.empty(kernel_size**2, 3 * num_heads))
        shifts = torch.eye(kernel_size**2).unflatten(1, (kernel_size, kernel_size))
        self.shift = nn.Parameter(shifts.repeat(out_channels, 1, 1, 1))
        self.attention_rate = nn.Parameter(torch.full((1,), 0.5))
        self.convolution_rate = nn.Parameter(torch.full((1,), 0.5))
        nn.init.kaiming_uniform_(self.mix, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
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
        # Of the offset p_i - p_j only p_j changes from neighbour to neighbour; the softmax drops the rest.
        k = k - self._places(k).unsqueeze(2)
        k, v = (self._pad(t).transpose(1, 2) for t in (k, v))  # (B, h, d, H + k - 1, W + k - 1) each
        weights = correlate(q, k, size, stride).softmax(3)  # (B, h, 1, k * k, H/s, W/s)
        return aggregate(v, weights, size, stride).flatten(1, 2)

    def _convolve(self, qkv: Tensor) -> Tensor:
        """``mix`` and ``shift``, two linear maps in a row, as one grouped convolution: ``(B, O, H/s, W/s)``."""
        shift = self.shift.flatten(2).mT  # (O, k * k, k * k), of which the last are summed
        kernel = (shift.flatten(0, 1) @ self.mix).unflatten(0, (len(shift), -1)).mT  # (O, 3 * h, k * k)
        kernel = kernel.unflatten(2, (self.kernel_size, self.kernel_size)).to(qkv.dtype)
        return F.conv2d(qkv, kernel, None, self.stride, self.kernel_size // 2, groups=self.head_dim)

    def _places(self, like: Tensor) -> Tensor:
        """A linear map of column and row, both from -1 to 1: ``(1, d, H, W)``."""
        height, width = like.shape[3:]
        rows = torch.linspace(-1, 1, height, dtype=like.dtype, device=like.device)
        columns = torch.linspace(-1, 1, width, dtype=like.dtype, device=like.device)
        grid = torch.stack((columns.expand(height, -1), rows[:, None].expand(-1, width)))
        return self.position(grid.unsqueeze(0))

    def _pad(self, x: Tensor) -> Tensor:
        """Mirrors ``(B, d, h, H, W)`` at the border of the map."""
        return F.pad(x.flatten(1, 2), (self.attention_size // 2,) * 4, "reflect").unflatten(1, x.shape[1:3])
