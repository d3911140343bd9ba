"""Object-contextual representations: regions and attention pixel by pixel, and the slips."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from templates.papers.ocrnet import OCR, ObjectAttention, OCRHead, gather_regions
from tests.papers.mutants import rejected


def test_regions_class_by_class() -> None:
    x = torch.linspace(-3, 4, 2 * 5 * 12, dtype=torch.float64).sin().view(2, 5, 3, 4)
    logits = torch.linspace(-2, 5, 2 * 3 * 12, dtype=torch.float64).cos().mul(3).view(2, 3, 3, 4)
    for scale in (1.0, 2.5):
        regions = gather_regions(x, logits, scale)
        for image, maps, found in zip(x.flatten(2), logits.flatten(2), regions.squeeze(3), strict=True):
            for k, scores in enumerate(maps):
                weights = (scale * scores).exp()
                mean = torch.stack([w * pixel for w, pixel in zip(weights, image.mT, strict=True)]).sum(0)
                torch.testing.assert_close(found[:, k], mean / weights.sum())


class Plain(OCR):
    """Every context and the joined map at every pixel."""

    def forward(self, x: Tensor, logits: Tensor) -> Tensor:
        regions = (x.flatten(2) @ self.shares(logits.flatten(2)).mT).unsqueeze(3)
        inner = self.attention
        q, k, v = (layer(t).flatten(2) for layer, t in ((inner.query, x), (inner.key, regions), (inner.value, regions)))
        context = (self.weights(q.mT @ k, k.shape[1]) @ v.mT).mT.reshape(x.shape[0], -1, *x.shape[2:])
        context = F.relu(inner.norm(inner.up(context)))
        weight = torch.cat((self.join_context.weight, self.join_map.weight), 1)
        return F.relu(self.norm(F.conv2d(torch.cat(self.order(context, x), 1), weight)))

    def shares(self, logits: Tensor) -> Tensor:
        return (self.scale * logits).softmax(2)

    def weights(self, products: Tensor, width: int) -> Tensor:
        return (products / width**0.5).softmax(2)

    def order(self, context: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        return context, x


class SharesOverClasses(Plain):
    """The softmax of the coarse logits over the classes."""

    def shares(self, logits: Tensor) -> Tensor:
        return (self.scale * logits).softmax(1)


class ScaleAfter(Plain):
    """The scale on the weights and not on the logits."""

    def shares(self, logits: Tensor) -> Tensor:
        return self.scale * logits.softmax(2)


class Unscaled(Plain):
    """The products as they are."""

    def weights(self, products: Tensor, width: int) -> Tensor:
        return products.softmax(2)


class OverPixels(Plain):
    """The softmax of the products over the pixels."""

    def weights(self, products: Tensor, width: int) -> Tensor:
        return (products / width**0.5).softmax(1)


class Exchanged(Plain):
    """The map before the context."""

    def order(self, context: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, context


@pytest.mark.parametrize("mutant", [SharesOverClasses, ScaleAfter, Unscaled, OverPixels, Exchanged])
def test_a_slip_is_seen(mutant: type[OCR]) -> None:
    assert rejected("ocrnet", mutant, "sharp")


def test_the_plain_form_is_not_rejected() -> None:
    assert not rejected("ocrnet", Plain, "sharp")


@pytest.mark.parametrize("pool", [1, 2, 3])
def test_any_size_and_number_of_classes(pool: int) -> None:
    module = OCR(8, 4, pool=pool).train()
    for classes, size in ((2, (3, 7)), (9, (7, 4))):
        assert module(torch.rand(1, 8, *size), torch.rand(1, classes, *size)).shape == (1, 8, *size)


def test_the_head_gives_the_final_logits_first() -> None:
    head = OCRHead(10, 4, 8, 4).eval()
    final, coarse = head(torch.rand(1, 10, 5, 6))
    assert final.shape == coarse.shape == (1, 4, 5, 6)


@pytest.mark.parametrize("channels", [16, 136])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(channels: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = OCR(channels, 8).to(dtype)
    x, logits = (torch.rand(2, c, 12, 10) * 1e3 for c in (channels, 5))
    assert module(x.to(dtype), logits.to(dtype)).isfinite().all()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="pool: expected at least 1, got 0"):
        ObjectAttention(8, 4, 0)


def test_logits_of_another_shape_are_refused() -> None:
    module = OCR(16, 8).eval()
    for shape in ((2, 3, 5, 6), (2, 3, 30, 1), (1, 3, 6, 5), (2, 3, 30)):
        with pytest.raises(ValueError, match=r"logits: expected \(2, K, 6, 5\), got"):
            module(torch.randn(2, 16, 6, 5), torch.randn(shape))
    with pytest.raises(ValueError, match=r"x: expected maps of at least pool=7, got \(6, 5\)"):
        OCR(16, 8, pool=7)(torch.randn(2, 16, 6, 5), torch.randn(2, 3, 6, 5))
