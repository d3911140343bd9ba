"""The package as type checkers see it. Generated from templates/library/__init__.py and the papers."""

import collections.abc
import typing
from types import ModuleType
from typing import Any, Literal, overload

from torch import nn

from ._types import PaperInfo, Recipe, Variant
from ._version import __version__
from .checkpoints import load_official
from .insertion import insert
from .papers import a2_nets as _a2_nets
from .papers import aa_conv as _aa_conv
from .papers import acmix as _acmix
from .papers import asymmetric_non_local as _asymmetric_non_local
from .papers import atac as _atac
from .papers import attentive_normalization as _attentive_normalization
from .papers import autonl as _autonl
from .papers import ba2m as _ba2m
from .papers import bam as _bam
from .papers import bam_sr as _bam_sr
from .papers import botnet as _botnet
from .papers import c3net as _c3net
from .papers import cbam as _cbam
from .papers import ccnet as _ccnet
from .papers import cgd as _cgd
from .papers import cmpe_se as _cmpe_se
from .papers import condconv as _condconv
from .papers import coord_attention as _coord_attention
from .papers import cotnet as _cotnet
from .papers import csra as _csra
from .papers import danet as _danet
from .papers import dcanet as _dcanet
from .papers import deeplab_v2_aspp as _deeplab_v2_aspp
from .papers import dianet as _dianet
from .papers import dmsanet as _dmsanet
from .papers import eca_net as _eca_net
from .papers import efficient_attention as _efficient_attention
from .papers import emanet as _emanet
from .papers import empirical_spatial_attention as _empirical_spatial_attention
from .papers import epsanet as _epsanet
from .papers import fcanet as _fcanet
from .papers import gcnet as _gcnet
from .papers import ge_net as _ge_net
from .papers import gsa_net as _gsa_net
from .papers import gsop_net as _gsop_net
from .papers import iebn as _iebn
from .papers import nam as _nam
from .papers import nlsn as _nlsn
from .papers import non_local as _non_local
from .papers import ocrnet as _ocrnet
from .papers import octconv as _octconv
from .papers import polarized_self_attention as _polarized_self_attention
from .papers import resnest as _resnest
from .papers import review_kd as _review_kd
from .papers import rga as _rga
from .papers import rnl as _rnl
from .papers import sa_net_shuffle as _sa_net_shuffle
from .papers import san as _san
from .papers import sasa as _sasa
from .papers import scse as _scse
from .papers import se_net as _se_net
from .papers import sge as _sge
from .papers import simam as _simam
from .papers import sk_net as _sk_net
from .papers import snl as _snl
from .papers import spanet as _spanet
from .papers import srm as _srm
from .papers import swin_transformer as _swin_transformer
from .papers import triplet_attention as _triplet_attention
from .papers import tse as _tse
from .papers import ulsam as _ulsam
from .papers import wcd as _wcd

__all__ = [
    "PaperInfo",
    "Recipe",
    "Variant",
    "__version__",
    "create",
    "info",
    "insert",
    "list_papers",
    "load",
    "load_official",
]

