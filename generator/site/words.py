"""What the site calls things, in both languages: the terms of the catalogue, and the words of the generated pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

# Chinese first, English second; the keys are the values that the catalogue's models allow.
TERMS: dict[str, dict[str, tuple[str, str]]] = {
    "section": {
        "attention-mechanism": ("注意力机制", "attention mechanisms"),
        "plug-and-play": ("即插即用模块", "plug-and-play modules"),
        "dynamic-networks": ("动态网络", "dynamic networks"),
        "vision-transformer": ("视觉 Transformer", "vision transformers"),
    },
    "kind": {
        "channel-attention": ("通道注意力", "channel attention"),
        "spatial-attention": ("空间注意力", "spatial attention"),
        "channel-spatial-attention": ("通道与空间注意力", "channel and spatial attention"),
        "self-attention": ("自注意力", "self-attention"),
        "non-local": ("非局部与全局上下文", "non-local and global context"),
        "pooling-context": ("池化与上下文聚合", "pooling and context"),
        "convolution": ("卷积算子", "convolution"),
        "dynamic-convolution": ("动态卷积", "dynamic convolution"),
        "dynamic-network": ("动态网络", "dynamic network"),
        "transformer-block": ("Transformer 模块", "transformer block"),
        "transformer-backbone": ("Transformer 主干网络", "transformer backbone"),
        "fusion": ("特征融合", "feature fusion"),
        "normalization": ("归一化", "normalisation"),
        "activation": ("激活函数", "activation"),
        "regularization": ("正则化", "regularisation"),
        "loss": ("损失函数", "loss"),
        "nas": ("结构搜索", "architecture search"),
        "task-specific": ("面向特定任务", "task-specific"),
        "survey": ("综述", "survey"),
    },
    "domain": {
        "channel": ("通道", "channels"),
        "spatial": ("空间位置", "positions"),
        "channel-spatial": ("通道与空间", "channels and positions"),
        "temporal": ("时间", "time"),
        "token": ("token", "tokens"),
        "kernel": ("卷积核", "kernels"),
        "branch": ("分支", "branches"),
        "layer": ("层", "layers"),
        "frequency": ("频率", "frequencies"),
        "none": ("不适用", "does not apply"),
    },
    "cost": {
        "constant": ("常数", "constant"),
        "linear": ("线性", "linear"),
        "log-linear": ("对数线性", "log-linear"),
        "sub-quadratic": ("低于平方", "sub-quadratic"),
        "quadratic": ("平方", "quadratic"),
        "none": ("不适用", "does not apply"),
    },
    "context": {
        "global": ("全局", "global"),
        "local": ("局部", "local"),
        "window": ("窗口", "window"),
        "sparse": ("稀疏", "sparse"),
        "none": ("不适用", "does not apply"),
    },
    "plug": {
        "insert": ("插入现有网络", "insert"),
        "replace": ("替换一层", "replace a layer"),
        "none": ("整网或专用结构", "whole network"),
    },
    "modality": {
        "image": ("图像", "image"),
        "video": ("视频", "video"),
        "point-cloud": ("点云", "point cloud"),
        "text": ("文本", "text"),
        "audio": ("音频", "audio"),
        "multimodal": ("多模态", "multimodal"),
    },
    "task": {
        "classification": ("图像分类", "classification"),
        "detection": ("目标检测", "detection"),
        "segmentation": ("分割", "segmentation"),
        "video-recognition": ("视频识别", "video recognition"),
        "video-segmentation": ("视频分割", "video segmentation"),
        "pose": ("姿态估计", "pose"),
        "super-resolution": ("超分辨率", "super-resolution"),
        "denoising": ("去噪", "denoising"),
        "fine-grained": ("细粒度识别", "fine-grained recognition"),
        "re-identification": ("重识别", "re-identification"),
        "medical": ("医学影像", "medical imaging"),
        "language-modelling": ("语言建模", "language modelling"),
        "translation": ("机器翻译", "translation"),
        "generation": ("生成", "generation"),
        "distillation": ("知识蒸馏", "distillation"),
        "depth": ("深度估计", "depth"),
        "multi-label": ("多标签分类", "multi-label classification"),
        "counting": ("计数", "counting"),
        "matting": ("抠图", "matting"),
        "trajectory": ("轨迹预测", "trajectory prediction"),
        "lane-detection": ("车道线检测", "lane detection"),
        "emotion": ("情感识别", "emotion recognition"),
        "weakly-supervised": ("弱监督学习", "weak supervision"),
        "face-detection": ("人脸检测", "face detection"),
        "other": ("其他", "other"),
    },
    "level": {
        "parity": ("与参照代码一致", "parity"),
        "figures": ("参数量与计算量相符", "figures"),
        "runs": ("可运行", "runs"),
        "unverified": ("未验证", "not verified"),
        "stub": ("尚未实现", "not built yet"),
        "nothing-to-build": ("无需实现", "nothing to build"),
    },
    # What this paper is to the other, and what the other is to this one.
    "relation": {
        "cheaper": ("更省的替代", "cheaper than"),
        "extends": ("扩展自", "extends"),
        "same-idea": ("思路相近", "same idea"),
        "combines": ("融合了", "combines"),
        "contrasts": ("取舍不同", "another choice"),
        "special-case": ("是其特例", "special case of"),
        "successor": ("后续版本", "successor of"),
        "uses": ("用到了", "uses"),
    },
}

_WORDS: dict[str, tuple[str, str]] = {
    # Parity, where it is known with whose code.
    "level_official": ("与原作代码一致", "parity"),
    "level_peer": ("与他人的实现一致", "parity (peer)"),
    # the paper page
    "behind": ("英文已改，此处待更新", "the Chinese text has changed since"),
    "idea": ("思路", "Idea"),
    "use": ("什么时候用", "When to use it"),
    "formula": ("公式", "Formula"),
    "symbol": ("符号", "symbol"),
    "meaning": ("含义", "meaning"),
    "flow": ("数据流", "Data flow"),
    "try": ("试一试", "Try it"),
    "insertion": ("插在哪里", "Where it goes"),
    "parameters": ("参数", "Parameters"),
    "parameter": ("参数", "parameter"),
    "default": ("默认值", "default"),
    "required": ("必填", "required"),
    "evidence": ("凭什么说它是对的", "How we know it is right"),
    "cost": ("开销", "Cost"),
    "code": ("代码", "Code"),
    "neighbours": ("相关论文", "Neighbours"),
    "cite": ("引用", "Cite"),
    "links": ("链接", "Links"),
    "facts": ("概况", "At a glance"),
    "kind": ("类别", "kind"),
    "section": ("分区", "section"),
    "venue": ("发表", "venue"),
    "year": ("年份", "year"),
    "authors": ("作者", "authors"),
    "domain": ("作用对象", "weighs"),
    "growth": ("开销随尺寸", "cost grows"),
    "context": ("视野", "sees"),
    "plug": ("接入方式", "plugs in by"),
    "modality": ("数据", "data"),
    "tasks": ("任务", "tasks"),
    "level": ("验证等级", "evidence"),
    "shape": ("形状", "shape"),
    "parameter_free": ("无新增参数", "adds no parameters"),
    "variants": ("完整网络", "Full networks"),
    "variant": ("名称", "name"),
    "class": ("类", "class"),
    "arguments": ("实参", "arguments"),
    "paper": ("论文", "paper"),
    "repository": ("代码仓库", "repository"),
    "official": ("作者官方", "the authors'"),
    "unofficial": ("非作者", "not the authors'"),
    "licence": ("许可", "licence"),
    "none_stated": ("未声明", "none stated"),
    "explanation": ("解读", "explanation"),
    "download": ("下载 {file}", "Download {file}"),
    "download_note": (
        "单个文件，只依赖 torch，可直接放进自己的项目。",
        "One file that needs nothing but torch: put it into your own project.",
    ),
    "whole_file": ("查看整个文件（含完整网络）", "the whole file, with the full network"),
    "core_only": (
        "以下为核心模块；同一文件里还有 {names}。",
        "This is the core module; the same file also has {names}.",
    ),
    "copy_by_command": ("或用命令复制：", "Or copy it by command:"),
    "whole_title": ("{id}：整个文件", "{id}: the whole file"),
    "back": ("回到论文页", "back to the paper"),
    "lines": ("{count} 行", "{count} lines"),
    "not_built": (
        "这篇论文还没有实现：库里只有占位，调用时会给出论文地址。欢迎[贡献一个实现](../guides/contributing.md)。",
        "This paper is not built yet: the library has a stub that says where the paper is. "
        "You can [contribute an implementation](../guides/contributing.md).",
    ),
    "nothing": ("没有可实现的模块：", "There is no module to build: "),
    "flow_caption": (
        "按运行顺序排列的各个部件，形状由 verify 实测（{sizes}）。直接写在 forward 里的运算（池化、相乘、"
        "相加等）不单独成框。",
        "The parts in the order in which they run, with shapes as verify measured them ({sizes}). "
        "Operations written directly in forward (pooling, products, sums) are no boxes.",
    ),
    "flow_more": ("其余 {count} 个部件从略。", "{count} more parts are left out."),
    "flow_none": (
        "核心模块没有子部件，运算全部写在 forward 里。",
        "The core module has no parts of its own: all of it is written in forward.",
    ),
    "flow_label": ("{name} 的数据流：{steps}", "Data flow of {name}: {steps}"),
    "flow_input": ("输入", "input"),
    "flow_output": ("输出", "output"),
    "not_measured": ("尚未测量。", "Not measured yet."),
    "insert_into": ("插入 {backbone}，位置 {where}：", "Into {backbone}, at {where}:"),
    "no_insertion": (
        "论文没有给出插进某个参考网络的做法。",
        "The paper names no place in one of the reference networks.",
    ),
    "not_inserted": (
        "它不是能单独插进别的网络的模块：单独构建，按输入、输出的形状接好即可。",
        "It is no module to insert by itself: build it, and connect it by the shapes of what it takes and gives.",
    ),
    "whole_networks": (
        "它不是能单独插进别的网络的模块：直接使用下面的[完整网络](#variants)，或单独构建后自行搭进网络。",
        "It is no module to insert by itself: take one of the [full networks](#variants) below, or build it and write "
        "your network around it.",
    ),
    "insert_usual": ("与论文的用法不尽相同。", "Not quite as in the paper. "),
    "replace_note": (
        "被替换的层换成新的权重，其余参数名不变，旧权重照常加载；匹配规则见[接口文档](../reference.md)。",
        "The layers that are replaced get new weights; all other names stay, so that the rest of an old checkpoint "
        "goes on loading; the [reference](../reference.md) tells how places are matched.",
    ),
    "insert_note": (
        "insert 不改动原有的参数名，旧权重照常加载；匹配规则见[接口文档](../reference.md)。",
        "insert renames nothing, so old checkpoints go on loading; the [reference](../reference.md) tells how "
        "places are matched.",
    ),
    "level_parity_official": (
        "输出和输入梯度与**作者官方代码**一致，误差 {error}（相对于输出的变化幅度），共 {cases} 组配置。",
        "Outputs and input gradients equal those of **the authors' own code** with an error {error} relative to "
        "what the module changes, in {cases} configurations.",
    ),
    "level_parity_peer": (
        "输出和输入梯度与一份**他人的实现**（不是作者代码）一致，误差 {error}，共 {cases} 组配置。",
        "Outputs and input gradients equal those of **an implementation by others** (not the authors) with an "
        "error {error}, in {cases} configurations.",
    ),
    "level_figures": (
        "没有可比对的代码；按论文重建的网络，参数量与乘加次数同论文表格相符。",
        "There was no code to compare with; the counts of parameters and multiply-accumulates equal the "
        "published ones.",
    ),
    "level_runs": (
        "没有可比对的代码或表格；形状、梯度、精度、编译、导出等检查全部通过。",
        "There was neither code nor a table to compare with; it keeps the contract of shapes, gradients, "
        "precisions, compilation and export.",
    ),
    "level_unverified": (
        "文件在上次验证之后有改动，此处的结论需要重新运行 `python -m generator verify`。",
        "The file has changed since it was last verified; `python -m generator verify` has to run again.",
    ),
    "compared_with": ("比对对象", "compared with"),
    "commit": ("提交", "commit"),
    "file": ("文件", "file"),
    "record": ("比对记录", "record"),
    "error": ("误差", "error"),
    "patched": ("运行对方代码前所做的修改", "What was changed to make that code run"),
    "notes": ("与对方代码的异同", "What to know"),
    "speed": ("与对方代码比速度", "Speed beside that code"),
    "speed_note": (
        "同一次运行中交替计时，数值为本库耗时 ÷ 对方耗时的中位数，小于 1 表示更快；括号内为四分位。",
        "Timed in turns within one run: the median of our time over theirs, below 1 is faster; quartiles in brackets.",
    ),
    "case": ("配置", "case"),
    "input": ("输入", "input"),
    "mode": ("方式", "pass"),
    "forward": ("前向", "forward"),
    "forward+backward": ("前向加反向", "forward and backward"),
    "ratio": ("耗时比", "time ratio"),
    "memory": ("内存比", "memory ratio"),
    "figures": ("论文数字与实测数字", "Published and counted"),
    "figures_note": (
        "参数量须在论文给出的精度内相符，乘加次数须相差不到 1%。“—” 表示论文没有给出，或这里没有重建该网络。",
        "Parameters must agree in the published precision, multiply-accumulates within 1 %. A dash: not "
        "published, or not rebuilt here.",
    ),
    "model": ("网络", "network"),
    "params": ("参数量", "parameters"),
    "macs": ("乘加次数", "multiply-adds"),
    "published": ("论文", "published"),
    "counted": ("实测", "counted"),
    "source": ("出处", "source"),
    "fits": ("相符", "agrees"),
    "differs": ("不符", "differs"),
    "results": ("论文报告的效果", "Published results"),
    "result": ("结果", "result"),
    "baseline": ("不用该方法", "without it"),
    "calculator": ("按你的形状计算", "At your own shape"),
    "calculator_note": (
        "由封闭公式在浏览器里计算，不联网；公式在测试中与实测计数核对。",
        "Closed forms, evaluated in your browser; the tests check them against counted figures.",
    ),
    "conv_ratio": ("相对同宽 3×3 卷积", "against a 3×3 convolution of that width"),
    "closed_form": ("公式", "closed form"),
    "value": ("数值", "value"),
    "at_example": ("取 {sizes} 时", "at {sizes}"),
    "attention_ratio": ("相对全局自注意力", "against global self-attention"),
    "measured": ("实测耗时比", "Measured ratios"),
    "measured_note": (
        "在同一次运行里与参照模块轮流计时，数值为耗时之比的中位数，括号内为四分位；怎么读见"
        "[基准测试指南](../guides/benchmarks.md)。",
        "Timed in turns with the references at the same shape: the median of the ratio of times, quartiles in "
        "brackets; see [how to read the benchmarks](../guides/benchmarks.md).",
    ),
    "not_timed": ("还没有耗时记录。", "No timing has been recorded yet."),
    "health": ("状态", "state"),
    "unchecked": ("尚未检查", "not checked yet"),
    "this_to": ("本文", "this paper"),
    "from_others": ("引到本文的论文", "Papers that point here"),
    "tally_papers": ("篇论文", "papers"),
    "tally_proved": ("个实现与参照代码逐项一致", "proved equal to reference code"),
    "tally_built": ("个可直接使用的模块", "modules ready to use"),
    # the explorer
    "explorer": ("论文一览", "All papers"),
    "explorer_lead": (
        "{count} 篇论文，已实现 {built} 篇，其中 {parity} 篇与参照代码逐项一致。筛选条件会写进地址栏，可以直接分享。",
        "{count} papers, {built} of them built, {parity} proved equal to reference code. Filters go into the "
        "address, so a view can be shared.",
    ),
    "search": ("搜索标题、作者、思路", "Search titles, authors, ideas"),
    "any": ("不限", "any"),
    "reset": ("清除条件", "Reset"),
    "shown": ("显示 {n} / {total} 篇", "{n} of {total} shown"),
    "sort_by": ("排序：{name}", "Sort by {name}"),
    "year_from": ("年份从", "from year"),
    "year_to": ("到", "to"),
    "implemented": ("已实现", "built"),
    "no_match": ("没有符合条件的论文。", "No paper fits."),
    "more_filters": ("更多条件", "More filters"),
    "table_label": ("论文表，可左右滚动", "Table of papers, scrolls sideways"),
    "equal_macs": ("乘加次数（{shape}）", "multiply-adds at {shape}"),
    "count_label": ("篇数", "papers"),
    # charts
    "or": ("或", " or "),
    "timeline_label": (
        "{first} 至 {last} 年各年论文数，按作用方式分色；{most} 年最多，有 {count} 篇",
        "Papers per year from {first} to {last}, coloured by how they plug in; most in {most}, with {count}",
    ),
    "scatter_label": (
        "{count} 个已实现模块在 {shape} 特征图上的参数量（横轴）与乘加次数（纵轴），由封闭公式算出，对数坐标",
        "Parameters (across) and multiply-adds (up) of {count} modules on a feature map of {shape}, from their "
        "closed forms, on logarithmic axes",
    ),
    "scatter_x": ("参数量", "parameters"),
    "scatter_y": ("乘加次数（单个样本）", "multiply-adds per item"),
    "map_label": (
        "分类图：{count} 篇论文按类别与视野排布，每个方块是一篇",
        "Taxonomy: {count} papers by kind and by how far they see; each square is one",
    ),
    "papers_count": ("{count} 篇", "{count} papers"),
    "paper_count": ("{count} 篇", "{count} paper"),
    # deciding
    "decide_plug": ("你想怎么接入？", "How do you want to plug it in?"),
    "decide_domain": ("要加权或选择什么？", "What should be weighed?"),
    "decide_context": ("一个位置要看多远？", "How far must one position see?"),
    "decide_cost": ("开销随位置数怎样增长才可接受？", "How may the cost grow with the number of positions?"),
    "decide_task": ("做什么任务？", "For which task?"),
    "decide_free": ("不许新增参数", "No extra parameters"),
    "decide_built": ("只看已有实现的", "Only those that are built"),
    "decide_count": ("符合条件：{n} 篇", "Papers that fit: {n}"),
    "decide_none": (
        "没有论文同时满足这些条件；放宽其中一个试试。",
        "No paper meets all of these; relax one of them.",
    ),
    # the reference
    "raises": ("异常", "Raises"),
    "returns": ("返回", "Returns"),
    "attributes": ("字段", "Attributes"),
}


class _Words(dict[str, str]):
    """Words that are attributes too: a template asks for the attribute first, and a miss costs more than a hit."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self.__dict__ = self


@cache
def words(language: Language) -> dict[str, str]:
    """The words of the generated pages in one language."""
    return _Words({key: texts[LANGUAGES.index(language)] for key, texts in _WORDS.items()})


def level_name(level: str, source: str | None, language: Language) -> str:
    """What a level is called; parity says whose code it was measured with, where that is known."""
    return words(language)[f"level_{source}"] if level == "parity" and source else term("level", level, language)


def term(group: str, value: str, language: Language) -> str:
    """What ``value`` is called; a task that nobody has named yet stands as it is, its hyphens as spaces."""
    texts = TERMS[group].get(value)
    return texts[LANGUAGES.index(language)] if texts else value.replace("-", " ")
