"""Weighted channel dropout against a loop that draws the same numbers, and against its probabilities."""

from __future__ import annotations

import pytest
import torch

from templates.papers.wcd import WeightedChannelDropout


def test_against_a_loop_with_the_same_draws() -> None:
    x = torch.rand(3, 10, 4, 5).requires_grad_()
    module = WeightedChannelDropout(0.6, 0.7).train()
    torch.manual_seed(1)
    out = module(x)
    torch.manual_seed(1)
    first, second = torch.rand(3, 10), torch.rand(3, 10)
    for b in range(3):
        scores = [float(x[b, c].detach().mean()) for c in range(10)]
        keys = [float(first[b, c]) ** (1 / scores[c]) for c in range(10)]
        drawn = sorted(range(10), key=lambda c, k=keys: -k[c])[:6]
        kept = [c for c in drawn if second[b, c] < 0.7]
        alpha = sum(scores) / sum(scores[c] for c in kept)
        for c in range(10):
            torch.testing.assert_close(out[b, c], x[b, c] * (alpha if c in kept else 0.0))
    (gradient,) = torch.autograd.grad(out.sum(), x)
    torch.testing.assert_close(gradient, (out / x).detach())


def test_strong_channels_are_kept_more_often() -> None:
    torch.manual_seed(0)
    x = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1, 1).expand(4000, 4, 2, 2)
    kept = (WeightedChannelDropout(0.25, 1.0).train()(x)[:, :, 0, 0] != 0).float()
    assert kept.sum(1).eq(1).all()
    # Drawing one channel, its probability is its share of the ratings.
    torch.testing.assert_close(kept.mean(0), torch.tensor([0.1, 0.2, 0.3, 0.4]), atol=0.03, rtol=0)


def test_the_key_is_the_root_and_not_the_inverse_power() -> None:
    torch.manual_seed(0)
    x = torch.tensor([0.1, 10.0]).view(1, 2, 1, 1).expand(200, 2, 1, 1)
    kept = WeightedChannelDropout(0.5, 1.0).train()(x)[:, :, 0, 0] != 0
    assert kept[:, 1].float().mean() > 0.9


def test_nothing_happens_outside_training_and_without_dropping() -> None:
    x = torch.rand(2, 6, 3, 3)
    assert WeightedChannelDropout().eval()(x) is x
    torch.testing.assert_close(WeightedChannelDropout(1.0, 1.0).train()(x), x)


def test_maps_of_zeros_stay_zeros() -> None:
    x = torch.zeros(2, 6, 3, 3)
    assert WeightedChannelDropout().train()(x).eq(0).all()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="keep_ratio: expected more than 0 and at most 1, got 0"):
        WeightedChannelDropout(0)
    with pytest.raises(ValueError, match=r"keep_probability: expected more than 0 and at most 1, got 1\.5"):
        WeightedChannelDropout(0.5, 1.5)