def info(id: str) -> PaperInfo: ...
def list_papers(*, kind: str | None = ..., section: str | None = ..., implemented: bool | None = ...) -> list[str]: ...
def load(id: str) -> ModuleType: ...
@overload
def create(
    id: Literal["a2_nets"],
    *,
    channels: int,
    feature_reduction: int = 4,
    vector_reduction: int = 4,
) -> _a2_nets.DoubleAttention: ...
@overload
def create(
    id: Literal["aa_conv"],
    *,
    in_channels: int,
    out_channels: int,
    key_channels: int,
    value_channels: int,
    kernel_size: int = 3,
    num_heads: int = 8,
    stride: int = 1,
    relative: bool = True,
    height: int = 14,
    width: int = 14,
    bias: bool = False,
    downsample: bool = False,
) -> _aa_conv.AAConv: ...
@overload
def create(
    id: Literal["aa_conv"],
    *,
    variant: Literal["aa_resnet34", "aa_resnet50", "aa_resnet101", "aa_resnet152"],
    layers: tuple[int, int, int, int] = ...,
    ratios: tuple[float, float] = ...,
    num_heads: int = ...,
    bottleneck: bool = ...,
    image_size: tuple[int, int] = ...,
    num_classes: int = ...,
) -> _aa_conv.AAResNet: ...
@overload
def create(
    id: Literal["acmix"],
    *,
    in_channels: int,
    out_channels: int,
    attention_size: int = 7,
    num_heads: int = 4,
    kernel_size: int = 3,
    stride: int = 1,
    positions: bool = True,
) -> _acmix.ACmix: ...
@overload
def create(
    id: Literal["acmix"],
    *,
    variant: Literal["acmix_swin_t", "acmix_swin_s"],
    dim: int = ...,
    depths: tuple[int, ...] = ...,
    num_heads: tuple[int, ...] = ...,
    window_size: int = ...,
    mlp_ratio: float = ...,
    qkv_bias: bool = ...,
    drop_path: float = ...,
    num_classes: int = ...,
) -> _acmix.ACmixSwin: ...
@overload
def create(
    id: Literal["asymmetric_non_local"],
    *,
    channels: int,
    key_channels: int = 256,
    value_channels: int = 256,
    pool_sizes: collections.abc.Sequence[int] = ...,
    dropout: float = 0.05,
) -> _asymmetric_non_local.APNB: ...
@overload
def create(
    id: Literal["atac"],
    *,
    channels: int,
    reduction: int = 2,
    context: str = "local",
    relu: bool = True,
) -> _atac.ATAC: ...
@overload
def create(
    id: Literal["atac"],
    *,
    variant: Literal["atac_resnet50"],
    layers: tuple[int, int, int, int] = ...,
    reduction: int = ...,
    stages: int = ...,
    num_classes: int = ...,
) -> _atac.ATACResNet: ...
@overload
def create(
    id: Literal["attentive_normalization"],
    *,
    channels: int,
    components: int = 10,
    groups: int | None = None,
    gate: str = "hsigmoid",
    eps: float = 1e-05,
    gate_norm: bool = True,
    hidden: bool = False,
    standardize: bool = True,
) -> _attentive_normalization.AttentiveNorm: ...
@overload
def create(
    id: Literal["attentive_normalization"],
    *,
    variant: Literal["resnet50_an", "resnet101_an"],
    layers: tuple[int, int, int, int] = ...,
    components: int = ...,
    num_classes: int = ...,
) -> _attentive_normalization.AttentiveNormResNet: ...
@overload
def create(
    id: Literal["attentive_normalization"],
    *,
    variant: Literal["mobilenet_v2_an"],
    components: int = ...,
    num_classes: int = ...,
) -> _attentive_normalization.AttentiveNormMobileNetV2: ...
@overload
def create(
    id: Literal["autonl"],
    *,
    channels: int,
    ratio: float = 0.25,
    stride: int = 2,
    divide_by_keys: bool = False,
) -> _autonl.LightNL: ...
@overload
def create(id: Literal["ba2m"], *, channels: int, reduction: int = 16, rescale: bool = True) -> _ba2m.BA2M: ...
@overload
def create(
    id: Literal["bam"],
    *,
    channels: int,
    reduction: int = 16,
    dilation: int = 4,
    depth: int = 2,
    fusion: str = "product",
    channel: bool = True,
    spatial: bool = True,
    normalize_last: bool = False,
) -> _bam.BAM: ...
@overload
def create(
    id: Literal["bam_sr"],
    *,
    channels: int,
    reduction: int = 16,
    kernel_size: int = 7,
    both_pools: bool = False,
) -> _bam_sr.BAM: ...
@overload
def create(
    id: Literal["botnet"],
    *,
    in_channels: int,
    out_channels: int,
    num_heads: int = 4,
    stride: int = 1,
    height: int = 14,
    width: int = 14,
    relative: bool = True,
) -> _botnet.MHSA: ...
@overload
def create(
    id: Literal["botnet"],
    *,
    variant: Literal[
        "botnet50",
        "botnet101",
        "botnet152",
        "botnet_s1_50",
        "botnet_s1_59",
        "botnet_s1_77",
        "botnet_s1_110",
        "botnet_s1_128",
    ],
    layers: tuple[int, int, int, int] = ...,
    stride: int = ...,
    num_heads: int = ...,
    image_size: tuple[int, int] = ...,
    relative: bool = ...,
    num_classes: int = ...,
) -> _botnet.BoTNet: ...
@overload
def create(
    id: Literal["c3net"],
    *,
    channels: int,
    height: int,
    width: int,
    reduction: int = 8,
    group_channels: int = 512,
) -> _c3net.C3: ...
@overload
def create(
    id: Literal["cbam"],
    *,
    channels: int,
    reduction: int = 16,
    pools: collections.abc.Sequence[str] = ...,
    kernel_size: int = 7,
    spatial: bool = True,
    order: typing.Literal["channel-first", "spatial-first", "parallel"] = "channel-first",
) -> _cbam.CBAM: ...
@overload
def create(id: Literal["ccnet"], *, channels: int, reduction: int = 8) -> _ccnet.CrissCrossAttention: ...
@overload
def create(id: Literal["cgd"], *, channels: int) -> _cgd.CGD: ...
@overload
def create(
    id: Literal["cmpe_se"],
    *,
    channels: int,
    reduction: int = 16,
    mode: typing.Literal["double_fc", "1x1", "2x1", "folded"] = "2x1",
    filter_reduction: int = 16,
    fold: int = 16,
) -> _cmpe_se.CMPESE: ...
@overload
def create(
    id: Literal["condconv"],
    *,
    in_channels: int,
    out_channels: int,
    kernel_size: int = 3,
    stride: int = 1,
    padding: int | typing.Literal["same"] = "same",
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
    num_experts: int = 8,
    own_routing: bool = True,
) -> _condconv.CondConv2d: ...
@overload
def create(
    id: Literal["condconv"],
    *,
    variant: Literal["efficientnet_condconv_b0_4e", "efficientnet_condconv_b0_8e", "efficientnet_condconv_b0_8e_depth"],
    num_experts: int = ...,
    depth: float = ...,
    channels: tuple[int, ...] = ...,
    layers: tuple[int, ...] = ...,
    drop_path: float = ...,
    dropout: float = ...,
    num_classes: int = ...,
) -> _condconv.EfficientNetCondConv: ...
@overload
def create(
    id: Literal["coord_attention"],
    *,
    channels: int,
    reduction: int = 32,
) -> _coord_attention.CoordAttention: ...
@overload
def create(
    id: Literal["coord_attention"],
    *,
    variant: Literal["coord_mobilenet_v2"],
    reduction: int = ...,
    num_classes: int = ...,
    dropout: float = ...,
) -> _coord_attention.CoordMobileNetV2: ...
@overload
def create(id: Literal["cotnet"], *, channels: int, kernel_size: int = 3, groups: int = 1) -> _cotnet.CoT: ...
@overload
def create(
    id: Literal["cotnet"],
    *,
    variant: Literal["cotnet50", "cotnet101", "cotnext50_2x48d", "cotnext101_2x48d"],
    layers: tuple[int, int, int, int] = ...,
    groups: int = ...,
    base_width: int = ...,
    num_classes: int = ...,
) -> _cotnet.CoTNet: ...
@overload
def create(
    id: Literal["cotnet"],
    *,
    variant: Literal["se_cotnetd_50", "se_cotnetd_101", "se_cotnetd_152"],
    layers: tuple[int, int, int, int] = ...,
    stem_width: int = ...,
    blur: bool = ...,
    num_classes: int = ...,
) -> _cotnet.SECoTNetD: ...
@overload
def create(
    id: Literal["csra"],
    *,
    channels: int,
    num_classes: int,
    num_heads: int = 1,
    lam: float = 0.1,
) -> _csra.CSRA: ...
@overload
def create(
    id: Literal["danet"],
    *,
    channels: int,
    reduction: int = 8,
    contrast: bool = True,
) -> _danet.DualAttention: ...
@overload
def create(
    id: Literal["dcanet"],
    *,
    channels: int,
    previous_channels: int,
    reduction: int = 16,
) -> _dcanet.ConnectedSE: ...
@overload
def create(
    id: Literal["dcanet"],
    *,
    variant: Literal["dca_se_resnet50", "dca_ge_resnet50", "dca_gc_resnet50", "dca_cbam_resnet50", "dca_sk_resnet50"],
    layers: tuple[int, int, int, int] = ...,
    attention: typing.Literal["se", "ge", "gc", "cbam", "sk"] = ...,
    num_classes: int = ...,
) -> _dcanet.DCAResNet: ...
@overload
def create(
    id: Literal["deeplab_v2_aspp"],
    *,
    in_channels: int,
    out_channels: int,
    rates: collections.abc.Sequence[int] = ...,
) -> _deeplab_v2_aspp.ASPP: ...
@overload
def create(
    id: Literal["dianet"],
    *,
    channels: int,
    reduction: int = 4,
    num_layers: int = 1,
    dropout: float = 0.1,
) -> _dianet.DIALSTM: ...
@overload
def create(
    id: Literal["dianet"],
    *,
    variant: Literal["dia_resnet164"],
    depth: int = ...,
    reduction: int = ...,
    num_layers: int = ...,
    num_classes: int = ...,
) -> _dianet.DIANet: ...
@overload
def create(id: Literal["dmsanet"], *, channels: int, groups: int = 4) -> _dmsanet.DMSA: ...
@overload
def create(id: Literal["eca_net"], *, channels: int, kernel_size: int = 3) -> _eca_net.ECA: ...
@overload
def create(
    id: Literal["eca_net"],
    *,
    variant: Literal["eca_resnet18", "eca_resnet34", "eca_resnet50", "eca_resnet101", "eca_resnet152"],
    layers: tuple[int, int, int, int] = ...,
    kernel_sizes: tuple[int, int, int, int] = ...,
    bottleneck: bool = ...,
    num_classes: int = ...,
) -> _eca_net.ECAResNet: ...
@overload
def create(
    id: Literal["eca_net"],
    *,
    variant: Literal["eca_mobilenet_v2"],
    kernel_sizes: tuple[int, int] = ...,
    num_classes: int = ...,
    dropout: float = ...,
) -> _eca_net.ECAMobileNetV2: ...
@overload
def create(
    id: Literal["efficient_attention"],
    *,
    channels: int,
    key_channels: int = 64,
    value_channels: int = 64,
    num_heads: int = 1,
    normalization: str = "softmax",
) -> _efficient_attention.EfficientAttention: ...
@overload
def create(
    id: Literal["emanet"],
    *,
    channels: int,
    num_bases: int = 64,
    iterations: int = 3,
    momentum: float = 0.9,
    differentiate: bool = False,
) -> _emanet.EMAU: ...
@overload
def create(
    id: Literal["empirical_spatial_attention"],
    *,
    channels: int,
    num_heads: int = 9,
    query_key: bool = True,
    query_position: bool = True,
    key: bool = True,
    position: bool = True,
    query_stride: int = 1,
    key_stride: int = 2,
    position_magnitude: float = 1.0,
    spatial_range: int | None = None,
) -> _empirical_spatial_attention.GeneralizedAttention: ...
@overload
def create(
    id: Literal["epsanet"],
    *,
    in_channels: int,
    out_channels: int,
    stride: int = 1,
    kernel_sizes: tuple[int, ...] = ...,
    kernel_groups: tuple[int, ...] = ...,
    reduction: int = 16,
    reverse: bool = True,
) -> _epsanet.PSA: ...
@overload
def create(
    id: Literal["epsanet"],
    *,
    variant: Literal["epsanet50_small", "epsanet101_small", "epsanet50_large", "epsanet101_large"],
    layers: tuple[int, int, int, int] = ...,
    kernel_sizes: tuple[int, ...] = ...,
    kernel_groups: tuple[int, ...] = ...,
    width: int = ...,
    num_classes: int = ...,
) -> _epsanet.EPSANet: ...
@overload
def create(
    id: Literal["fcanet"],
    *,
    channels: int,
    height: int = 7,
    width: int = 7,
    reduction: int = 16,
    frequencies: str = "top16",
) -> _fcanet.MultiSpectralAttention: ...
@overload
def create(
    id: Literal["fcanet"],
    *,
    variant: Literal["fca34", "fca50", "fca101", "fca152"],
    layers: tuple[int, int, int, int] = ...,
    basic: bool = ...,
    reduction: int = ...,
    frequencies: str = ...,
    num_classes: int = ...,
) -> _fcanet.FcaNet: ...
@overload
def create(
    id: Literal["gcnet"],
    *,
    channels: int,
    reduction: int = 16,
    pooling: str = "attention",
    fusion: str = "add",
) -> _gcnet.GlobalContext: ...
@overload
def create(
    id: Literal["ge_net"],
    *,
    channels: int,
    extent: int = 0,
    learned_gather: bool = False,
    learned_excite: bool = False,
    height: int = 0,
    width: int = 0,
    reduction: int = 16,
    rectify: bool = True,
) -> _ge_net.GatherExcite: ...
@overload
def create(
    id: Literal["ge_net"],
    *,
    variant: Literal[
        "ge_theta_minus_resnet50",
        "ge_theta_resnet50",
        "ge_theta_plus_resnet50",
        "ge_theta_plus_resnet101",
    ],
    layers: tuple[int, int, int, int] = ...,
    extent: int = ...,
    learned_gather: bool = ...,
    learned_excite: bool = ...,
    input_size: int = ...,
    num_classes: int = ...,
) -> _ge_net.GEResNet: ...
@overload
def create(
    id: Literal["gsa_net"],
    *,
    in_channels: int,
    out_channels: int,
    rel_pos_length: int,
    num_heads: int = 8,
    dim_key: int = 64,
    norm_queries: bool = False,
    norm_columns: bool = True,
) -> _gsa_net.GSA: ...
@overload
def create(
    id: Literal["gsop_net"],
    *,
    channels: int,
    dim: int = 128,
    mode: str = "channel",
    stride: int = 1,
    grid: int = 8,
    divide_by_positions: bool = True,
) -> _gsop_net.GSoP: ...
@overload
def create(
    id: Literal["gsop_net"],
    *,
    variant: Literal["gsop_net1_50", "gsop_net2_50", "gsop_net1_101", "gsop_net2_101"],
    layers: tuple[int, int, int, int] = ...,
    dim: int = ...,
    mode: str = ...,
    covariance: bool = ...,
    num_classes: int = ...,
) -> _gsop_net.GSoPNet: ...
@overload
def create(id: Literal["iebn"], *, channels: int, eps: float = 1e-05, momentum: float = 0.1) -> _iebn.IEBN: ...
@overload
def create(
    id: Literal["nam"],
    *,
    channels: int,
    stop_gradient: bool = True,
    size: collections.abc.Sequence[int] | None = None,
) -> _nam.NAM: ...
@overload
def create(
    id: Literal["nlsn"],
    *,
    channels: int,
    n_hashes: int = 4,
    reduction: int = 4,
    chunk_size: int = 144,
    kernel_size: int = 3,
    res_scale: float = 1.0,
) -> _nlsn.NonLocalSparseAttention: ...
@overload
def create(
    id: Literal["non_local"],
    *,
    channels: int,
    reduction: int = 2,
    dimensions: int = 2,
    pairwise: str = "embedded_gaussian",
    sub_sample: str = "input",
    scale: bool = True,
    norm: bool = True,
) -> _non_local.NonLocal: ...
@overload
def create(
    id: Literal["ocrnet"],
    *,
    channels: int,
    key_channels: int = 256,
    scale: float = 1.0,
    pool: int = 1,
    dropout: float = 0.1,
) -> _ocrnet.OCR: ...
@overload
def create(
    id: Literal["octconv"],
    *,
    in_channels: int,
    out_channels: int,
    kernel_size: int = 3,
    alpha_in: float = 0.5,
    alpha_out: float = 0.5,
    stride: int = 1,
    padding: int | None = None,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
    single: bool = False,
) -> _octconv.OctConv: ...
@overload
def create(
    id: Literal["octconv"],
    *,
    variant: Literal["oct_resnet50", "oct_resnet101", "oct_resnet152"],
    layers: tuple[int, int, int, int] = ...,
    alpha: float = ...,
    num_classes: int = ...,
) -> _octconv.OctResNet: ...
@overload
def create(
    id: Literal["polarized_self_attention"],
    *,
    channels: int,
    layout: str = "parallel",
    form: str = "released",
) -> _polarized_self_attention.PolarizedSelfAttention: ...
@overload
def create(
    id: Literal["resnest"],
    *,
    in_channels: int,
    out_channels: int,
    kernel_size: int = 3,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
    radix: int = 2,
    reduction: int = 4,
    min_dim: int = 32,
    normalized: bool = True,
) -> _resnest.SplAtConv2d: ...
@overload
def create(
    id: Literal["resnest"],
    *,
    variant: Literal[
        "resnest50",
        "resnest101",
        "resnest200",
        "resnest269",
        "resnest50_fast_1s1x64d",
        "resnest50_fast_2s1x64d",
        "resnest50_fast_4s1x64d",
        "resnest50_fast_1s2x40d",
        "resnest50_fast_2s2x40d",
        "resnest50_fast_4s2x40d",
        "resnest50_fast_1s4x24d",
    ],
    layers: tuple[int, int, int, int] = ...,
    radix: int = ...,
    groups: int = ...,
    base_width: int = ...,
    stem: int = ...,
    pool_first: bool = ...,
    dropout: float = ...,
    num_classes: int = ...,
) -> _resnest.ResNeSt: ...
@overload
def create(
    id: Literal["review_kd"],
    *,
    in_channels: collections.abc.Sequence[int],
    out_channels: collections.abc.Sequence[int],
    mid_channels: int | None = None,
) -> _review_kd.ReviewKD: ...
@overload
def create(
    id: Literal["rga"],
    *,
    channels: int,
    height: int,
    width: int,
    spatial: bool = True,
    channel: bool = True,
    channel_ratio: int = 8,
    spatial_ratio: int = 8,
    down_ratio: int = 8,
) -> _rga.RGA: ...
@overload
def create(
    id: Literal["rnl"],
    *,
    channels: int,
    reduction: int = 2,
    kernel_size: int = 7,
    temporal_kernel: int = 3,
    sub_sample: bool = False,
    activation: str = "softmax",
    normalize: bool = False,
    norm: bool = True,
) -> _rnl.RNL: ...
@overload
def create(
    id: Literal["sa_net_shuffle"],
    *,
    channels: int,
    groups: int = 64,
    eps: float = 1e-05,
) -> _sa_net_shuffle.ShuffleAttention: ...
@overload
def create(
    id: Literal["sa_net_shuffle"],
    *,
    variant: Literal["sa_resnet50", "sa_resnet101", "sa_resnet152"],
    layers: tuple[int, int, int, int] = ...,
    sa_groups: int = ...,
    num_classes: int = ...,
) -> _sa_net_shuffle.SAResNet: ...
@overload
def create(
    id: Literal["san"],
    *,
    in_channels: int,
    out_channels: int,
    kernel_size: int = 7,
    pairwise: bool = True,
    reduction: int = 16,
    shared: int = 8,
    relation: str | None = None,
) -> _san.SAM: ...
@overload
def create(
    id: Literal["san"],
    *,
    variant: Literal["san10_pair", "san10_patch", "san15_pair", "san15_patch", "san19_pair", "san19_patch"],
    layers: collections.abc.Sequence[int] = ...,
    kernel_sizes: collections.abc.Sequence[int] = ...,
    pairwise: bool = ...,
    num_classes: int = ...,
    relation: str | None = ...,
) -> _san.SAN: ...
@overload
def create(
    id: Literal["sasa"],
    *,
    in_channels: int,
    out_channels: int,
    kernel_size: int = 7,
    num_heads: int = 8,
    stride: int = 1,
    relative: bool = True,
) -> _sasa.LocalAttention: ...
@overload
def create(
    id: Literal["sasa"],
    *,
    variant: Literal[
        "sasa_resnet26",
        "sasa_resnet38",
        "sasa_resnet50",
        "sasa_resnet26_full",
        "sasa_resnet38_full",
        "sasa_resnet50_full",
    ],
    layers: tuple[int, int, int, int] = ...,
    kernel_size: int = ...,
    num_heads: int = ...,
    num_classes: int = ...,
    attention_stem: bool = ...,
) -> _sasa.LocalAttentionResNet: ...
@overload
def create(id: Literal["scse"], *, channels: int, reduction: int = 2, fusion: str = "max") -> _scse.SCSE: ...
@overload
def create(
    id: Literal["se_net"],
    *,
    channels: int,
    reduction: int = 16,
    bias: bool = True,
    pool: typing.Literal["avg", "max"] = "avg",
    gate: typing.Literal["sigmoid", "tanh", "relu"] = "sigmoid",
) -> _se_net.SE: ...
@overload
def create(
    id: Literal["se_net"],
    *,
    variant: Literal["se_resnet50", "se_resnet101", "se_resnet152", "se_resnext50_32x4d", "se_resnext101_32x4d"],
    layers: tuple[int, int, int, int] = ...,
    groups: int = ...,
    base_width: int = ...,
    stride_first: bool = ...,
    reduction: int = ...,
    bias: bool = ...,
    num_classes: int = ...,
    position: _se_net.Position = ...,
) -> _se_net.SEResNet: ...
@overload
def create(
    id: Literal["se_net"],
    *,
    variant: Literal["senet154"],
    layers: tuple[int, int, int, int] = ...,
    reduction: int = ...,
    dropout: float = ...,
    num_classes: int = ...,
) -> _se_net.SENet: ...
@overload
def create(id: Literal["sge"], *, groups: int = 64, eps: float = 1e-05, unbiased: bool = True) -> _sge.SGE: ...
@overload
def create(id: Literal["simam"], *, e_lambda: float = 0.0001) -> _simam.SimAM: ...
@overload
def create(
    id: Literal["simam"],
    *,
    variant: Literal["simam_resnet18", "simam_resnet34", "simam_resnet50", "simam_resnet101", "simam_resnext50_32x4d"],
    layers: tuple[int, int, int, int] = ...,
    bottleneck: bool = ...,
    groups: int = ...,
    base_width: int = ...,
    e_lambda: float = ...,
    num_classes: int = ...,
) -> _simam.SimAMResNet: ...
@overload
def create(
    id: Literal["simam"],
    *,
    variant: Literal["simam_mobilenet_v2"],
    e_lambda: float = ...,
    num_classes: int = ...,
    dropout: float = ...,
) -> _simam.SimAMMobileNetV2: ...
@overload
def create(
    id: Literal["sk_net"],
    *,
    in_channels: int,
    out_channels: int,
    stride: int = 1,
    groups: int = 32,
    branches: int = 2,
    reduction: int = 16,
    min_dim: int = 32,
    dilated: bool = True,
) -> _sk_net.SKConv: ...
@overload
def create(
    id: Literal["sk_net"],
    *,
    variant: Literal["sknet26", "sknet50", "sknet101"],
    layers: tuple[int, int, int, int] = ...,
    branches: int = ...,
    groups: int = ...,
    reduction: int = ...,
    num_classes: int = ...,
) -> _sk_net.SKNet: ...
@overload
def create(id: Literal["snl"], *, channels: int, reduction: int = 2, stages: int = 1) -> _snl.SNL: ...
@overload
def create(
    id: Literal["spanet"],
    *,
    channels: int,
    reduction: int = 16,
    source_channels: int | None = None,
    project: bool = True,
) -> _spanet.SpatialPyramidAttention: ...
@overload
def create(id: Literal["srm"], *, channels: int, unbiased: bool = True, eps: float = 1e-05) -> _srm.SRM: ...
@overload
def create(
    id: Literal["swin_transformer"],
    *,
    dim: int,
    num_heads: int,
    window_size: int = 7,
    shift: int = 0,
    qkv_bias: bool = True,
    relative: bool = True,
) -> _swin_transformer.WindowAttention: ...
@overload
def create(
    id: Literal["swin_transformer"],
    *,
    variant: Literal["swin_t", "swin_s", "swin_b", "swin_b_384", "swin_l", "swin_l_384", "swin_t_c24"],
    dim: int = ...,
    depths: tuple[int, ...] = ...,
    num_heads: tuple[int, ...] = ...,
    window_size: int = ...,
    mlp_ratio: float = ...,
    qkv_bias: bool = ...,
    drop_path: float = ...,
    num_classes: int = ...,
    shifted: bool = ...,
    relative: bool = ...,
    absolute: tuple[int, int] | None = ...,
) -> _swin_transformer.SwinTransformer: ...
@overload
def create(
    id: Literal["triplet_attention"],
    *,
    kernel_size: int = 7,
    spatial: bool = True,
) -> _triplet_attention.TripletAttention: ...
@overload
def create(
    id: Literal["tse"],
    *,
    channels: int,
    tile_height: int = 7,
    tile_width: int = 0,
    reduction: int = 16,
    bias: bool = True,
) -> _tse.TiledSE: ...
@overload
def create(id: Literal["ulsam"], *, channels: int, subspaces: int = 4) -> _ulsam.ULSAM: ...
@overload
def create(
    id: Literal["wcd"],
    *,
    keep_ratio: float = 0.8,
    keep_probability: float = 0.9,
) -> _wcd.WeightedChannelDropout: ...
@overload
def create(id: str, **kwargs: Any) -> nn.Module: ...
