"""DIANet: Dense-and-Implicit Attention Network (AAAI 2020).

Authors: Zhongzhan Huang et al.
Paper: https://arxiv.org/abs/1905.10671
Code (the authors', licence: MIT): https://github.com/gbup-group/DIANet
Shape: B C H W, B L C, B L C -> B C H W, B L C, B L C
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/dianet.py, templates/blocks/channel_means.py, templates/blocks/resnet.py and
    catalog.yaml: edit those.

Dense-and-implicit attention: one LSTM, shared by all blocks of a stage, gates the channels of each.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["DIALSTM", "DIABottleneck", "DIANet", "DIAStage", "dia_resnet164"]


def channel_means(x: Tensor) -> Tensor:
    """``x.mean((2, 3))``, whose gradient is a view of C numbers instead of a map filled with them.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C)``
    """
    if x.dtype in (torch.float16, torch.bfloat16):  # in which a sum would leave the range or lose its last digits
        return x.mean((2, 3))
    return x.sum((2, 3)) / (x.shape[2] * x.shape[3])


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al., 2016). Subclasses change ``residual`` or replace a layer.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = channels and s = stride
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, O, H/s, W/s)
        return self.bn2(self.conv2(x))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        return self.relu(self.residual(x) + shortcut)


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride) and 1x1 convolution and a shortcut. Subclasses change ``residual`` or replace a layer.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = 4 * channels and s = stride

    Args:
        channels: of the middle, before the expansion by four.
        groups, base_width: of the 3x3 convolution, as ResNeXt counts them: 32 and 4 for 32x4d.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        width = channels * base_width // 64 * groups
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2: nn.Module = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2: nn.Module = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, width, H, W)
        x = self.relu(self.bn2(self.conv2(x)))  # (B, width, H/s, W/s)
        return self.bn3(self.conv3(x))  # (B, O, H/s, W/s)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        return self.relu(self.residual(x) + shortcut)


class ResNet(nn.Module):
    """Stem, four stages of residual blocks, pooling, classifier. Names of layers as in torchvision.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        block: called as ``block(in_channels, channels, stride, downsample)`` for each block.
        layers: blocks per stage.
        expansion: output channels of a block over its ``channels``.
        deep_stem: three 3x3 convolutions instead of one 7x7 (ResNet-C), the width of the first two.
        avg_down: average pooling before a 1x1 shortcut instead of its stride (ResNet-D).
        shortcut_kernel: kernel size of the shortcuts that have a stride (SENet-154: 3).
        last_stride: stride of the last stage; 1 keeps its maps at a sixteenth of the image.
    """

    def __init__(
        self,
        block: Callable[[int, int, int, nn.Module | None], nn.Module],
        layers: tuple[int, int, int, int],
        *,
        expansion: int = 4,
        num_classes: int = 1000,
        deep_stem: int = 0,
        avg_down: bool = False,
        shortcut_kernel: int = 1,
        last_stride: int = 2,
    ) -> None:
        super().__init__()
        self._block, self._expansion, self._avg_down = block, expansion, avg_down
        self._shortcut_kernel = shortcut_kernel
        self._in_channels = 2 * deep_stem if deep_stem else 64
        self.conv1 = _deep_stem(deep_stem) if deep_stem else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(self._in_channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = self._stage(64, layers[0], 1)
        self.layer2 = self._stage(128, layers[1], 2)
        self.layer3 = self._stage(256, layers[2], 2)
        self.layer4 = self._stage(512, layers[3], last_stride)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * expansion, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _stage(self, channels: int, depth: int, stride: int) -> nn.Sequential:
        out_channels = channels * self._expansion
        downsample = None
        if stride != 1 or self._in_channels != out_channels:
            pooled = self._avg_down and stride != 1
            pool = [nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)] if pooled else []
            kernel = 1 if stride == 1 else self._shortcut_kernel
            conv = nn.Conv2d(self._in_channels, out_channels, kernel, 1 if pooled else stride, kernel // 2, bias=False)
            downsample = nn.Sequential(*pool, conv, nn.BatchNorm2d(out_channels))
        blocks = [self._block(self._in_channels, channels, stride, downsample)]
        blocks += [self._block(out_channels, channels, 1, None) for _ in range(depth - 1)]
        self._in_channels = out_channels
        return nn.Sequential(*blocks)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map: ``(B, 3, H, W)`` -> ``(B, 512 * expansion, H/32, W/32)``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (B, 64, H/4, W/4)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (B, 512 * expansion, H/32, W/32)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(self.features(x)).flatten(1))  # (B, num_classes)


def _deep_stem(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, width, 3, 2, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, 2 * width, 3, 1, 1, bias=False),
    )


class DIALSTM(nn.Module):
    """Scales each channel by the hidden state of an LSTM that reads the channel means and remembers earlier blocks.

    One instance serves all blocks of a stage: what it returns beside the map is given to it again in the next block.
    Other than in a common LSTM, the layers behind the gates are bottlenecks and the hidden state is
    o * sigmoid(c) instead of o * tanh(c), so that it is a gate between 0 and 1.

    Shape:
        x: ``(B, C, H, W)``, hidden and cell: ``(B, L, C)`` -> ``(B, C, H, W)``, ``(B, L, C)``, ``(B, L, C)``

    Args:
        reduction: C over the width of the bottlenecks.
        num_layers: L, cells on top of each other; those above the first have linear layers instead of bottlenecks.
        dropout: between the cells, while training.
    """

    def __init__(self, channels: int, reduction: int = 4, num_layers: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if num_layers < 1:
            raise ValueError(f"num_layers: expected at least 1, got {num_layers}")
        self.num_layers = num_layers
        upper = range(num_layers - 1)
        self.from_input = nn.ModuleList(
            [_bottleneck(channels, reduction), *(nn.Linear(channels, 4 * channels) for _ in upper)]
        )
        self.from_hidden = nn.ModuleList(
            [_bottleneck(channels, reduction), *(nn.Linear(channels, 4 * channels) for _ in upper)]
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, hidden: Tensor | None = None, cell: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        hidden, cell = self.step(x, hidden, cell)
        return x * hidden[:, -1, :, None, None], hidden, cell

    def step(self, x: Tensor, hidden: Tensor | None, cell: Tensor | None) -> tuple[Tensor, Tensor]:
        """The next state ``(B, L, C)``, ``(B, L, C)``, of which ``hidden[:, -1]`` is the gate; zeros are assumed."""
        z = channel_means(x)  # (B, C)
        if hidden is None or cell is None:
            hidden = cell = z.new_zeros(z.shape[0], self.num_layers, z.shape[1])  # (B, L, C)
        if hidden.shape[1] != self.num_layers or cell.shape[1] != self.num_layers:
            raise ValueError(
                f"hidden, cell: expected {self.num_layers} layers, got {hidden.shape[1]} and {cell.shape[1]}"
            )
        if len(hidden) != len(z) or len(cell) != len(z):
            raise ValueError(f"hidden, cell: expected a batch of {len(z)}, got {len(hidden)} and {len(cell)}")
        hiddens: list[Tensor] = []
        cells: list[Tensor] = []
        layers = zip(self.from_input, self.from_hidden, hidden.unbind(1), cell.unbind(1), strict=True)
        for from_input, from_hidden, h, c in layers:
            i, f, g, o = (from_input(z) + from_hidden(h)).chunk(4, 1)  # 4 times (B, C)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.sigmoid()
            z = self.dropout(h)
            hiddens.append(h)
            cells.append(c)
        return torch.stack(hiddens, 1), torch.stack(cells, 1)


class DIABottleneck(Bottleneck):
    """A bottleneck whose residual branch is gated by an LSTM that it is given.

    Shape:
        x: ``(B, C, H, W)``, hidden and cell: ``(B, L, O)`` -> ``(B, O, H/s, W/s)``, ``(B, L, O)``, ``(B, L, O)`` with
        O = 4 * channels and s = stride
    """

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]  the state passes through
        self, x: Tensor, dia: DIALSTM, hidden: Tensor | None = None, cell: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        residual = self.residual(x)  # (B, O, H/s, W/s)
        hidden, cell = dia.step(residual, hidden, cell)
        return self.relu((residual * hidden[:, -1, :, None, None]).add_(shortcut)), hidden, cell


class DIAStage(nn.Module):
    """Bottleneck blocks whose residual branches are gated by one LSTM.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        depth: number of blocks.
        stride: of the first block.
    """

    def __init__(
        self, in_channels: int, channels: int, depth: int, stride: int = 1, reduction: int = 4, num_layers: int = 1
    ) -> None:
        super().__init__()
        out_channels = channels * Bottleneck.expansion
        shortcut = None
        if stride != 1 or in_channels != out_channels:
            conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            shortcut = nn.Sequential(conv, nn.BatchNorm2d(out_channels))
        first = DIABottleneck(in_channels, channels, stride, shortcut)
        self.blocks = nn.ModuleList([first, *(DIABottleneck(out_channels, channels) for _ in range(depth - 1))])
        self.dia = DIALSTM(out_channels, reduction, num_layers)

    def forward(self, x: Tensor) -> Tensor:
        hidden = cell = None
        for block in self.blocks:
            x, hidden, cell = block(x, self.dia, hidden, cell)  # (B, 4 * channels, H/s, W/s)
        return x


class DIANet(nn.Module):
    """ResNet for small images: three stages of bottlenecks with 64, 128 and 256 channels, an LSTM for each.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        depth: 9n + 2 for n blocks per stage.
    """

    def __init__(self, depth: int = 164, reduction: int = 4, num_layers: int = 1, num_classes: int = 100) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 2, 9)
        if blocks < 1 or rest:
            raise ValueError(f"depth: expected 9n + 2, got {depth}")
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = DIAStage(16, 16, blocks, 1, reduction, num_layers)
        self.layer2 = DIAStage(64, 32, blocks, 2, reduction, num_layers)
        self.layer3 = DIAStage(128, 64, blocks, 2, reduction, num_layers)
        self.fc = nn.Linear(256, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))  # (B, 16, H, W)
        x = self.layer3(self.layer2(self.layer1(x)))  # (B, 256, H/4, W/4)
        return self.fc(x.mean((2, 3)))  # (B, num_classes)


def _bottleneck(channels: int, reduction: int) -> nn.Sequential:
    hidden = channels // reduction
    return nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 4 * channels))


def dia_resnet164(num_classes: int = 100) -> DIANet:
    """DIANet in the configuration dia_resnet164, for inputs of 32 x 32."""
    return DIANet(depth=164, num_classes=num_classes)
