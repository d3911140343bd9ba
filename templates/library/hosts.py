"""Plain reference networks to put modules into: the hosts of the published tables.

Names of layers and shapes of weights are those of torchvision (ResNet, MobileNetV2), timm (DeiT) and the authors
(EDSR), so that their checkpoints load as they are; only EDSR's constant shift of the mean has no place here.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.mobilenet_v2 import MobileNetV2
from templates.blocks.resnet import BasicBlock, Bottleneck, ResNet

__all__ = [
    "EDSR",
    "DeiT",
    "deit_s",
    "edsr",
    "mobilenet_v2",
    "resnet18",
    "resnet50",
    "resnet50_s16",
    "resnet101",
]


def resnet18(num_classes: int = 1000) -> ResNet:
    """ResNet-18: 11.69 M parameters, 1.81 GMAC at 224x224."""
    return ResNet(BasicBlock, (2, 2, 2, 2), expansion=1, num_classes=num_classes)


def resnet50(num_classes: int = 1000) -> ResNet:
    """ResNet-50 with the stride in the 3x3 convolution: 25.56 M parameters, 4.09 GMAC at 224x224."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes=num_classes)


def resnet50_s16(num_classes: int = 1000) -> ResNet:
    """ResNet-50 whose last stage keeps the size of the maps, as in person re-identification: 6.21 GMAC at 224x224."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes=num_classes, last_stride=1)


def resnet101(num_classes: int = 1000) -> ResNet:
    """ResNet-101 with the stride in the 3x3 convolution: 44.55 M parameters, 7.80 GMAC at 224x224."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes=num_classes)


def mobilenet_v2(num_classes: int = 1000) -> MobileNetV2:
    """MobileNetV2 1.0: 3.50 M parameters, 0.30 GMAC at 224x224."""
    return MobileNetV2(num_classes=num_classes)


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


class EDSRBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, without normalisation.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + x


class EDSR(nn.Module):
    """A super-resolution network of residual blocks; the mean colour is taken off before it and put back behind it.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, 3, s*H, s*W)`` with s = scale, a power of two
    """

    def __init__(self, channels: int = 64, depth: int = 16, scale: int = 2) -> None:
        super().__init__()
        if scale < 1 or scale & (scale - 1):
            raise ValueError(f"scale: expected a power of two, got {scale}")
        self.head = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1))
        blocks = [EDSRBlock(channels) for _ in range(depth)]
        self.body = nn.Sequential(*blocks, nn.Conv2d(channels, channels, 3, padding=1))
        doublings: list[nn.Module] = []
        for _ in range(scale.bit_length() - 1):
            doublings += [nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2)]
        self.tail = nn.Sequential(nn.Sequential(*doublings), nn.Conv2d(channels, 3, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(x)  # (B, C, H, W)
        return self.tail(self.body(x) + x)  # (B, 3, s*H, s*W)


def edsr(scale: int = 2) -> EDSR:
    """EDSR-baseline: 16 blocks of 64 channels, 1.37 M parameters at twice the size, 1.52 M at four times."""
    return EDSR(scale=scale)
