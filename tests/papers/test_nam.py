"""NAM: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.nam import NAM
from tests.papers.mutants import rejected


def _filled(module: NAM) -> NAM:
    for norm in module.children():
        assert isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d))
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    return module.double().eval()


def test_both_parts_of_the_paper_against_the_equations() -> None:
    module = _filled(NAM(3, stop_gradient=False, size=(2, 4)))
    x = torch.randn(2, 3, 2, 4, dtype=torch.float64)
    channel, pixel = module.channel_norm, module.pixel_norm
    assert pixel is not None
    first = torch.empty_like(x)
    for c in range(3):
        normed = x[:, c] / (1 + channel.eps) ** 0.5 * channel.weight[c] + channel.bias[c]
        first[:, c] = torch.sigmoid(normed * channel.weight[c].abs() / channel.weight.abs().sum()) * x[:, c]
    expected = torch.empty_like(x)
    for position in range(8):
        i, j = divmod(position, 4)
        normed = first[:, :, i, j] / (1 + pixel.eps) ** 0.5 * pixel.weight[position] + pixel.bias[position]
        share = pixel.weight[position].abs() / pixel.weight.abs().sum()
        expected[:, :, i, j] = torch.sigmoid(normed * share) * first[:, :, i, j]
    torch.testing.assert_close(module(x), expected)


def test_shares_are_constants_for_the_gradient_unless_asked() -> None:
    gradients = []
    for stop in (True, False):
        torch.manual_seed(0)
        module = _filled(NAM(4, stop_gradient=stop))
        module(torch.randn(2, 4, 3, 3, dtype=torch.float64)).square().sum().backward()
        gradients.append(module.channel_norm.weight.grad)
    assert gradients[0] is not None
    assert gradients[1] is not None
    assert not torch.allclose(gradients[0], gradients[1])


def test_penalty_is_the_sum_of_absolute_scales() -> None:
    module = NAM(3, size=(2, 2))
    assert module.pixel_norm is not None
    with torch.no_grad():
        module.channel_norm.weight.copy_(torch.tensor([1.0, -2.0, 3.0]))
        module.pixel_norm.weight.copy_(torch.tensor([-0.5, 0.5, 0.0, 1.0]))
    module.penalty().backward()
    assert module.penalty().item() == 8
    torch.testing.assert_close(module.channel_norm.weight.grad, torch.tensor([1.0, -1.0, 1.0]))


class SignedShares(NAM):
    """Shares without the absolute value: a negative scale turns its channel's gate around."""

    def _shares(self, scales: Tensor) -> Tensor:
        return scales.detach() / scales.detach().sum()


class WithoutInput(NAM):
    """The gate itself, not the gated input."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / x


def test_wrong_version_is_rejected() -> None:
    assert rejected("nam", WithoutInput, "default")
    assert not rejected("nam", NAM, "default")


def test_negative_scales_count_by_their_size() -> None:
    right, wrong = _filled(NAM(4)), SignedShares(4).double().eval()
    wrong.load_state_dict(right.state_dict())
    x = torch.randn(1, 4, 3, 3, dtype=torch.float64)
    assert not torch.allclose(right(x), wrong(x))


def test_maps_of_another_size_are_refused_by_the_spatial_part() -> None:
    with pytest.raises(ValueError, match=r"x: expected maps of \(2, 4\), got \(4, 2\)"):
        NAM(3, size=(2, 4))(torch.rand(2, 3, 4, 2))


def test_the_size_may_be_a_list_and_must_be_one() -> None:
    assert NAM(4, size=[5, 7])(torch.randn(2, 4, 5, 7)).shape == (2, 4, 5, 7)
    with pytest.raises(ValueError, match=r"x: expected maps of \(5, 7\), got \(7, 5\)"):
        NAM(4, size=[5, 7])(torch.randn(2, 4, 7, 5))
    with pytest.raises(ValueError, match=r"size: expected the height and width of the maps, got \[5\]"):
        NAM(4, size=[5])


def test_shares_of_many_positions_stay_in_half_precision() -> None:
    module = NAM(4, size=(256, 300)).half()
    assert module.pixel_norm is not None
    shares = module._shares(module.pixel_norm.weight)  # pyright: ignore[reportPrivateUsage]
    torch.testing.assert_close(shares.float(), torch.full((76800,), 1 / 76800), rtol=1e-2, atol=0)
