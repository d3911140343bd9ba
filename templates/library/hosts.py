"""Plain reference networks to put modules into: the hosts of the published tables.

Names of layers and shapes of weights are those of torchvision (ResNet, MobileNetV2) and timm (DeiT), so that their
checkpoints load as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from templates.blocks.resnet import BasicBlock, Bottleneck, ResNet

__all__ = ["DeiT", "MobileNetV2", "deit_s", "mobilenet_v2", "resnet18", "resnet50", "resnet101"]


def resnet18(num_classes: int = 1000) -> ResNet:
    """ResNet-18: 11.69 M parameters, 1.81 GMAC at 224x224."""
    return ResNet(BasicBlock, (2, 2, 2, 2), expansion=1, num_classes=num_classes)


def resnet50(num_classes: int = 1000) -> ResNet:
    """ResNet-50 with the stride in the 3x3 convolution: 25.56 M parameters, 4.09 GMAC at 224x224."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes=num_classes)


def resnet101(num_classes: int = 1000) -> ResNet:
    """ResNet-101 with the stride in the 3x3 convolution: 44.55 M parameters, 7.80 GMAC at 224x224."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes=num_classes)


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project; a shortcut where the shape stays (Sandler et al., 2018).

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, expand_ratio: int) -> None:
        super().__init__()
        hidden = in_channels * expand_ratio
        layers: list[nn.Module] = [] if expand_ratio == 1 else [_conv_bn_relu6(in_channels, hidden, 1)]
        layers += [
            _conv_bn_relu6(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.conv = nn.Sequential(*layers)
        self.use_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.use_shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    """MobileNetV2 of width 1.0.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    # expansion, channels, blocks, stride (Table 2 of the paper)
    _STAGES = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv_bn_relu6(3, 32, 3, 2)]
        in_channels = 32
        for expansion, channels, depth, stride in self._STAGES:
            for index in range(depth):
                layers.append(InvertedResidual(in_channels, channels, stride if index == 0 else 1, expansion))
                in_channels = channels
        self.features = nn.Sequential(*layers, _conv_bn_relu6(in_channels, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))  # (B, num_classes)


def mobilenet_v2(num_classes: int = 1000) -> MobileNetV2:
    """MobileNetV2 1.0: 3.50 M parameters, 0.30 GMAC at 224x224."""
    return MobileNetV2(num_classes)


class DeiTAttention(nn.Module):
    """Multi-head softmax attention over tokens.

    Shape:
        x: ``(B, N, D)`` -> ``(B, N, D)``
    """

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, dim = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.num_heads, dim // self.num_heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind()  # (B, h, N, d)
        x = F.scaled_dot_product_attention(query, key, value)  # (B, h, N, d)
        return self.proj(x.transpose(1, 2).reshape(batch, tokens, dim))  # (B, N, D)


class DeiTMlp(nn.Module):
    """Two linear layers with a GELU between.

    Shape:
        x: ``(B, N, D)`` -> ``(B, N, D)``
    """

    def __init__(self, dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class DeiTBlock(nn.Module):
    """Pre-norm transformer block.

    Shape:
        x: ``(B, N, D)`` -> ``(B, N, D)``
    """

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = DeiTAttention(dim, num_heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = DeiTMlp(dim, 4 * dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbedding(nn.Module):
    """Non-overlapping patches as tokens.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, H*W/p^2, D)``
    """

    def __init__(self, patch_size: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch_size, patch_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)  # (B, N, D)


class DeiT(nn.Module):
    """A vision transformer with a class token and learned positions.

    Shape:
        x: ``(B, 3, S, S)`` with S = image_size -> ``(B, num_classes)``
    """

    def __init__(
        self,
        dim: int = 384,
        depth: int = 12,
        num_heads: int = 6,
        patch_size: int = 16,
        image_size: int = 224,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(patch_size, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, (image_size // patch_size) ** 2 + 1, dim))
        self.blocks = nn.Sequential(*(DeiTBlock(dim, num_heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, num_classes)
        nn.init.trunc_normal_(self.cls_token, std=0.02)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x)  # (B, N, D)
        x = torch.cat((self.cls_token.expand(len(x), -1, -1), x), dim=1)  # (B, N+1, D)
        x = self.norm(self.blocks(x + self.pos_embed))
        return self.head(x[:, 0])  # (B, num_classes)


def deit_s(num_classes: int = 1000) -> DeiT:
    """DeiT-S: 22.05 M parameters, 4.60 GMAC at 224x224."""
    return DeiT(num_classes=num_classes)


def _conv_bn_relu6(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(inplace=True),
    )
