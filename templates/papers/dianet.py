"""Dense-and-implicit attention: one LSTM, shared by all blocks of a stage, gates the channels of each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.channel_means import channel_means
from templates.blocks.resnet import Bottleneck

__all__ = ["DIALSTM", "DIABottleneck", "DIANet", "DIAStage"]


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
