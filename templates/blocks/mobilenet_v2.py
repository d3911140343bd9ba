"""MobileNetV2, the usual small network to put attention into, with a place for what a paper changes."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

__all__ = ["InvertedResidual", "MobileNetV2"]


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project; a shortcut where the shape stays (Sandler et al., 2018).

    Subclasses put their layer into ``conv``: ``[expansion], depthwise, projection, normalisation``, of which the first
    two are convolution, normalisation and ReLU6 each.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        expansion: channels of the middle over C; at 1 the first convolution is left out.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6) -> None:
        super().__init__()
        self.hidden_channels = in_channels * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [_conv_bn_relu6(in_channels, self.hidden_channels, 1)]
        layers += [
            _conv_bn_relu6(self.hidden_channels, self.hidden_channels, 3, stride, self.hidden_channels),
            nn.Conv2d(self.hidden_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.conv = nn.Sequential(*layers)
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.has_shortcut else self.conv(x)  # (B, O, H/s, W/s)


class MobileNetV2(nn.Module):
    """MobileNetV2 of width 1.0. Names of layers as in torchvision.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        block: called as ``block(in_channels, out_channels, stride, expansion)`` for each block.
        dropout: before the classifier.
    """

    # expansion, channels, blocks, stride of the first (Table 2 of the paper)
    _STAGES = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )

    def __init__(
        self,
        block: Callable[[int, int, int, int], nn.Module] = InvertedResidual,
        num_classes: int = 1000,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv_bn_relu6(3, 32, 3, 2)]
        in_channels = 32
        for expansion, channels, depth, stride in self._STAGES:
            for index in range(depth):
                layers.append(block(in_channels, channels, stride if index == 0 else 1, expansion))
                in_channels = channels
        self.features = nn.Sequential(*layers, _conv_bn_relu6(in_channels, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))  # (B, num_classes)


def _conv_bn_relu6(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(inplace=True),
    )
