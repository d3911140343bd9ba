"""BA2M: no code was released; a loop over images, channels and positions stands in for it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.papers.ba2m import BA2M


def _filled(**options: bool) -> BA2M:
    module = BA2M(6, reduction=2, **options).double().eval()
    for norm in (module.channel[2], module.local[3]):
        assert isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d))
        for name, values in norm.state_dict().items():
            if name != "num_batches_tracked":
                values.uniform_(0.5, 1.5)
    return module


def _norm(x: Tensor, norm: nn.Module, channel: int) -> Tensor:
    assert isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d))
    assert norm.running_mean is not None
    assert norm.running_var is not None
    deviation = (norm.running_var[channel] + norm.eps).sqrt()
    return (x - norm.running_mean[channel]) / deviation * norm.weight[channel] + norm.bias[channel]


def _naive_score(module: BA2M, x: Tensor) -> Tensor:
    """The score of one image ``(C, H, W)``, position by position."""
    channels, height, width = x.shape
    places = [(i, j) for i in range(height) for j in range(width)]
    down, up = (module.get_parameter(f"channel.{index}.weight") for index in (0, 1))
    z = up @ (down @ torch.stack([x[c].sum() / len(places) for c in range(channels)]))
    of_channels = [_norm(z[c], module.channel[2], c) for c in range(channels)]
    first, middle, last = (module.get_parameter(f"local.{index}.weight") for index in range(3))
    reduced = torch.einsum("oc,chw->ohw", first[:, :, 0, 0], x)
    local: list[Tensor] = []
    for i, j in places:
        seen = x.new_zeros(len(middle))
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                if 0 <= i + di < height and 0 <= j + dj < width:
                    seen = seen + middle[:, :, di + 1, dj + 1] @ reduced[:, i + di, j + dj]
        local.append(_norm(last[0, :, 0, 0] @ seen, module.local[3], 0))
    f, g, h = (layer.weight[:, :, 0, 0] for layer in (module.query, module.key, module.value))
    overall: list[Tensor] = []
    for i, j in places:
        products = torch.stack([(f @ x[:, i, j]) @ (g @ x[:, k, m]) for k, m in places])
        shares = products.exp() / products.exp().sum()
        overall.append(
            torch.stack([share * (h[0] @ x[:, k, m]) for share, (k, m) in zip(shares, places, strict=True)]).sum()
        )
    largest = [
        torch.stack((of_channels[c], local[n], overall[n])).max() for c in range(channels) for n in range(len(places))
    ]
    return torch.stack(largest).mean()


@pytest.mark.parametrize("rescale", [True, False])
def test_against_a_loop_over_images_channels_and_positions(rescale: bool) -> None:
    module = _filled(rescale=rescale)
    x = torch.randn(3, 6, 3, 4, dtype=torch.float64, requires_grad=True)
    scores = [_naive_score(module, item) for item in x]
    total = torch.stack([score.exp() for score in scores]).sum()
    expected = torch.stack(
        [item * score.exp() / total * (3 if rescale else 1) for item, score in zip(x, scores, strict=True)]
    )
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    parameters = list(module.parameters())
    given = torch.autograd.grad(out, [x, *parameters], cotangent)
    wanted = torch.autograd.grad(expected, [x, *parameters], cotangent)
    torch.testing.assert_close(given, wanted)


def test_weights_are_one_in_the_mean_and_an_item_alone_stays_as_it_is() -> None:
    x = torch.randn(4, 16, 5, 3)
    module = BA2M(16).eval()
    weights = (module(x) / x)[:, 0, 0, 0]
    torch.testing.assert_close(weights.mean(), torch.tensor(1.0))
    assert len(weights.unique()) == 4
    torch.testing.assert_close(module(x[:1]), x[:1])
    torch.testing.assert_close(BA2M(16, rescale=False).eval()(x[:1]), x[:1])


def test_an_item_depends_on_the_others_of_its_batch() -> None:
    x, module = torch.randn(3, 16, 5, 3), BA2M(16).eval()
    assert not torch.allclose(module(x)[0], module(x[:2])[0])


def test_order_of_the_batch_does_not_matter() -> None:
    x, module = torch.randn(3, 16, 5, 3), BA2M(16).eval()
    torch.testing.assert_close(module(x.flip(0)), module(x).flip(0))


def test_training_mode_normalises_over_the_batch() -> None:
    module, x = _filled().train(), torch.randn(3, 6, 3, 4, dtype=torch.float64)
    z = x.mean((2, 3)) @ module.get_parameter("channel.0.weight").T @ module.get_parameter("channel.1.weight").T
    norm = module.channel[2]
    assert isinstance(norm, nn.BatchNorm1d)
    expected = F.batch_norm(z, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)
    torch.testing.assert_close(module.channel(x.mean((2, 3))), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    x = (100 * torch.randn(2, 32, 8, 8)).to(dtype).requires_grad_()
    out = BA2M(32).to(dtype).train()(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


class _Plain(BA2M):
    """Scores in plain steps, with places for slips."""

    def fuse(self, of_channels: Tensor, local: Tensor, overall: Tensor) -> Tensor:
        """The three maps in one."""
        return torch.maximum(of_channels, torch.maximum(local, overall))

    def share(self, products: Tensor) -> Tensor:
        """The weights of the positions (last axis) for each position."""
        return products.softmax(2)

    def score(self, x: Tensor) -> Tensor:
        of_channels = self.channel(x.mean((2, 3)))[:, :, None, None]
        f, g, h = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))
        overall = (self.share(f.mT @ g) @ h.mT).mT.view(len(x), 1, *x.shape[2:])
        return self.fuse(of_channels, self.local(x), overall).mean((1, 2, 3))


class _Sum(_Plain):
    def fuse(self, of_channels: Tensor, local: Tensor, overall: Tensor) -> Tensor:
        return of_channels + local + overall


class _WithoutLocal(_Plain):
    def fuse(self, of_channels: Tensor, local: Tensor, overall: Tensor) -> Tensor:
        return torch.maximum(of_channels, overall)


class _Queries(_Plain):
    def share(self, products: Tensor) -> Tensor:
        return products.softmax(1)


class _Sigmoid(_Plain):
    def share(self, products: Tensor) -> Tensor:
        return products.sigmoid()


def _scores(cls: type[BA2M]) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    module, x = _filled(), 2 * torch.randn(2, 6, 3, 4, dtype=torch.float64)
    expected = torch.stack([_naive_score(module, item) for item in x])
    module.__class__ = cls
    return module.score(x), expected


def test_the_plain_form_is_the_module() -> None:
    torch.testing.assert_close(*_scores(_Plain))


@pytest.mark.parametrize("mutant", [_Sum, _WithoutLocal, _Queries, _Sigmoid])
def test_the_loop_rejects_wrong_versions(mutant: type[BA2M]) -> None:
    given, expected = _scores(mutant)
    assert not torch.allclose(given, expected, rtol=1e-4)


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        BA2M(8)
    with pytest.raises(ValueError, match=r"x: expected two items or more to train with, got 1"):
        BA2M(16).train()(torch.randn(1, 16, 4, 4))
