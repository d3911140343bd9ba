"""A small catalogue without mistakes that uses every field, and ways to spoil it."""

from __future__ import annotations

from generator.catalogue.loader import parse
from generator.errors import Findings

GOOD = """\
# yaml-language-server: $schema=generated/catalog.schema.json
ignore_links:
- url: https://dl.acm.org/
  reason: answers every program with 403
  expires: "2027-06-30"
papers:
- id: bam
  title: "BAM: Bottleneck Attention Module"
  authors: [Jongchan Park, Sanghyun Woo]
  venue: {name: BMVC, year: 2018}
  sections: [attention-mechanism, plug-and-play]
  kind: channel-spatial-attention
  facets:
    domain: channel-spatial
    cost: linear
    context: local
    parameter_free: false
    plug: insert
    modality: [image]
    tasks: [classification]
  ids: {arxiv: "1807.06514", doi: 10.5555/3327144}
  links:
    code: {repo: Jongchan/attention-module, official: true, path: MODELS/bam.py, licence: MIT}
    blog: https://zhuanlan.zhihu.com/p/102033063
  related:
  - id: se_net
    relation: extends
    how:
      en: "adds a spatial branch to"
      zh: "在其基础上加入空间分支："
  idea:
    en: "Two branches gate a bottleneck."
    zh: "两个分支对瓶颈处的特征加权。"
  use:
    en: "Between stages."
    zh: "用于各阶段之间。"
  formula:
    tex: 'F^\\prime = F + F \\otimes \\sigma(M_c + M_s)'
    symbols:
      F:
        en: "feature map"
        zh: "特征图"
  module:
    class: BAM
    shape: "B C H W -> B C H W"
    axes: {C: channels}
    multiple_of: {C: 16}
    parameters:
      channels:
        en: "channels of the input"
        zh: "输入通道数"
      reduction:
        en: "how much narrower"
        zh: "压缩倍数"
    example: {channels: 32}
    cases:
      wide: {arguments: {channels: 64, reduction: 4}, sizes: {H: 7}}
    insert:
    - {backbone: resnet50, where: "after:layer[123]"}
    cost: {params: 2*C*C/reduction, macs: C*C/reduction + H*W}
    variants:
      bam_resnet50: {class: BAMResNet, arguments: {depth: 50}}
    exempt:
    - check: bfloat16
      reason:
        en: "needs float32"
        zh: "需要 float32"
  reported:
  - {model: ResNet-50 + BAM, source: Table 2, params: 25.92M, macs: 3.94G, built: {variant: bam_resnet50}}

- id: se_net
  title: "Squeeze-and-Excitation Networks"
  authors: [Jie Hu, Li Shen]
  venue: {name: CVPR, year: 2018}
  sections: [attention-mechanism]
  kind: channel-attention
  facets:
    domain: channel
    cost: linear
    context: global
    parameter_free: false
    plug: insert
    modality: [image]
    tasks: [classification]
  ids: {arxiv: "1709.01507"}
  links: {}
  idea:
    en: "Reweights channels."
    zh: "对通道重新加权。"
  use:
    en: "Nearly everywhere."
    zh: "几乎处处可用。"

- id: survey_of_it
  title: "A Survey"
  authors: [Meng-Hao Guo]
  venue: {name: CVMJ, year: 2022}
  sections: [attention-mechanism]
  kind: survey
  facets:
    domain: none
    cost: none
    context: none
    parameter_free: false
    plug: none
    modality: [image]
    tasks: [classification]
  ids: {}
  links:
    paper: https://openaccess.thecvf.com/content/X/html/Guo_A_Survey_paper.html
  idea:
    en: "Sorts the field."
    zh: "梳理该领域。"
  use:
    en: "To begin with."
    zh: "入门时读。"
  nothing_to_build:
    en: "It proposes no method."
    zh: "没有提出方法。"
"""


def spoil(*changes: tuple[str, str], text: str = GOOD) -> str:
    """``text`` with the first occurrence of each old text replaced; an old text that is not there is a mistake."""
    for old, new in changes:
        if old not in text:
            raise KeyError(old)
        text = text.replace(old, new, 1)
    return text


def complaints(text: str) -> list[str]:
    """The lines that ``check`` would print for ``text``."""
    try:
        parse(text)
    except Findings as findings:
        return str(findings).splitlines()
    return []
