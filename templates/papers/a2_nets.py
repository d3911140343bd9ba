"""Double attention: few vectors are gathered from the whole map, then each position takes its share of them."""

from __future__ import annotations

from torch import Tensor, nn

from templates.blocks.gather_distribute import distribute, gather

__all__ = ["DoubleAttention"]


class DoubleAttention(nn.Module):
    """Gathers n vectors with n attention maps, gives each position a mix of them and adds the input.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``; clips ``(B, C, T, H, W)`` and sequences ``(B, C, N)`` likewise

    Args:
        feature_reduction: C over m, the length of a gathered vector.
        vector_reduction: C over n, the number of vectors.
    """

    def __init__(self, channels: int, feature_reduction: int = 4, vector_reduction: int = 4) -> None:
        super().__init__()
        for name, reduction in (("feature_reduction", feature_reduction), ("vector_reduction", vector_reduction)):
            if not 1 <= reduction <= channels:
                raise ValueError(f"{name}: expected 1 to channels={channels}, got {reduction}")
        features, vectors = channels // feature_reduction, channels // vector_reduction
        self.features = nn.Conv1d(channels, features, 1)
        self.attend = nn.Conv1d(channels, vectors, 1)
        self.share = nn.Conv1d(channels, vectors, 1)
        self.project = nn.Conv1d(features, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        positions = x.flatten(2)  # (B, C, N) with N = H * W
        maps = self.attend(positions).softmax(2).unsqueeze(1)  # (B, 1, n, N)  Eq. 3: over the positions
        vectors = gather(positions, maps, self.features)  # (B, 1, m, n)
        shares = self.share(positions).softmax(1).unsqueeze(1)  # (B, 1, n, N)  Eq. 4: over the vectors
        z = distribute(vectors, shares, self.project)  # (B, C, N)  Eq. 5
        return x + z.reshape(x.shape)
