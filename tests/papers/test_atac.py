"""ATAC against its equation, position by position; the authors' code is for MXNet and was read, not run."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.atac import ATAC, ATACBottleneck, ATACResNet


def _filled(module: ATAC) -> ATAC:
    for norm in (module.down_norm, module.up_norm):
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 1.5)
    return module.double().eval()


def _norm(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return (x - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias


@pytest.mark.parametrize("context", ["local", "global"])
@pytest.mark.parametrize("relu", [True, False])
def test_equation(context: str, relu: bool) -> None:
    torch.manual_seed(0)
    module = _filled(ATAC(6, 3, context, relu))
    x = torch.randn(2, 6, 3, 4, dtype=torch.float64, requires_grad=True)
    rows = []
    for item in x:
        pooled = torch.stack([m.sum() / m.numel() for m in item])
        columns = []
        for position in range(12):
            seen = pooled if context == "global" else item.flatten(1)[:, position]
            hidden = _norm(module.down_norm, module.down.weight[:, :, 0, 0] @ seen)
            hidden = hidden.clamp_min(0) if relu else hidden
            gate = torch.sigmoid(_norm(module.up_norm, module.up.weight[:, :, 0, 0] @ hidden))
            columns.append(gate * item.flatten(1)[:, position])
        rows.append(torch.stack(columns, 1).view(6, 3, 4))
    expected = torch.stack(rows)
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    given, wanted = (torch.autograd.grad(out, x, cotangent)[0] for out in (module(x), expected))
    torch.testing.assert_close(given, wanted)


class WithoutNormalisation(ATAC):
    """The popular version that leaves the two batch normalisations out."""

    def forward(self, x: Tensor) -> Tensor:
        return x * self.up(self.relu(self.down(x))).sigmoid()


def test_popular_wrong_version_differs() -> None:
    right = _filled(ATAC(6))
    wrong = WithoutNormalisation(6).double().eval()
    wrong.load_state_dict(right.state_dict())
    x = torch.randn(1, 6, 3, 3, dtype=torch.float64)
    assert not torch.allclose(right(x), wrong(x))


@pytest.mark.parametrize(("stages", "expected"), [(2, 2 * (6 + 3)), (4, 2 * 16), (0, 0)])
def test_the_last_stages_have_two_in_each_block(stages: int, expected: int) -> None:
    with torch.device("meta"):
        network = ATACResNet(stages=stages)
    assert sum(isinstance(module, ATAC) for module in network.modules()) == expected


def test_gates_take_the_place_of_relu() -> None:
    shortcut = nn.Conv2d(6, 32, 1, 2)
    block = ATACBottleneck(6, 8, 2, shortcut).eval()
    x = torch.randn(2, 6, 5, 4)
    y = block.act1(block.bn1(block.conv1(x)))
    assert (y < 0).any()  # a ReLU would have cut these off
    expected = block.bn3(block.conv3(block.act2(block.bn2(block.conv2(y)))))
    torch.testing.assert_close(block(x), (expected + shortcut(x)).relu())
    network = ATACResNet((1, 1, 1, 1), num_classes=3).eval()
    assert network(torch.rand(1, 3, 65, 40)).shape == (1, 3)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="context: expected local or global, got 'pixel'"):
        ATAC(8, context="pixel")
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=8, got 16"):
        ATAC(8, 16)
    with pytest.raises(ValueError, match="stages: expected 0 to 4, got 5"):
        ATACResNet(stages=5)
