"""GSoP-Net: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from templates.papers.gsop_net import ChannelGate, CovariancePooling, GSoP, GSoPBottleneck, GSoPNet, PositionGate
from tests.papers.mutants import rejected


def _naive_covariance(columns: Tensor) -> Tensor:
    """Of the columns of one matrix, entry by entry."""
    rows, count = columns.shape
    means = [sum(columns[i, n] for n in range(count)) / count for i in range(rows)]
    entries = [
        sum((columns[i, n] - means[i]) * (columns[j, n] - means[j]) for n in range(count)) / count
        for i in range(rows)
        for j in range(rows)
    ]
    return torch.stack([torch.as_tensor(entry) for entry in entries]).view(rows, rows)


def _naive_rows(matrix: Tensor, conv: nn.Conv2d) -> Tensor:
    """Four filters for each row of its own."""
    assert conv.bias is not None
    found = [
        (conv.weight[4 * i + k, 0, :, 0] * matrix[i]).sum() + conv.bias[4 * i + k]
        for i in range(len(matrix))
        for k in range(4)
    ]
    return torch.stack(found)


def test_gates_against_the_definition() -> None:
    torch.manual_seed(0)
    module = GSoP(6, dim=5, mode="average", grid=2, divide_by_positions=False).double().eval()
    x = torch.randn(1, 6, 4, 6, dtype=torch.float64, requires_grad=True)
    positive = x.clamp(min=0)
    channel, position = module.channel, module.position
    assert channel is not None
    assert position is not None
    y = channel.norm(channel.reduce(positive)).clamp(min=0)[0].flatten(1)
    matrix = channel.row_norm(_naive_covariance(y)[None, :, :, None])[0, :, :, 0]
    gate_c = channel.expand(_naive_rows(matrix, channel.row_conv).view(1, -1, 1, 1)).sigmoid()
    cells = position.norm(position.reduce(positive)).unflatten(3, (2, 3)).unflatten(2, (2, 2)).mean((3, 5))
    matrix = position.row_norm(_naive_covariance(cells[0].flatten(1).T)[None, :, :, None])[0, :, :, 0]
    z = position.expand(_naive_rows(matrix, position.row_conv).clamp(min=0).view(1, -1, 1, 1)).sigmoid()
    gate_p = z.view(1, 1, 2, 2).repeat_interleave(2, 2).repeat_interleave(3, 3)
    expected = x * gate_c + (x * gate_p).clamp(min=0)
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(x)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_covariance_pooling_converges_to_the_root() -> None:
    x = torch.randn(2, 4, 9, 7, dtype=torch.float64)
    flat = x.flatten(2) - x.flatten(2).mean(2, keepdim=True)
    values, vectors = torch.linalg.eigh(flat @ flat.mT / 63)
    root = vectors @ values.sqrt().diag_embed() @ vectors.mT
    rows, columns = torch.tril_indices(4, 4)
    torch.testing.assert_close(CovariancePooling(20)(x), root[:, rows, columns])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("mode", ["channel", "position", "average"])
@pytest.mark.parametrize("training", [True, False])
def test_covariances_in_half_precision_do_not_overflow(dtype: torch.dtype, mode: str, training: bool) -> None:
    """While not training, nothing says that the running statistics fit the map."""
    torch.manual_seed(0)
    module = GSoP(32, dim=8, mode=mode).to(dtype).train(training)
    x = (1000 * torch.randn(2, 32, 56, 56)).to(dtype).requires_grad_()
    out = module(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_covariances_under_autocast_do_not_overflow(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module, x = GSoP(32, dim=8, mode="average").eval(), 1000 * torch.randn(2, 32, 24, 20)
    with torch.autocast("cpu", dtype):
        assert module(x.to(dtype)).isfinite().all()


def test_what_the_count_published_with_eca_net_contains() -> None:
    """No gate in the first stage, strides in 1x1 convolutions as in the first ResNet, covariances not counted."""
    with torch.device("meta"):
        network = GSoPNet().eval()
        last = network.layer1[-1]
        assert isinstance(last, GSoPBottleneck)
        last.attention = None
        for first in (network.layer2[0], network.layer3[0]):
            assert isinstance(first, GSoPBottleneck)
            assert isinstance(first.conv2, nn.Conv2d)
            first.conv1.stride, first.conv2.stride = (2, 2), (1, 1)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, 224, 224))
    counts = counter.get_flop_counts()["Global"]
    layers = counts[torch.ops.aten.convolution] + counts[torch.ops.aten.addmm]
    assert f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.2f}" == "28.05"
    assert f"{layers / 2e9:.2f}" == "6.18"


def test_covariance_pooling_in_half_precision() -> None:
    x = 100 * torch.randn(2, 8, 14, 14).relu()
    wide = CovariancePooling()(x)
    torch.testing.assert_close(CovariancePooling()(x.bfloat16()).float(), wide, rtol=0.05, atol=0.5)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(CovariancePooling()(x), wide)


def test_gates_stand_in_the_last_block_of_each_stage() -> None:
    for covariance, expected in ((False, ["layer1.1", "layer2.1", "layer3.1", "layer4.1"]), (True, None)):
        network = GSoPNet((2, 2, 2, 2), dim=8, covariance=covariance, num_classes=2)
        blocks = {name: module for name, module in network.named_modules() if isinstance(module, GSoPBottleneck)}
        found = [name for name, block in blocks.items() if block.attention is not None]
        assert found == (expected or ["layer1.1", "layer2.1", "layer3.1"])
        assert network.features(torch.randn(1, 3, 64, 96)).shape == (1, 256 if covariance else 2048, 4, 6)


class _Uncentred(ChannelGate):
    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.reduce(x))).flatten(2)
        rows = self.row_norm((y @ y.mT / y.shape[2])[..., None])
        return self.expand(self.row_conv(rows)).sigmoid()


class _Unbiased(ChannelGate):
    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.reduce(x))).flatten(2)
        rows = self.row_norm(torch.stack([torch.cov(item) for item in y])[..., None])
        return self.expand(self.row_conv(rows)).sigmoid()


class _WithoutRowNorm(ChannelGate):
    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.reduce(x))).flatten(2)
        rows = torch.stack([torch.cov(item, correction=0) for item in y])[..., None]
        return self.expand(self.row_conv(rows)).sigmoid()


class _Rectified(ChannelGate):
    """A ReLU after the row-wise convolution, as the position gate has."""

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.reduce(x))).flatten(2)
        rows = self.row_norm(torch.stack([torch.cov(item, correction=0) for item in y])[..., None])
        return self.expand(F.relu(self.row_conv(rows))).sigmoid()


@pytest.mark.parametrize("gate", [_Uncentred, _Unbiased, _WithoutRowNorm, _Rectified])
def test_wrong_channel_gates_are_rejected(gate: type[ChannelGate]) -> None:
    class Mutant(GSoP):
        def __init__(self, channels: int, dim: int, mode: str, stride: int) -> None:
            super().__init__(channels, dim, mode, stride)
            self.channel = gate(channels, dim, stride)

    assert rejected("gsop_net", Mutant, "channel-stride")


def test_wrong_position_gates_are_rejected() -> None:
    class Defined(GSoP):
        def __init__(self, channels: int, dim: int, mode: str, stride: int) -> None:
            super().__init__(channels, dim, mode, stride, divide_by_positions=False)

    class Bilinear(GSoP):
        def forward(self, x: Tensor) -> Tensor:
            assert isinstance(self.position, PositionGate)
            cells = F.adaptive_avg_pool2d(self.position(x.relu()), 8)
            return F.relu(x * F.interpolate(cells, x.shape[2:], mode="bilinear"))

    assert rejected("gsop_net", Defined, "position")
    assert rejected("gsop_net", Bilinear, "position")


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"mode: expected one of channel, position, average, .*, got 'both'"):
        GSoP(64, mode="both")
    with pytest.raises(ValueError, match=r"channels: expected a multiple of 64 for mode='concatenation', got 96"):
        GSoP(96, mode="concatenation")
    with pytest.raises(ValueError, match=r"iterations: expected at least 2, got 1"):
        CovariancePooling(1)
