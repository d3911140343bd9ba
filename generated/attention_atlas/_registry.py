"""Every paper of the catalogue. Generated from catalog.yaml: edit that."""

from __future__ import annotations

from ._types import PaperInfo, Recipe, Variant

PAPERS: dict[str, PaperInfo] = {
    "a2_fpn": PaperInfo(
        id="a2_fpn",
        title="A2-FPN: Attention Aggregation Based Feature Pyramid Network for Instance Segmentation",
        authors=("Miao Hu", "Yali Li", "Lu Fang", "Shengjin Wang"),
        venue="CVPR",
        year=2021,
        kind="fusion",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2105.03186",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Rebuilds the feature pyramid with attention at three places: global context is collected from several "
                "backbone levels and handed back before channels are cut, up- and down-sampling use kernels predicted "
                "per location from adjacent levels, and channels are reweighted before levels are added."
            ),
            "zh": (
                "在特征金字塔的三处加入注意力：降维之前先从多个层级收集全局上下文再分发回各层；上下采样改用由相邻层预测"
                "的逐位置重组核；相加融合之前再对各通道重新加权，使相邻层级的语义更加一致。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "a2_nets": PaperInfo(
        id="a2_nets",
        title="A^2-Nets: Double Attention Networks",
        authors=("Yunpeng Chen", "Yannis Kalantidis", "Jianshu Li", "Shuicheng Yan", "Jiashi Feng"),
        venue="NeurIPS",
        year=2018,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1810.11579",
        code_url="https://github.com/nguyenvo09/Double-Attention-Network",
        official_code=False,
        idea={
            "en": (
                "Softmax maps over positions first gather the feature map into a small set of global vectors by "
                "bilinear pooling; every position then draws from that set with its own softmax weights over the "
                "vectors, and the result is added back."
            ),
            "zh": (
                "先用若干张在位置上 Softmax 的注意力图，以双线性池化把特征图汇聚成少量全局向量；各位置再用自己的 "
                "Softmax 权重从中取用，经 1×1 卷积后残差加回。"
            ),
        },
        level="parity",
        implemented=True,
        cls="DoubleAttention",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={"few-vectors": {"channels": 48, "feature_reduction": 2, "vector_reduction": 8}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:layer3.[024]",
                note={
                    "en": (
                        "Three blocks in one stage, as is usual for non-local blocks; no code tells the authors' own "
                        "places."
                    ),
                    "zh": "按非局部块的惯例在同一阶段插入三个；作者未公开代码，其原位置无从核实。",
                },
            ),
        ),
        key_maps=("DoubleAttention",),
    ),
    "aa_conv": PaperInfo(
        id="aa_conv",
        title="Attention Augmented Convolutional Networks",
        authors=("Irwan Bello", "Barret Zoph", "Ashish Vaswani", "Jonathon Shlens", "Quoc V. Le"),
        venue="ICCV",
        year=2019,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1904.09925",
        code_url="https://github.com/leaderj1001/Attention-Augmented-Conv2d",
        official_code=False,
        idea={
            "en": (
                "A convolution delivers part of the output channels; multi-head self-attention over all positions, "
                "with learned relative height and width terms in its logits, delivers the rest, and both parts are "
                "concatenated."
            ),
            "zh": (
                "输出通道一部分由普通卷积产生，另一部分由覆盖全图的多头自注意力产生，注意力分数中加入可学习的相对高、宽"
                "位置项，最后把两部分沿通道拼接。"
            ),
        },
        level="figures",
        implemented=True,
        cls="AAConv",
        shape="B C H W -> B O H W",
        axes={"O": "out_channels"},
        example={"in_channels": 32, "out_channels": 32, "key_channels": 16, "value_channels": 8, "num_heads": 4},
        cases={
            "no-positions": {
                "in_channels": 16,
                "out_channels": 24,
                "key_channels": 8,
                "value_channels": 16,
                "num_heads": 2,
                "relative": False,
                "bias": True,
            },
            "large-map": {
                "in_channels": 16,
                "out_channels": 24,
                "key_channels": 8,
                "value_channels": 8,
                "num_heads": 2,
                "downsample": True,
            },
            "stage-three": {"in_channels": 256, "out_channels": 256, "key_channels": 160, "value_channels": 24},
        },
        recipes=(
            Recipe(
                backbone="resnet50",
                where="replace:layer3.*.conv2",
                arguments={"key_channels": 160, "value_channels": 24},
                note={
                    "en": (
                        "The convolutions of one stage only; the paper's networks (the variants) augment those of "
                        "several."
                    ),
                    "zh": "只替换一个阶段的卷积；论文的完整网络（见各变体）增强了多个阶段。",
                },
            ),
        ),
        variants={
            "aa_resnet34": Variant(
                cls="AAResNet",
                arguments={"layers": (3, 4, 6, 3), "ratios": (0.25, 0.25), "bottleneck": False},
                input=224,
            ),
            "aa_resnet50": Variant(cls="AAResNet", arguments={}, input=224),
            "aa_resnet101": Variant(cls="AAResNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "aa_resnet152": Variant(cls="AAResNet", arguments={"layers": (3, 8, 36, 3)}, input=224),
        },
    ),
    "acmix": PaperInfo(
        id="acmix",
        title="On the Integration of Self-Attention and Convolution",
        authors=("Xuran Pan", "Chunjiang Ge", "Rui Lu", "Shiji Song", "Guanfu Chen", "Zeyi Huang", "Gao Huang"),
        venue="CVPR",
        year=2022,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2111.14556",
        code_url="https://github.com/LeapLabTHU/ACmix",
        official_code=True,
        idea={
            "en": (
                "Computes one shared set of three 1x1 projections and uses it twice: as query, key and value of "
                "attention in a small neighbourhood, and, after a light linear layer, as the terms of a convolution "
                "done by shifting and adding; two learned scalars weigh the sum."
            ),
            "zh": (
                "三个 1x1 "
                "投影只算一次，却用于两条路径：一条作为查询、键、值在小邻域内做自注意力；另一条经轻量线性层重组后，用移"
                "位求和的方式完成卷积。两条路径的输出各乘一个可学习标量后相加。"
            ),
        },
        level="parity",
        implemented=True,
        cls="ACmix",
        shape="B C H W -> B O H W",
        axes={"O": "out_channels"},
        example={"in_channels": 16, "out_channels": 16},
        cases={
            "small-window": {"in_channels": 16, "out_channels": 24, "attention_size": 3, "num_heads": 2},
            "stage-three": {"in_channels": 256, "out_channels": 256},
        },
        recipes=(Recipe(backbone="resnet50", where="replace:layer*.*.conv2"),),
        variants={
            "acmix_swin_t": Variant(cls="ACmixSwin", arguments={}, input=224),
            "acmix_swin_s": Variant(cls="ACmixSwin", arguments={"depths": (2, 2, 18, 2), "drop_path": 0.3}, input=224),
        },
        key_maps=("ACmix", "ACmixSwin", "WindowACmix"),
    ),
    "acnet": PaperInfo(
        id="acnet",
        title="ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric Convolution Blocks",
        authors=("Xiaohan Ding", "Yuchen Guo", "Guiguang Ding", "Jungong Han"),
        venue="ICCV",
        year=2019,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1908.03930",
        code_url="https://github.com/DingXiaoH/ACNet",
        official_code=True,
        idea={
            "en": (
                "Trains each square convolution together with a vertical and a horizontal strip convolution, each with "
                "its own batch normalisation, and sums the three outputs; because convolution is linear, all three "
                "fold into one square kernel with a bias after training."
            ),
            "zh": (
                "训练时让方形卷积与竖条、横条两个卷积并行，各带批归一化后输出相加；由于卷积是线性的，训练完成后三者可以"
                "等价地合并成一个带偏置的方形卷积核，相当于加强了卷积核的“十字骨架”。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "aff": PaperInfo(
        id="aff",
        title="Attentional Feature Fusion",
        authors=("Yimian Dai", "Fabian Gieseke", "Stefan Oehmcke", "Yiquan Wu", "Kobus Barnard"),
        venue="WACV",
        year=2021,
        kind="fusion",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2009.14082",
        code_url="https://github.com/YimianDai/open-aff",
        official_code=True,
        idea={
            "en": (
                "Two feature maps are summed and passed through a point-wise bottleneck and a globally pooled "
                "bottleneck; the sigmoid of both together gives weights for the first map, and their complement "
                "weights the second. iAFF repeats this to refine the initial sum."
            ),
            "zh": (
                "两路特征先相加，分别经过逐点瓶颈和全局池化瓶颈，相加后过 Sigmoid "
                "得到第一路的权重，第二路用其补数，实现软选择；iAFF 把初始相加也换成同样的融合，做两轮。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "all_attention": PaperInfo(
        id="all_attention",
        title="Augmenting Self-attention with Persistent Memory",
        authors=("Sainbayar Sukhbaatar", "Edouard Grave", "Guillaume Lample", "Hervé Jégou", "Armand Joulin"),
        venue="arXiv",
        year=2019,
        kind="transformer-block",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1907.01470",
        code_url="https://github.com/facebookresearch/adaptive-span",
        official_code=True,
        idea={
            "en": (
                "Learned key and value vectors that do not depend on the input are appended to the context of every "
                "attention head and share its softmax. They take over the role of the feed-forward sub-layer, which is "
                "removed, so a transformer consists of attention only."
            ),
            "zh": (
                "在每个注意力头的上下文后附加一组与输入无关的可学习键值向量，与上下文共用同一个 "
                "softmax；它们承担前馈子层的作用，于是前馈层可以去掉，整个网络只剩注意力。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "apnet": PaperInfo(
        id="apnet",
        title="Person Re-identification via Attention Pyramid",
        authors=("Guangyi Chen", "Tianpei Gu", "Jiwen Lu", "Jin-An Bao", "Jie Zhou"),
        venue="IEEE TIP",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2108.05340",
        code_url="https://github.com/CHENGY12/APNet",
        official_code=True,
        idea={
            "en": (
                "Attention is learned at several granularities: a level splits the channels into parts, pools and "
                "gates every part, and merges them by a softmax across parts; levels with different splits are stacked "
                "with residual links, forming a pyramid behind each backbone stage."
            ),
            "zh": (
                "在多个粒度上学习注意力：某一层级把通道切成若干部分，各自池化并门控，再在部分之间做 softmax "
                "合并；不同切分数的层级以残差方式叠成金字塔，接在主干网络各阶段之后。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "asymmetric_non_local": PaperInfo(
        id="asymmetric_non_local",
        title="Asymmetric Non-local Neural Networks for Semantic Segmentation",
        authors=("Zhen Zhu", "Mengde Xu", "Song Bai", "Tengteng Huang", "Xiang Bai"),
        venue="ICCV",
        year=2019,
        kind="non-local",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1908.07678",
        code_url="https://github.com/MendelXu/ANN",
        official_code=True,
        idea={
            "en": (
                "Keys and values of a non-local block are replaced by a few spatial-pyramid-pooled anchors, so "
                "affinity is positions by anchors. One block refines a single map (APNB); another takes queries from "
                "deep and keys from shallow features to fuse levels (AFNB)."
            ),
            "zh": (
                "非局部模块的键和值先经空间金字塔池化压成少量锚点，相似度只在位置与锚点间计算。APNB "
                "用于单层特征增强；AFNB 以高层特征为查询、低层特征为键值，完成跨层融合。"
            ),
        },
        level="parity",
        implemented=True,
        cls="APNB",
        shape="B C H W -> B C H W",
        example={"channels": 64, "key_channels": 32, "value_channels": 32},
        cases={"wide": {"channels": 144, "key_channels": 16, "value_channels": 24}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:layer4.2",
                note={
                    "en": (
                        "The paper puts it into a segmentation head, behind a convolution that reduces the channels of "
                        "a dilated network."
                    ),
                    "zh": "论文把它放在分割头中：主干网络采用空洞卷积，先用一层卷积降低通道数，再接本模块。",
                },
            ),
        ),
        key_maps=("AFNB", "APNB"),
    ),
    "atac": PaperInfo(
        id="atac",
        title="Attention as Activation",
        authors=("Yimian Dai", "Stefan Oehmcke", "Fabian Gieseke", "Yiquan Wu", "Kobus Barnard"),
        venue="ICPR",
        year=2020,
        kind="activation",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2007.07729",
        code_url="https://github.com/YimianDai/open-atac",
        official_code=True,
        idea={
            "en": (
                "Every ReLU becomes a gate: a pair of 1x1 convolutions with batch normalisation and a narrow middle "
                "computes, at each position from its own channels alone, a sigmoid weight per element that multiplies "
                "the input. Activation and channel attention become the same operation."
            ),
            "zh": (
                "把每个 ReLU 换成门控：两层带批归一化、中间变窄的 1x1 卷积，只凭每个位置自身的各通道算出逐元素的 "
                "sigmoid 权重并乘回输入，激活函数与通道注意力合二为一。"
            ),
        },
        level="runs",
        implemented=True,
        cls="ATAC",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={
            "global": {"channels": 64, "context": "global"},
            "narrow": {"channels": 64, "reduction": 16, "relu": False},
        },
        variants={"atac_resnet50": Variant(cls="ATACResNet", arguments={}, input=224)},
    ),
    "att_darts": PaperInfo(
        id="att_darts",
        title="Att-DARTS: Differentiable Neural Architecture Search for Attention",
        authors=("Kohei Nakai", "Takashi Matsubara", "Kuniaki Uehara"),
        venue="IJCNN",
        year=2020,
        kind="nas",
        sections=("attention-mechanism",),
        paper_url="http://vigir.missouri.edu/~gdesouza/Research/Conference_CDs/IEEE_WCCI_2020/IJCNN/Papers/N-21042.pdf",
        code_url="https://github.com/chomin/Att-DARTS",
        official_code=True,
        idea={
            "en": (
                "Gives every edge of a DARTS cell a second choice: after the convolution or pooling operation, one of "
                "several known attention modules or none is picked, with its own softmax weights learned by gradient, "
                "so operation and attention are found jointly."
            ),
            "zh": (
                "在 DARTS "
                "单元的每条边上增加第二项选择：卷积或池化算子之后，再从若干现有注意力模块（也可以不用）中挑一个，两者各"
                "有一组 softmax 结构权重，由梯度联合学习，最后得到固定的单元结构。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "attention_survey": PaperInfo(
        id="attention_survey",
        title="An Attentive Survey of Attention Models",
        authors=("Sneha Chaudhari", "Varun Mithal", "Gungor Polatkan", "Rohan Ramanath"),
        venue="ACM TIST",
        year=2021,
        kind="survey",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1904.02874",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "A survey of attention models across neural networks. It sorts them by number of sequences, levels of "
                "abstraction, positions attended and representations, then reviews architectures that use attention, "
                "their applications, and attention as a means of interpretation."
            ),
            "zh": (
                "一篇注意力模型综述：按序列数量、抽象层级、关注位置、表示数量四个维度分类，再梳理引入注意力的网络结构、"
                "应用领域，以及把注意力用于解释模型的研究。"
            ),
        },
        level="nothing-to-build",
        implemented=False,
        nothing_to_build="A survey of attention models: it orders the literature and proposes no module of its own.",
    ),
    "attentive_normalization": PaperInfo(
        id="attentive_normalization",
        title="Attentive Normalization",
        authors=("Xilai Li", "Wei Sun", "Tianfu Wu"),
        venue="ECCV",
        year=2020,
        kind="normalization",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1908.01259",
        code_url="https://github.com/iVMCL/AOGNet-v2",
        official_code=True,
        idea={
            "en": (
                "After standardisation by batch or group statistics, the scale and shift are no longer one learned "
                "pair: a small gate, fed by pooled features, mixes K learned pairs differently for each image, so "
                "feature normalisation and channel attention happen in one layer."
            ),
            "zh": (
                "在按批或按组标准化之后，缩放与平移不再是单独一对参数，而由池化特征驱动的小门控对 K "
                "组可学习参数逐图像加权混合，一层内同时完成归一化与通道注意力。"
            ),
        },
        level="parity",
        implemented=True,
        cls="AttentiveNorm",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={
            "mean-alone": {"channels": 64, "standardize": False},
            "groups": {"channels": 64, "components": 5, "groups": 8, "gate": "softmax"},
            "two-layers": {"channels": 32, "components": 5, "gate_norm": False, "hidden": True},
            "stage-three": {"channels": 256, "components": 20},
        },
        recipes=(Recipe(backbone="resnet50", where="replace:layer*.bn2", arguments={"components": 10}),),
        variants={
            "resnet50_an": Variant(cls="AttentiveNormResNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "resnet101_an": Variant(cls="AttentiveNormResNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "mobilenet_v2_an": Variant(cls="AttentiveNormMobileNetV2", arguments={}, input=224),
        },
        key_maps=("AttentiveNorm",),
    ),
    "autonl": PaperInfo(
        id="autonl",
        title="Neural Architecture Search for Lightweight Non-Local Networks",
        authors=(
            "Yingwei Li",
            "Xiaojie Jin",
            "Jieru Mei",
            "Xiaochen Lian",
            "Linjie Yang",
            "Cihang Xie",
            "Qihang Yu",
            "Yuyin Zhou",
            "Song Bai",
            "Alan Yuille",
        ),
        venue="CVPR",
        year=2020,
        kind="non-local",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2004.01961",
        code_url="https://github.com/LiYingwei/AutoNL",
        official_code=True,
        idea={
            "en": (
                "LightNL strips the non-local block of its 1x1 projections: queries, keys and values are slices or "
                "strided copies of the same feature map, the product is evaluated in the cheaper order, and a "
                "depthwise convolution forms the output. A search picks where blocks go and how compact they are."
            ),
            "zh": (
                "LightNL 去掉非局部模块的 1×1 "
                "投影：查询、键、值直接取自同一特征图的部分通道或下采样结果，按更省的次序做矩阵乘，最后接深度卷积输出；"
                "插入位置与压缩程度由神经架构搜索决定。"
            ),
        },
        level="parity",
        implemented=True,
        cls="LightNL",
        shape="B C H W -> B C H W",
        example={"channels": 16},
        cases={
            "pairs-first": {"channels": 32, "ratio": 0.5, "stride": 1},
            "all-channels": {"channels": 12, "ratio": 1.0, "stride": 3},
        },
        recipes=(
            Recipe(
                backbone="mobilenet_v2",
                where="after:features.1[0-6].conv.3",
                arguments={"ratio": 0.25, "stride": 1},
                note={
                    "en": (
                        "A search chose the authors' places; this is one block at the end of each later inverted "
                        "residual."
                    ),
                    "zh": "论文的插入位置由搜索得到；这里只是在靠后的各个倒残差块末尾各放一个。",
                },
            ),
        ),
        key_maps=("LightNL",),
    ),
    "aw_conv": PaperInfo(
        id="aw_conv",
        title="An Attention Module for Convolutional Neural Networks",
        authors=("Zhu Baozhou", "Peter Hofstee", "Jinho Lee", "Zaid Al-Ars"),
        venue="ICANN",
        year=2021,
        kind="dynamic-convolution",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2108.08205",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "The attention map has the shape of the convolution kernel: pooled features of the input pass through "
                "point-wise and grouped convolutions that output one factor per kernel entry, which multiplies the "
                "weights before that image is convolved. Activation attention can be kept as well."
            ),
            "zh": (
                "注意力图与卷积核同形：由输入的池化特征经逐点和分组卷积为每个核元素生成系数，乘到权重上再对该图像做卷积"
                "；原有的激活注意力也可以同时保留。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "ba2m": PaperInfo(
        id="ba2m",
        title="BA^2M: A Batch Aware Attention Module for Image Classification",
        authors=("Qishang Cheng", "Hongliang Li", "Qingbo Wu", "King Ngi Ngan"),
        venue="arXiv",
        year=2021,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2103.15099",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Whole images in a batch are weighted against each other. For every sample a channel map, a local "
                "convolutional map and a self-attention map are merged by maximum and averaged to one score; a softmax "
                "across the batch turns the scores into one multiplier per image."
            ),
            "zh": (
                "在一个批次内给整张图像分配权重：每个样本分别计算通道、局部空间和全局空间三种注意力，逐元素取最大再平均"
                "成一个分数，最后在批内做 softmax，得到每张图像的缩放系数。"
            ),
        },
        level="runs",
        implemented=True,
        cls="BA2M",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"bare-softmax": {"channels": 64, "rescale": False}, "stage-three": {"channels": 256}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:*.bn3",
                note={
                    "en": (
                        "At the end of each residual branch, before the addition; no code tells the authors' own place."
                    ),
                    "zh": "放在每个残差分支末尾、相加之前；作者未公开代码，其原位置无从核实。",
                },
            ),
            Recipe(
                backbone="resnet18",
                where="after:*.bn2",
                note={
                    "en": (
                        "At the end of each residual branch, before the addition; no code tells the authors' own place."
                    ),
                    "zh": "放在每个残差分支末尾、相加之前；作者未公开代码，其原位置无从核实。",
                },
            ),
        ),
    ),
    "bam": PaperInfo(
        id="bam",
        title="BAM: Bottleneck Attention Module",
        authors=("Jongchan Park", "Sanghyun Woo", "Joon-Young Lee", "In So Kweon"),
        venue="BMVC",
        year=2018,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1807.06514",
        code_url="https://github.com/Jongchan/attention-module",
        official_code=True,
        idea={
            "en": (
                "A pooled-MLP channel branch and a spatial branch of reduced, dilated 3x3 convolutions run in "
                "parallel; their broadcast combination passes a sigmoid to form a full attention volume, used "
                "residually. It sits only between stages, where resolution drops."
            ),
            "zh": (
                "通道分支（全局平均池化加 MLP）与空间分支（降维后接空洞卷积）并联，广播合并后经 Sigmoid "
                "得到三维注意力图，以残差方式作用于特征图；只放在各阶段之间的下采样处。"
            ),
        },
        level="parity",
        implemented=True,
        cls="BAM",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={
            "paper": {"channels": 64, "fusion": "sum", "normalize_last": True},
            "sum": {"channels": 64, "fusion": "sum"},
            "max": {"channels": 64, "fusion": "max"},
            "channel": {"channels": 64, "spatial": False},
            "spatial": {"channels": 64, "channel": False},
            "stage-three": {"channels": 1024},
        },
        recipes=(
            Recipe(backbone="resnet50", where="after:layer[123]"),
            Recipe(backbone="resnet18", where="after:layer[123]"),
        ),
        key_maps=("BAM",),
    ),
    "bam_sr": PaperInfo(
        id="bam_sr",
        title="BAM: A Balanced Attention Mechanism for Single Image Super Resolution",
        authors=("Fanyi Wang", "Haotian Hu", "Cheng Shen"),
        venue="Journal of Real-Time Image Processing",
        year=2022,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2104.07566",
        code_url="https://github.com/dandingbudanding/BAM",
        official_code=True,
        idea={
            "en": (
                "Two gates work side by side on the same input: average pooling and a two-layer bottleneck yield "
                "channel weights, while the maximum over channels and one 7x7 convolution yield a spatial map. Both "
                "sigmoids multiply the features together."
            ),
            "zh": (
                "两路门控并联作用于同一输入：平均池化加两层瓶颈得到通道权重，沿通道取最大再经一个 7x7 "
                "卷积得到空间权重，两个 sigmoid 输出一并乘到特征图上。"
            ),
        },
        level="parity",
        implemented=True,
        cls="BAM",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"both-pools": {"channels": 64, "both_pools": True}, "patch": {"channels": 64}},
        recipes=(Recipe(backbone="edsr", where="after:body"),),
        key_maps=("BAM",),
    ),
    "bisenet": PaperInfo(
        id="bisenet",
        title="BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation",
        authors=("Changqian Yu", "Jingbo Wang", "Chao Peng", "Changxin Gao", "Gang Yu", "Nong Sang"),
        venue="ECCV",
        year=2018,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1808.00897",
        code_url="https://github.com/ycszen/TorchSeg",
        official_code=True,
        idea={
            "en": (
                "A shallow three-layer path keeps spatial detail at one eighth of the input size while a fast backbone "
                "gathers context. Globally pooled channel gates refine the context stages, and an SE-like gate weights "
                "the concatenated paths when they are fused."
            ),
            "zh": (
                "一条三层卷积的浅路径在八分之一分辨率上保留空间细节，另一条用快速下采样的主干获取上下文；上下文特征由全"
                "局池化的通道门控细化，两路拼接后再用 SE 式门控融合。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "botnet": PaperInfo(
        id="botnet",
        title="Bottleneck Transformers for Visual Recognition",
        authors=(
            "Aravind Srinivas",
            "Tsung-Yi Lin",
            "Niki Parmar",
            "Jonathon Shlens",
            "Pieter Abbeel",
            "Ashish Vaswani",
        ),
        venue="CVPR",
        year=2021,
        kind="self-attention",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2101.11605",
        code_url="https://github.com/leaderj1001/BottleneckTransformers",
        official_code=False,
        idea={
            "en": (
                "Replaces the 3×3 convolution in the bottlenecks of a ResNet's last stage by multi-head "
                "self-attention over all positions, with logits that add query-key products and query products with "
                "learned, height-and-width factorised relative position embeddings."
            ),
            "zh": (
                "把 ResNet 最后一个阶段瓶颈块里的 3×3 "
                "卷积换成全局多头自注意力，分数由查询与键的内积、查询与二维相对位置编码（按高、宽分解）的内积两项相加。"
            ),
        },
        level="parity",
        implemented=True,
        cls="MHSA",
        shape="B C H W -> B O H W",
        axes={"C": "in_channels", "O": "out_channels"},
        example={"in_channels": 16, "out_channels": 16},
        cases={
            "more-heads": {"in_channels": 12, "out_channels": 24, "num_heads": 6},
            "absolute": {"in_channels": 12, "out_channels": 8, "num_heads": 2, "relative": False},
        },
        recipes=(Recipe(backbone="resnet50", where="replace:layer4.*.conv2"),),
        variants={
            "botnet50": Variant(cls="BoTNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "botnet101": Variant(cls="BoTNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "botnet152": Variant(cls="BoTNet", arguments={"layers": (3, 8, 36, 3)}, input=224),
            "botnet_s1_50": Variant(cls="BoTNet", arguments={"layers": (3, 4, 6, 3), "stride": 1}, input=224),
            "botnet_s1_59": Variant(cls="BoTNet", arguments={"layers": (3, 4, 6, 6), "stride": 1}, input=224),
            "botnet_s1_77": Variant(cls="BoTNet", arguments={"layers": (3, 4, 6, 12), "stride": 1}, input=224),
            "botnet_s1_110": Variant(cls="BoTNet", arguments={"layers": (3, 4, 23, 6), "stride": 1}, input=224),
            "botnet_s1_128": Variant(cls="BoTNet", arguments={"layers": (3, 4, 23, 12), "stride": 1}, input=224),
        },
        key_maps=("MHSA",),
    ),
    "boxer": PaperInfo(
        id="boxer",
        title="BoxeR: Box-Attention for 2D and 3D Transformers",
        authors=("Duy-Kien Nguyen", "Jihong Ju", "Olaf Booij", "Martin R. Oswald", "Cees G. M. Snoek"),
        venue="CVPR",
        year=2022,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2111.13087",
        code_url="https://github.com/kienduynguyen/BoxeR",
        official_code=True,
        idea={
            "en": (
                "Each query moves and resizes a reference window into one box per head and feature level, samples a "
                "small grid inside that box by bilinear interpolation and averages the samples with softmax weights "
                "predicted from the query; the 3D variant also rotates the box."
            ),
            "zh": (
                "每个查询由参考窗口出发，为各个头和各层特征预测平移与缩放得到一个框，在框内用双线性插值取一小片网格，并"
                "以查询预测的 softmax 权重加权平均；三维版本还预测框的旋转角度。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "c3net": PaperInfo(
        id="c3net",
        title="Cross-channel Communication Networks",
        authors=("Jianwei Yang", "Zhile Ren", "Chuang Gan", "Hongyuan Zhu", "Devi Parikh"),
        venue="NeurIPS",
        year=2019,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://papers.nips.cc/paper/8411-cross-channel-communication-networks.pdf",
        code_url="https://github.com/jwyang/C3Net.pytorch",
        official_code=True,
        idea={
            "en": (
                "Each channel's flattened map is encoded by a small MLP over positions; channels then exchange "
                "messages over a complete graph whose edge weights come from how close their mean responses are, and a "
                "decoder MLP turns the result into a correction added to the input."
            ),
            "zh": (
                "把每个通道的特征图展平，用小型 MLP "
                "沿空间维编码；通道之间再按平均响应的接近程度在全连接图上传递消息，最后由解码 MLP "
                "还原成修正量加回输入。"
            ),
        },
        level="parity",
        implemented=True,
        cls="C3",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 16, "height": 5, "width": 7},
        cases={
            "reduced-maps": {"channels": 16, "height": 4, "width": 6, "reduction": 4},
            "groups": {"channels": 32, "height": 5, "width": 7, "group_channels": 16, "reduction": 4},
            "stage-one": {"channels": 64, "height": 32, "width": 32},
        },
        key_maps=("C3",),
    ),
    "ca_net": PaperInfo(
        id="ca_net",
        title=(
            "CA-Net: Comprehensive Attention Convolutional Neural Networks for Explainable Medical Image Segmentation"
        ),
        authors=(
            "Ran Gu",
            "Guotai Wang",
            "Tao Song",
            "Rui Huang",
            "Michael Aertsen",
            "Jan Deprest",
            "Sébastien Ourselin",
            "Tom Vercauteren",
            "Shaoting Zhang",
        ),
        venue="IEEE TMI",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2009.10549",
        code_url="https://github.com/HiLab-git/CA-Net",
        official_code=True,
        idea={
            "en": (
                "A U-Net with attention at three places: non-local attention at the deepest level and two-path grid "
                "gates on the skip connections choose positions, average- and max-pooled gates in the decoder choose "
                "channels, and a scale gate weighs four decoder outputs per pixel."
            ),
            "zh": (
                "在 U-Net "
                "的三处加入注意力：最深层的非局部注意力与跳连上的双路门控选择位置，解码器中平均加最大池化的门控选择通道"
                "，尺度注意力再逐像素加权四级解码输出。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "cait": PaperInfo(
        id="cait",
        title="Going deeper with Image Transformers",
        authors=("Hugo Touvron", "Matthieu Cord", "Alexandre Sablayrolles", "Gabriel Synnaeve", "Hervé Jégou"),
        venue="ICCV",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2103.17239",
        code_url="https://github.com/facebookresearch/deit",
        official_code=True,
        idea={
            "en": (
                "Makes deep vision transformers trainable by scaling each residual branch with a learned near-zero "
                "vector per channel, and delays the class token: patches run through self-attention alone, then two "
                "final layers let the class token query them."
            ),
            "zh": (
                "给每个残差支路乘以逐通道、初始接近零的可学习系数，使很深的视觉 Transformer "
                "能训练；类别词元推迟引入：先只让图块做自注意力，最后两层由类别词元单独查询图块。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "cap": PaperInfo(
        id="cap",
        title="Context-aware Attentional Pooling (CAP) for Fine-grained Visual Classification",
        authors=("Ardhendu Behera", "Zachary Wharton", "Pradeep R. P. G. Hewage", "Asish Bera"),
        venue="AAAI",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2101.06635",
        code_url="https://github.com/ArdhenduBehera/cap",
        official_code=True,
        idea={
            "en": (
                "After self-attention on the backbone map, pools a dense set of rectangular regions of many sizes to a "
                "fixed grid, lets every region attend to the others, feeds the resulting sequence to an LSTM and "
                "aggregates its states with learnable clusters before classification."
            ),
            "zh": (
                "先对主干特征图做自注意力，再把大小不一的一组矩形区域池化成固定网格，让各区域相互注意以获得上下文；所得"
                "序列送入 LSTM 编码空间排列，最后用可学习聚类（类 VLAD）聚合成分类特征。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "cbam": PaperInfo(
        id="cbam",
        title="CBAM: Convolutional Block Attention Module",
        authors=("Sanghyun Woo", "Jongchan Park", "Joon-Young Lee", "In So Kweon"),
        venue="ECCV",
        year=2018,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1807.06521",
        code_url="https://github.com/Jongchan/attention-module",
        official_code=True,
        idea={
            "en": (
                "Two gates in sequence. A shared MLP over average- and max-pooled vectors yields channel weights; then "
                "the mean and maximum across channels pass through a 7x7 convolution that yields one weight per "
                "position."
            ),
            "zh": (
                "通道门控与空间门控先后串联：前者把平均池化与最大池化向量送入共享 MLP "
                "得到通道权重；后者沿通道取均值与最大值，经 7×7 卷积得到每个位置的权重。"
            ),
        },
        level="parity",
        implemented=True,
        cls="CBAM",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={
            "small-kernel": {"channels": 24, "reduction": 4, "kernel_size": 3},
            "channel-gate-alone": {"channels": 32, "spatial": False},
            "other-pools": {"channels": 32, "pools": ("lp", "lse")},
            "parallel": {"channels": 32, "order": "parallel"},
        },
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"), Recipe(backbone="resnet18", where="after:*.bn2")),
        key_maps=("CBAM",),
    ),
    "ccnet": PaperInfo(
        id="ccnet",
        title="CCNet: Criss-Cross Attention for Semantic Segmentation",
        authors=("Zilong Huang", "Xinggang Wang", "Lichao Huang", "Chang Huang", "Yunchao Wei", "Wenyu Liu"),
        venue="ICCV",
        year=2019,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1811.11721",
        code_url="https://github.com/speedinghzl/CCNet",
        official_code=True,
        idea={
            "en": (
                "Each pixel attends only to the pixels in its own row and column under one joint softmax; the same "
                "module, with shared weights, runs twice, so information from any pixel reaches any other by way of a "
                "crossing point."
            ),
            "zh": (
                "每个像素只与同一行、同一列的像素做注意力，用一个联合 Softmax "
                "归一化；同一模块共享权重循环两次，任意两个像素便能经由交叉点互通信息。"
            ),
        },
        level="parity",
        implemented=True,
        cls="CrissCrossAttention",
        shape="B C H W -> B C H W",
        example={"channels": 16},
        cases={"narrow-keys": {"channels": 32, "reduction": 16}},
        recipes=(Recipe(backbone="resnet50", where="after:layer3.4"),),
        key_maps=("CrissCrossAttention", "RCCA"),
    ),
    "ceit": PaperInfo(
        id="ceit",
        title="Incorporating Convolution Designs into Visual Transformers",
        authors=("Kun Yuan", "Shaopeng Guo", "Ziwei Liu", "Aojun Zhou", "Fengwei Yu", "Wei Wu"),
        venue="ICCV",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2103.11816",
        code_url="https://github.com/coeusguo/ceit",
        official_code=True,
        idea={
            "en": (
                "Makes tokens from a convolution and pooling stem, inserts a 3×3 depthwise convolution between the two "
                "layers of each feed-forward block after restoring the grid, and lets a last attention layer combine "
                "the class tokens of all blocks."
            ),
            "zh": (
                "用卷积加池化的前端代替直接切块；前馈层的两次线性变换之间把词元还原成网格，插入 3×3 "
                "深度卷积；最后以一层注意力汇总各块输出的类别词元。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "cgd": PaperInfo(
        id="cgd",
        title="Compact Global Descriptor for Neural Networks",
        authors=("Xiangyu He", "Ke Cheng", "Qiang Chen", "Qinghao Hu", "Peisong Wang", "Jian Cheng"),
        venue="arXiv",
        year=2019,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1907.09665",
        code_url="https://github.com/HolmesShuan/Compact-Global-Descriptor",
        official_code=True,
        idea={
            "en": (
                "Average- and max-pooled channel vectors are each collapsed to a scalar by a learned inner product and "
                "expanded again through tanh, so that channels interact by a rank-one term. The result plus one "
                "multiplies the features, at six learned values per channel."
            ),
            "zh": (
                "平均池化与最大池化得到的通道向量各经内积压成标量，再配合 tanh "
                "展开，使通道之间以秩一形式相互作用；结果加一后乘到特征图上，每个通道只需六个参数。"
            ),
        },
        level="parity",
        implemented=True,
        cls="CGD",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"stage-three": {"channels": 256}},
        recipes=(
            Recipe(backbone="resnet50", where="after:layer*.conv1"),
            Recipe(backbone="resnet18", where="after:layer*.conv1"),
        ),
        key_maps=("CGD",),
    ),
    "cmpe_se": PaperInfo(
        id="cmpe_se",
        title="Competitive Inner-Imaging Squeeze and Excitation for Residual Network",
        authors=("Yang Hu", "Guihua Wen", "Mingnan Luo", "Dan Dai", "Jiajiong Ma", "Zhiwen Yu"),
        venue="arXiv",
        year=2018,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1807.08920",
        code_url="https://github.com/scut-aitcm/Competitive-Inner-Imaging-SENet",
        official_code=True,
        idea={
            "en": (
                "Computes the channel gate of a residual block from both paths: the pooled vectors of the residual and "
                "the identity branch are stacked as a tiny image, scanned with small convolutions, and two fully "
                "connected layers then produce the weights applied to the residual."
            ),
            "zh": (
                "计算残差块的通道权重时同时看两条路：把残差支路与恒等支路的池化向量拼成一张很小的“图像”，用小卷积扫描两"
                "者关系，再经两层全连接得到权重，只作用在残差支路上，使两路形成竞争。"
            ),
        },
        level="runs",
        implemented=True,
        cls="CMPESE",
        shape="B C H W, B C H W -> B C H W",
        example={"channels": 64},
        cases={
            "double-fc": {"channels": 64, "mode": "double_fc"},
            "one-by-one": {"channels": 64, "mode": "1x1"},
            "folded": {"channels": 64, "mode": "folded"},
            "folded-wide": {"channels": 160, "mode": "folded", "reduction": 8, "fold": 32},
        },
    ),
    "coat": PaperInfo(
        id="coat",
        title="Co-Scale Conv-Attentional Image Transformers",
        authors=("Weijian Xu", "Yifan Xu", "Tyler Chang", "Zhuowen Tu"),
        venue="ICCV",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2104.06399",
        code_url="https://github.com/mlpc-ucsd/CoaT",
        official_code=True,
        idea={
            "en": (
                "Applies softmax to the keys only and multiplies keys with values first, making attention linear in "
                "tokens, adds a position term from queries times depthwise-convolved values, and lets parallel "
                "branches exchange interpolated features across scales."
            ),
            "zh": (
                "只对键做 "
                "softmax，先把键与值相乘，使注意力对词元数呈线性复杂度；位置项由查询乘以深度卷积后的值得到；多尺度并行"
                "支路之间再插值交换特征。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "coatnet": PaperInfo(
        id="coatnet",
        title="CoAtNet: Marrying Convolution and Attention for All Data Sizes",
        authors=("Zihang Dai", "Hanxiao Liu", "Quoc V. Le", "Mingxing Tan"),
        venue="NeurIPS",
        year=2021,
        kind="transformer-backbone",
        sections=("attention-mechanism", "vision-transformer"),
        paper_url="https://arxiv.org/abs/2106.04803",
        code_url="https://github.com/chinhsuanwu/coatnet-pytorch",
        official_code=False,
        idea={
            "en": (
                "A five-stage backbone: convolution and MBConv blocks while the map is large, then Transformer blocks "
                "once it is small, whose softmax attention adds a learned bias that depends only on the relative "
                "offset between positions."
            ),
            "zh": (
                "五个阶段的主干网络：特征图较大时用卷积和 MBConv，缩小之后换成 Transformer 块；其自注意力在 softmax "
                "之前加上只取决于相对位移的可学习偏置，相当于把深度卷积的平移不变性并入注意力。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "compact_transformers": PaperInfo(
        id="compact_transformers",
        title="Escaping the Big Data Paradigm with Compact Transformers",
        authors=("Ali Hassani", "Steven Walton", "Nikhil Shah", "Abulikemu Abuduweili", "Jiachen Li", "Humphrey Shi"),
        venue="arXiv",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2104.05704",
        code_url="https://github.com/SHI-Labs/Compact-Transformers",
        official_code=True,
        idea={
            "en": (
                "Shrinks the vision transformer for small data sets: tokens come from one or two convolution and "
                "max-pooling layers, and instead of a class token a learned softmax over the sequence pools all output "
                "tokens into one vector."
            ),
            "zh": (
                "面向小数据集缩小视觉 Transformer：词元由一两层卷积加最大池化产生；不设类别词元，而用一个线性层的 "
                "softmax 权重对全部输出词元加权求和，得到序列池化。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "compconv": PaperInfo(
        id="compconv",
        title="CompConv: A Compact Convolution Module for Efficient Feature Learning",
        authors=("Chen Zhang", "Yinghao Xu", "Yujun Shen"),
        venue="CVPRW",
        year=2021,
        kind="convolution",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2106.10486",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "A convolution is computed by divide and conquer: one narrow slice is convolved from the whole input, "
                "then every step joins channels copied from the input with a convolution of the previous result, "
                "doubling the width. All intermediate parts are concatenated and shuffled to form the output."
            ),
            "zh": (
                "用分治方式计算卷积：先由全部输入卷积出一小片通道，随后每一步把直接取自输入的通道与上一步结果的卷积拼接"
                "起来，宽度逐次翻倍；最后汇总各级中间结果并打乱通道，得到输出。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "condconv": PaperInfo(
        id="condconv",
        title="CondConv: Conditionally Parameterized Convolutions for Efficient Inference",
        authors=("Brandon Yang", "Gabriel Bender", "Quoc V. Le", "Jiquan Ngiam"),
        venue="NeurIPS",
        year=2019,
        kind="dynamic-convolution",
        sections=("dynamic-networks", "plug-and-play"),
        paper_url="https://arxiv.org/abs/1904.04971",
        code_url="https://github.com/tensorflow/tpu",
        official_code=True,
        idea={
            "en": (
                "Keeps several expert kernels per layer and, for each example, mixes them into one: the input is "
                "averaged over positions, a linear layer with sigmoid gives one weight per expert, and the blended "
                "kernel is applied in a single convolution."
            ),
            "zh": (
                "每层保存多个专家卷积核，针对每个样本先混合成一个再卷积：输入经全局平均池化和线性层加 Sigmoid "
                "得到各专家的权重，按权重把卷积核线性相加，只做一次卷积，计算量几乎不随专家数增加。"
            ),
        },
        level="parity",
        implemented=True,
        cls="CondConv2d",
        shape="B C H W -> B O H W",
        axes={"C": "in_channels", "O": "out_channels"},
        example={"in_channels": 16, "out_channels": 24, "num_experts": 4},
        cases={
            "pointwise": {"in_channels": 16, "out_channels": 24, "kernel_size": 1, "bias": True, "num_experts": 4},
            "depthwise": {"in_channels": 16, "out_channels": 16, "kernel_size": 5, "groups": 16, "num_experts": 4},
            "padded": {
                "in_channels": 16,
                "out_channels": 24,
                "padding": 2,
                "dilation": 2,
                "bias": True,
                "num_experts": 3,
            },
        },
        recipes=(
            Recipe(
                backbone="resnet50",
                where="replace:layer4.*.conv*",
                arguments={"num_experts": 8},
                note={
                    "en": (
                        "The convolutions of the last stage only; the classifier can be conditional, too, but is not "
                        "replaced here."
                    ),
                    "zh": "只替换最后一个阶段的卷积；分类层同样可以改为条件参数化，这里未替换。",
                },
            ),
        ),
        variants={
            "efficientnet_condconv_b0_4e": Variant(cls="EfficientNetCondConv", arguments={"num_experts": 4}, input=224),
            "efficientnet_condconv_b0_8e": Variant(cls="EfficientNetCondConv", arguments={"num_experts": 8}, input=224),
            "efficientnet_condconv_b0_8e_depth": Variant(
                cls="EfficientNetCondConv",
                arguments={"num_experts": 8, "depth": 1.1},
                input=224,
            ),
        },
        key_maps=("CondConv2d", "CondMBConv", "EfficientNetCondConv"),
    ),
    "contnet": PaperInfo(
        id="contnet",
        title="ConTNet: Why not use convolution and transformer at the same time?",
        authors=("Haotian Yan", "Zhe Li", "Weijian Li", "Changhu Wang", "Ming Wu", "Chuang Zhang"),
        venue="arXiv",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2104.13497",
        code_url="https://github.com/yan-hao-tian/ConTNet",
        official_code=True,
        idea={
            "en": (
                "Alternates convolution and attention inside each residual block: the feature map is cut into 7×7 "
                "patches for a small transformer encoder, then into 14×14 patches for a second one, and a 3×3 "
                "convolution follows to connect the patches."
            ),
            "zh": (
                "在每个残差块里交替使用卷积与自注意力：先把特征图切成 7×7 小块做标准 Transformer 编码，再切成 14×14 "
                "小块编码一次，最后用 3×3 卷积连接各块。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "conv2former": PaperInfo(
        id="conv2former",
        title="Conv2Former: A Simple Transformer-Style ConvNet for Visual Recognition",
        authors=("Qibin Hou", "Cheng-Ze Lu", "Ming-Ming Cheng", "Jiashi Feng"),
        venue="IEEE TPAMI",
        year=2024,
        kind="convolution",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2211.11943",
        code_url="https://github.com/HVision-NKU/Conv2Former",
        official_code=True,
        idea={
            "en": (
                "Replaces self-attention by convolutional modulation: a linear map and an 11×11 depthwise convolution "
                "produce weights that multiply a linear value branch element by element, followed by a projection; no "
                "softmax and no pairwise map."
            ),
            "zh": (
                "以卷积调制代替自注意力：一路经线性变换和 11×11 "
                "深度卷积产生权重，与另一路线性变换得到的值逐元素相乘，再投影输出；没有 softmax，也没有两两相似度。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "convit": PaperInfo(
        id="convit",
        title="ConViT: Improving Vision Transformers with Soft Convolutional Inductive Biases",
        authors=(
            "Stéphane d'Ascoli",
            "Hugo Touvron",
            "Matthew L. Leavitt",
            "Ari S. Morcos",
            "Giulio Biroli",
            "Levent Sagun",
        ),
        venue="ICML",
        year=2021,
        kind="self-attention",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2103.10697",
        code_url="https://github.com/facebookresearch/convit",
        official_code=True,
        idea={
            "en": (
                "Blends in every head a content attention map with a purely positional one through a learned sigmoid "
                "gate; the positional part is initialised so that heads attend to fixed offsets like a convolution, "
                "and training may loosen it."
            ),
            "zh": (
                "每个注意力头用可学习的 sigmoid "
                "门把内容注意力与纯位置注意力加权混合；位置部分初始化成类似卷积核、各头固定看向某个偏移，训练中可逐渐放"
                "开局部约束。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "coord_attention": PaperInfo(
        id="coord_attention",
        title="Coordinate Attention for Efficient Mobile Network Design",
        authors=("Qibin Hou", "Daquan Zhou", "Jiashi Feng"),
        venue="CVPR",
        year=2021,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2103.02907",
        code_url="https://github.com/houqb/CoordAttention",
        official_code=True,
        idea={
            "en": (
                "Instead of one global average, the map is pooled along each row and along each column. The two strips "
                "are joined, squeezed by a shared 1x1 convolution, split again and turned into a vertical and a "
                "horizontal gate per channel, whose product rescales every position."
            ),
            "zh": (
                "不做单点全局平均池化，而是沿宽、高两个方向各做一维平均池化；两条带拼接后经共享的 1x1 "
                "卷积压缩，再拆成纵向与横向两组逐通道门控，相乘后缩放每个位置。"
            ),
        },
        level="parity",
        implemented=True,
        cls="CoordAttention",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={"wide-hidden-layer": {"channels": 48, "reduction": 4}, "released-width": {"channels": 96}},
        recipes=(
            Recipe(backbone="mobilenet_v2", where="before:features.[2-9].conv.2"),
            Recipe(backbone="mobilenet_v2", where="before:features.1[0-7].conv.2"),
        ),
        variants={"coord_mobilenet_v2": Variant(cls="CoordMobileNetV2", arguments={}, input=224)},
        key_maps=("CoordAttention", "CoordMobileNetV2"),
    ),
    "cotnet": PaperInfo(
        id="cotnet",
        title="Contextual Transformer Networks for Visual Recognition",
        authors=("Yehao Li", "Ting Yao", "Yingwei Pan", "Tao Mei"),
        venue="IEEE TPAMI",
        year=2022,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2107.12292",
        code_url="https://github.com/JDAI-CV/CoTNet",
        official_code=True,
        idea={
            "en": (
                "A grouped 3x3 convolution makes keys that already contain their neighbours, the static context. "
                "Concatenated with the query they pass two 1x1 convolutions that emit mixing weights for the values in "
                "the local window, and a softmax gate fuses this dynamic context with the static one."
            ),
            "zh": (
                "先用 3x3 分组卷积得到融合邻域的键，作为静态上下文；它与查询拼接后经两层 1x1 "
                "卷积直接输出局部窗口的混合权重，聚合值得到动态上下文，再用软门控把两者融合。"
            ),
        },
        level="parity",
        implemented=True,
        cls="CoT",
        shape="B C H W -> B C H W",
        example={"channels": 32},
        cases={"next": {"channels": 96, "groups": 2}, "five": {"channels": 64, "kernel_size": 5}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="replace:layer?.[1-9].conv2",
                note={
                    "en": (
                        "CoT has no stride: the first block of each stage keeps its convolution, unlike in the "
                        "paper's networks (the variants)."
                    ),
                    "zh": "CoT 不带步长，因此各阶段首个块保留原卷积；论文的完整网络（见各变体）并非如此。",
                },
            ),
        ),
        variants={
            "cotnet50": Variant(cls="CoTNet", arguments={}, input=224),
            "cotnet101": Variant(cls="CoTNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "cotnext50_2x48d": Variant(cls="CoTNet", arguments={"groups": 2, "base_width": 48}, input=224),
            "cotnext101_2x48d": Variant(
                cls="CoTNet",
                arguments={"layers": (3, 4, 23, 3), "groups": 2, "base_width": 48},
                input=224,
            ),
            "se_cotnetd_50": Variant(cls="SECoTNetD", arguments={}, input=224),
            "se_cotnetd_101": Variant(
                cls="SECoTNetD",
                arguments={"layers": (3, 4, 23, 3), "stem_width": 64},
                input=224,
            ),
            "se_cotnetd_152": Variant(
                cls="SECoTNetD",
                arguments={"layers": (3, 8, 36, 3), "stem_width": 64, "blur": True},
                input=256,
            ),
        },
        key_maps=("CoT", "CoTNet", "SECoTNetD"),
    ),
    "cpvt": PaperInfo(
        id="cpvt",
        title="Conditional Positional Encodings for Vision Transformers",
        authors=("Xiangxiang Chu", "Zhi Tian", "Bo Zhang", "Xinlong Wang", "Chunhua Shen"),
        venue="ICLR",
        year=2023,
        kind="transformer-block",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2102.10882",
        code_url="https://github.com/Meituan-AutoML/Twins",
        official_code=True,
        idea={
            "en": (
                "Drops the fixed table of position embeddings and instead reshapes tokens to their grid after the "
                "first encoder block, applies a zero-padded 3×3 depthwise convolution and adds the result, so "
                "positions depend on the neighbourhood and any input size works."
            ),
            "zh": (
                "取消固定的位置编码表，在首个编码块之后把词元还原成二维网格，做带零填充的 3×3 "
                "深度卷积再加回，由邻域内容和边界填充生成条件位置编码，输入尺寸可变。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "csra": PaperInfo(
        id="csra",
        title="Residual Attention: A Simple but Effective Method for Multi-Label Recognition",
        authors=("Ke Zhu", "Jianxin Wu"),
        venue="ICCV",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2108.02456",
        code_url="https://github.com/Kevinz-code/CSRA",
        official_code=True,
        idea={
            "en": (
                "A 1x1 classifier scores every position for every class. The class logit is the average score plus a "
                "fixed fraction of a second pooling in which a softmax over the positions of that class, or simply the "
                "maximum, picks the most convincing place."
            ),
            "zh": (
                "用 1x1 "
                "分类器给每个位置的每个类别打分；类别输出等于平均得分，再加上一定比例的第二种池化，即在该类各位置上做 "
                "softmax 加权或直接取最大值，突出最可信的区域。"
            ),
        },
        level="parity",
        implemented=True,
        cls="CSRA",
        shape="B C H W -> B K",
        axes={"K": "num_classes"},
        example={"channels": 64, "num_classes": 20},
        cases={"four-heads": {"channels": 48, "num_classes": 80, "num_heads": 4, "lam": 0.5}},
        key_maps=("CSRA", "ResidualAttention"),
    ),
    "cvt": PaperInfo(
        id="cvt",
        title="CvT: Introducing Convolutions to Vision Transformers",
        authors=("Haiping Wu", "Bin Xiao", "Noel Codella", "Mengchen Liu", "Xiyang Dai", "Lu Yuan", "Lei Zhang"),
        venue="ICCV",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2103.15808",
        code_url="https://github.com/microsoft/CvT",
        official_code=True,
        idea={
            "en": (
                "Inserts convolution at two places of a three-stage transformer: overlapping strided convolutions "
                "embed tokens at each stage, and queries, keys and values come from 3×3 depthwise convolutions, with "
                "keys and values subsampled; position embeddings are omitted."
            ),
            "zh": (
                "三阶段 Transformer 在两处引入卷积：各阶段用带步长的重叠卷积生成词元；查询、键、值由 3×3 "
                "深度卷积投影得到，键和值还做两倍下采样；位置编码则省去。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "d2nn": PaperInfo(
        id="d2nn",
        title="Dynamic Deep Neural Networks: Optimizing Accuracy-Efficiency Trade-offs by Selective Execution",
        authors=("Lanlan Liu", "Jia Deng"),
        venue="AAAI",
        year=2018,
        kind="dynamic-network",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/1701.00299",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Adds control nodes to a feed-forward graph of modules: each control node reads features and decides "
                "which of the following modules run, the rest being skipped. Modules learn by back-propagation, "
                "control nodes by Q-learning with a reward that weighs accuracy against cost."
            ),
            "zh": (
                "在前馈模块构成的有向无环图中加入控制节点：控制节点读取特征，决定后续哪些模块执行、哪些跳过。普通模块用"
                "反向传播训练，控制节点用 Q 学习训练，奖励同时考虑精度与计算代价。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dan_fsvos": PaperInfo(
        id="dan_fsvos",
        title="Delving Deep into Many-to-many Attention for Few-shot Video Object Segmentation",
        authors=("Haoxin Chen", "Hanjie Wu", "Nanxuan Zhao", "Sucheng Ren", "Shengfeng He"),
        venue="CVPR",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url=(
            "https://openaccess.thecvf.com/content/CVPR2021/html/Chen_Delving_Deep_Into_Many-to-Many_Attention_for_Few-"
            "Shot_Video_Object_Segmentation_CVPR_2021_paper.html"
        ),
        code_url="https://github.com/scutpaul/DANet",
        official_code=True,
        idea={
            "en": (
                "Links many query frames to many support images through a go-between: one query frame, the agent, "
                "first reads the masked support features by scaled dot-product attention, then every query frame "
                "attends to the agent and takes over its values, replacing attention between all frame pairs."
            ),
            "zh": (
                "在多帧查询与多张支持图像之间放一个“代理帧”：代理帧先用缩放点积注意力读取带掩码的支持特征，其余查询帧再"
                "对代理帧做注意力取回结果，从而用两次较小的注意力取代所有帧两两之间的计算。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "danet": PaperInfo(
        id="danet",
        title="Dual Attention Network for Scene Segmentation",
        authors=("Jun Fu", "Jing Liu", "Haijie Tian", "Yong Li", "Yongjun Bao", "Zhiwei Fang", "Hanqing Lu"),
        venue="CVPR",
        year=2019,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1809.02983",
        code_url="https://github.com/junfu1115/DANet",
        official_code=True,
        idea={
            "en": (
                "Two self-attention modules work in parallel on the last feature map: one mixes positions by "
                "pixel-to-pixel similarity, the other mixes channels by channel-to-channel similarity without "
                "projections. Both are added with learned zero-initialised scales, then summed."
            ),
            "zh": (
                "在末端特征图上并行两个自注意力模块：一个按像素间相似度混合位置，另一个不经投影、按通道间相似度混合通道"
                "；二者各以零初始化的可学习系数残差相加，再求和。"
            ),
        },
        level="parity",
        implemented=True,
        cls="DualAttention",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={"equation": {"channels": 32, "reduction": 4, "contrast": False}, "wide": {"channels": 136}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:layer4.2",
                note={
                    "en": (
                        "The paper puts it into a segmentation head, behind a convolution that reduces the channels of "
                        "a dilated network."
                    ),
                    "zh": "论文把它放在分割头中：主干网络采用空洞卷积，先用一层卷积降低通道数，再接本模块。",
                },
            ),
        ),
        key_maps=("CAM", "DANetHead", "DualAttention", "PAM"),
    ),
    "dat": PaperInfo(
        id="dat",
        title="Vision Transformer with Deformable Attention",
        authors=("Zhuofan Xia", "Xuran Pan", "Shiji Song", "Li Erran Li", "Gao Huang"),
        venue="CVPR",
        year=2022,
        kind="self-attention",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2201.00520",
        code_url="https://github.com/LeapLabTHU/DAT",
        official_code=True,
        idea={
            "en": (
                "Predicts bounded offsets from the queries for a uniform grid of reference points, samples keys and "
                "values there by bilinear interpolation, and lets all queries of the map attend to this shared set, "
                "with a relative bias interpolated at continuous positions."
            ),
            "zh": (
                "由查询特征为一组均匀参考点预测有界偏移，在偏移后的位置双线性采样键和值，全图所有查询共享这组采样点做注"
                "意力，相对位置偏置也在连续坐标上插值。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dcanet": PaperInfo(
        id="dcanet",
        title="DCANet: Learning Connected Attentions for Convolutional Neural Networks",
        authors=("Xu Ma", "Jingda Guo", "Sihai Tang", "Zhinan Qiao", "Qi Chen", "Qing Yang", "Song Fu"),
        venue="arXiv",
        year=2020,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2007.05099",
        code_url="https://github.com/13952522076/DCANet",
        official_code=True,
        idea={
            "en": (
                "Successive attention blocks are linked: the attended descriptor of the previous block, resized by a "
                "small layer where widths differ, is merged with the current pooled descriptor before the gate is "
                "computed. It works on top of SE, CBAM, GC, GE or SK."
            ),
            "zh": (
                "把相邻的注意力模块连起来：前一模块输出的注意力特征（宽度不同时先线性变换）与当前池化描述子合并，再计算"
                "门控；可叠加在 SE、CBAM、GC、GE、SK 等模块之上。"
            ),
        },
        level="parity",
        implemented=True,
        cls="ConnectedSE",
        shape="B C H W, B P -> B C H W, B C",
        axes={"C": "channels", "P": "previous_channels"},
        example={"channels": 64, "previous_channels": 64},
        cases={
            "wider": {"channels": 64, "previous_channels": 32},
            "stage-one": {"channels": 256, "previous_channels": 256},
        },
        variants={
            "dca_se_resnet50": Variant(cls="DCAResNet", arguments={"attention": "se"}, input=224),
            "dca_ge_resnet50": Variant(cls="DCAResNet", arguments={"attention": "ge"}, input=224),
            "dca_gc_resnet50": Variant(cls="DCAResNet", arguments={"attention": "gc"}, input=224),
            "dca_cbam_resnet50": Variant(cls="DCAResNet", arguments={"attention": "cbam"}, input=224),
            "dca_sk_resnet50": Variant(cls="DCAResNet", arguments={"attention": "sk"}, input=224),
        },
        key_maps=("ConnectedCBAM", "ConnectedGC", "ConnectedGE", "ConnectedSE", "ConnectedSK", "DCAResNet"),
    ),
    "deeplab_v2_aspp": PaperInfo(
        id="deeplab_v2_aspp",
        title=(
            "DeepLab: Semantic Image Segmentation with Deep Convolutional Nets, Atrous Convolution, and Fully "
            "Connected CRFs"
        ),
        authors=("Liang-Chieh Chen", "George Papandreou", "Iasonas Kokkinos", "Kevin Murphy", "Alan L. Yuille"),
        venue="IEEE TPAMI",
        year=2018,
        kind="pooling-context",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1606.00915",
        code_url="https://github.com/kazuto1011/deeplab-pytorch",
        official_code=False,
        idea={
            "en": (
                "Keeps feature maps dense by spacing out kernel taps instead of striding, and reads the last map with "
                "several 3x3 convolutions of different spacing in parallel whose class scores are summed; a fully "
                "connected CRF then sharpens object borders."
            ),
            "zh": (
                "用空洞卷积代替下采样来保持特征图分辨率，并在末端并行使用多个不同空洞率的 3x3 "
                "卷积（ASPP），把各支路的类别得分相加，获得多尺度上下文；最后用全连接 CRF 细化物体边界。"
            ),
        },
        level="parity",
        implemented=True,
        cls="ASPP",
        shape="B C H W -> B O H W",
        axes={"O": "out_channels"},
        example={"in_channels": 8, "out_channels": 21},
        cases={"aspp-s": {"in_channels": 8, "out_channels": 21, "rates": (2, 4, 8, 12)}},
        key_maps=("ASPP", "ASPPv3"),
    ),
    "deit": PaperInfo(
        id="deit",
        title="Training data-efficient image transformers & distillation through attention",
        authors=(
            "Hugo Touvron",
            "Matthieu Cord",
            "Matthijs Douze",
            "Francisco Massa",
            "Alexandre Sablayrolles",
            "Hervé Jégou",
        ),
        venue="ICML",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2012.12877",
        code_url="https://github.com/facebookresearch/deit",
        official_code=True,
        idea={
            "en": (
                "Trains plain vision transformers on ImageNet-1k alone with heavy augmentation and regularisation, and "
                "adds a second special token that learns from the predictions of a convolutional teacher; at test time "
                "both heads are averaged."
            ),
            "zh": (
                "只用 ImageNet-1k 训练普通视觉 "
                "Transformer，依靠强数据增强与正则；另加一个蒸馏词元，通过注意力向卷积教师网络的预测学习，测试时两个分"
                "类头取平均。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dense_context_aware_network": PaperInfo(
        id="dense_context_aware_network",
        title="DCANet: Dense Context-Aware Network for Semantic Segmentation",
        authors=("Yifu Liu", "Chenfeng Xu", "Xinyu Jin"),
        venue="arXiv",
        year=2021,
        kind="pooling-context",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/2104.02533",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Attaches to a segmentation backbone a module that weighs local detail against image-wide dependencies "
                "when it aggregates context; several such modules are chained or run side by side, so that the context "
                "is refined step by step over scales."
            ),
            "zh": (
                "在语义分割主干网络之后接密集上下文感知模块，聚合上下文时自适应地结合局部细节与全局依赖；多个模块可级联"
                "或并联，逐步细化多尺度特征。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dgc": PaperInfo(
        id="dgc",
        title="Dynamic Group Convolution for Accelerating Convolutional Neural Networks",
        authors=("Zhuo Su", "Linpu Fang", "Wenxiong Kang", "Dewen Hu", "Matti Pietikäinen", "Li Liu"),
        venue="ECCV",
        year=2020,
        kind="dynamic-network",
        sections=("dynamic-networks", "plug-and-play"),
        paper_url="https://arxiv.org/abs/2007.04242",
        code_url="https://github.com/zhuogege1943/dgc",
        official_code=True,
        idea={
            "en": (
                "Turns a fixed group convolution into one that chooses its inputs: several heads each pool the "
                "features, score all input channels with a small network, keep only the most salient ones for this "
                "image and scale them before convolving; head outputs are concatenated and shuffled."
            ),
            "zh": (
                "把固定分组卷积改为按样本挑选输入：若干个头各自对特征做池化，用小网络给所有输入通道打分，只保留最显著的"
                "一部分并乘上打分后再卷积，各头输出拼接后做通道混洗，剪掉的比例在训练中逐步提高。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dianet": PaperInfo(
        id="dianet",
        title="DIANet: Dense-and-Implicit Attention Network",
        authors=("Zhongzhan Huang", "Senwei Liang", "Mingfu Liang", "Haizhao Yang"),
        venue="AAAI",
        year=2020,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1905.10671",
        code_url="https://github.com/gbup-group/DIANet",
        official_code=True,
        idea={
            "en": (
                "All blocks of a stage share one modified LSTM. Each block feeds in its globally pooled channel vector "
                "together with the state left by the previous block, and the resulting hidden vector gates its "
                "channels, so attention at one depth remembers what earlier depths emphasised."
            ),
            "zh": (
                "同一阶段的所有残差块共用一个改造过的 "
                "LSTM：每块送入全局平均池化后的通道向量和上一块留下的状态，得到的隐向量作为通道注意力，于是后面的块能够"
                "记住前面强调过什么。"
            ),
        },
        level="parity",
        implemented=True,
        cls="DIALSTM",
        shape="B C H W, B L C, B L C -> B C H W, B L C, B L C",
        axes={"C": "channels", "L": "num_layers"},
        example={"channels": 64},
        cases={"two-layers": {"channels": 32, "num_layers": 2, "dropout": 0.0}, "stage-three": {"channels": 256}},
        variants={"dia_resnet164": Variant(cls="DIANet", arguments={"depth": 164}, input=32)},
        key_maps=("DIALSTM", "DIANet", "DIAStage"),
    ),
    "dmsanet": PaperInfo(
        id="dmsanet",
        title="DMSANet: Dual Multi Scale Attention Network",
        authors=("Abhinav Sagar",),
        venue="arXiv",
        year=2021,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2106.08382",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Channels are divided into groups standing for scales; in each, one half passes a channel-by-channel "
                "attention and the other half a position-by-position attention, both with learned residual strength. "
                "The groups are then weighted against each other by a softmax and concatenated."
            ),
            "zh": (
                "把通道分成代表不同尺度的若干组；组内一半通道走通道自注意力，另一半走位置自注意力，各带可学习的残差系数"
                "；之后对各组做 softmax 加权并拼接。"
            ),
        },
        level="runs",
        implemented=True,
        cls="DMSA",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"two-groups": {"channels": 64, "groups": 2}, "stage-three": {"channels": 256}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:*.bn2",
                note={
                    "en": "Behind the 3×3 convolution of each bottleneck; no code tells the authors' own place.",
                    "zh": "放在每个瓶颈块的 3×3 卷积之后；作者未公开代码，其原位置无从核实。",
                },
            ),
        ),
    ),
    "do_conv": PaperInfo(
        id="do_conv",
        title="DO-Conv: Depthwise Over-parameterized Convolutional Layer",
        authors=(
            "Jinming Cao",
            "Yangyan Li",
            "Mingchao Sun",
            "Ying Chen",
            "Dani Lischinski",
            "Daniel Cohen-Or",
            "Baoquan Chen",
            "Changhe Tu",
        ),
        venue="IEEE TIP",
        year=2022,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/2006.12030",
        code_url="https://github.com/yangyanli/DO-Conv",
        official_code=True,
        idea={
            "en": (
                "Multiplies the kernel of an ordinary convolution with an extra trainable depthwise matrix during "
                "training, an over-parameterisation with no nonlinearity in between; afterwards both fold into one "
                "kernel of the original size."
            ),
            "zh": (
                "训练时给普通卷积核再乘上一个可学习的逐通道矩阵，两者之间没有非线性，属于线性过参数化；训练结束后二者合"
                "并成原尺寸的卷积核，推理开销不变。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "drconv": PaperInfo(
        id="drconv",
        title="Dynamic Region-Aware Convolution",
        authors=("Jin Chen", "Xijun Wang", "Zichao Guo", "Xiangyu Zhang", "Jian Sun"),
        venue="CVPR",
        year=2021,
        kind="dynamic-convolution",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2003.12243",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "For every image a generator makes a handful of kernels from pooled features, while a guide "
                "convolution scores each position and a hard argmax hands it to one of them. Regions of similar "
                "content thus share a kernel; a softmax stands in for the gradient."
            ),
            "zh": (
                "对每张图像，生成器由池化特征产生几组卷积核；引导卷积为每个位置打分，用硬性的 argmax "
                "指派其中一组，内容相近的区域因此共享卷积核，反向传播时以 softmax 近似梯度。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dvt": PaperInfo(
        id="dvt",
        title="Not All Images are Worth 16x16 Words: Dynamic Transformers for Efficient Image Recognition",
        authors=("Yulin Wang", "Rui Huang", "Shiji Song", "Zeyi Huang", "Gao Huang"),
        venue="NeurIPS",
        year=2021,
        kind="dynamic-network",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2105.15075",
        code_url="https://github.com/blackfeather-wang/Dynamic-Vision-Transformer",
        official_code=True,
        idea={
            "en": (
                "Chains transformers that cut the image into 7×7, 10×10 and 14×14 tokens and stops as soon as one is "
                "confident enough; later models reuse upsampled features and attention logits of the earlier ones."
            ),
            "zh": (
                "级联多个 Transformer，依次把图像切成 7×7、10×10、14×14 "
                "个词元，某级置信度超过阈值即提前退出；后级会复用前级上采样的特征与注意力分数。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dynamic_convolution": PaperInfo(
        id="dynamic_convolution",
        title="Dynamic Convolution: Attention over Convolution Kernels",
        authors=("Yinpeng Chen", "Xiyang Dai", "Mengchen Liu", "Dongdong Chen", "Lu Yuan", "Zicheng Liu"),
        venue="CVPR",
        year=2020,
        kind="dynamic-convolution",
        sections=("dynamic-networks", "plug-and-play"),
        paper_url="https://arxiv.org/abs/1912.03458",
        code_url="https://github.com/kaijieshi7/Dynamic-convolution-Pytorch",
        official_code=False,
        idea={
            "en": (
                "Holds a few parallel kernels and biases per layer and merges them per image with attention from an "
                "SE-like branch: global pooling, two small layers, and a softmax whose temperature starts high and "
                "falls during training so that all kernels learn."
            ),
            "zh": (
                "每层并列少量卷积核与偏置，用类似 SE "
                "的分支按图像给出注意力后合成一个核：全局平均池化、两层小网络，再接 "
                "softmax；训练初期温度较高、随后逐渐降低，使所有卷积核都能得到训练。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dynamic_filter_networks": PaperInfo(
        id="dynamic_filter_networks",
        title="Dynamic Filter Networks",
        authors=("Bert De Brabandere", "Xu Jia", "Tinne Tuytelaars", "Luc Van Gool"),
        venue="NeurIPS",
        year=2016,
        kind="dynamic-convolution",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/1605.09673",
        code_url="https://github.com/dbbert/dfn",
        official_code=True,
        idea={
            "en": (
                "Uses two networks: one looks at an input and outputs filters, the other applies them to a possibly "
                "different input. Filters may be shared over the image or differ at every position, in which case each "
                "pixel is a weighted sum of its neighbourhood."
            ),
            "zh": (
                "由两部分组成：滤波器生成网络根据输入产生滤波器，动态滤波层再把它作用到另一个（或同一个）输入上。滤波器"
                "可以全图共享，也可以逐位置不同；后者等价于每个像素对邻域做各自的加权求和。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dynamic_nn_survey": PaperInfo(
        id="dynamic_nn_survey",
        title="Dynamic Neural Networks: A Survey",
        authors=("Yizeng Han", "Gao Huang", "Shiji Song", "Le Yang", "Honghui Wang", "Yulin Wang"),
        venue="IEEE TPAMI",
        year=2022,
        kind="survey",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/2102.04906",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Surveys networks whose structure or weights change with the input. It sorts them into sample-wise "
                "methods (dynamic depth, width, routing or parameters), spatial-wise ones (per pixel, region or "
                "resolution) and temporal-wise ones, then treats decision making, training and open problems."
            ),
            "zh": (
                "综述结构或参数随输入变化的神经网络，按适应的粒度分为样本级（动态深度、宽度、路由与参数）、空间级（逐像"
                "素、区域、分辨率）和时间级三类，并归纳决策方式、训练方法、应用与尚未解决的问题。"
            ),
        },
        level="nothing-to-build",
        implemented=False,
        nothing_to_build=(
            "A survey of dynamic neural networks: it orders the literature and proposes no module of its own."
        ),
    ),
    "dynamicvit": PaperInfo(
        id="dynamicvit",
        title="DynamicViT: Efficient Vision Transformers with Dynamic Token Sparsification",
        authors=("Yongming Rao", "Wenliang Zhao", "Benlin Liu", "Jiwen Lu", "Jie Zhou", "Cho-Jui Hsieh"),
        venue="NeurIPS",
        year=2021,
        kind="dynamic-network",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2106.02034",
        code_url="https://github.com/raoyongming/DynamicViT",
        official_code=True,
        idea={
            "en": (
                "Places small predictors at a few depths of a vision transformer that score each token from its own "
                "and the averaged features and drop the lowest; training uses Gumbel-softmax masks inside attention, "
                "inference truly removes tokens."
            ),
            "zh": (
                "在视觉 Transformer "
                "的几个深度插入小型预测器，依据词元自身与整体均值特征打分，逐级舍弃得分低的词元；训练用 Gumbel-softmax "
                "掩码屏蔽注意力，推理时真正删除词元。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "dynet": PaperInfo(
        id="dynet",
        title="DyNet: Dynamic Convolution for Accelerating Convolutional Neural Networks",
        authors=("Yikang Zhang", "Jian Zhang", "Qiang Wang", "Zhao Zhong"),
        venue="arXiv",
        year=2020,
        kind="dynamic-convolution",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/2004.10694",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Predicts mixing coefficients from the globally pooled input with a small fully connected network and "
                "a sigmoid, then builds each output channel's kernel as its own weighted sum of a few stored kernels, "
                "so fewer channels can reach the same accuracy."
            ),
            "zh": (
                "对输入做全局平均池化，用小型全连接网络加 Sigmoid "
                "预测系数，再为每个输出通道把若干固定卷积核加权合成一个动态核；系数按输出通道给出，因此可以用更少的通道"
                "达到相近精度，从而减少计算。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "early_convolutions": PaperInfo(
        id="early_convolutions",
        title="Early Convolutions Help Transformers See Better",
        authors=("Tete Xiao", "Mannat Singh", "Eric Mintun", "Trevor Darrell", "Piotr Dollár", "Ross Girshick"),
        venue="NeurIPS",
        year=2021,
        kind="convolution",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2106.14881",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Replaces the single large-stride patch projection at the entrance of a vision transformer by a short "
                "stack of stride-2 3×3 convolutions with normalisation and a final 1×1, and removes one transformer "
                "block to keep the total computation equal."
            ),
            "zh": (
                "把视觉 Transformer 入口的一次大步长切块投影，换成几层步长为 2 的 3×3 卷积加归一化，末尾接 1×1 "
                "卷积；同时减去一个 Transformer 块，使总计算量不变。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "eca_net": PaperInfo(
        id="eca_net",
        title="ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks",
        authors=("Qilong Wang", "Banggu Wu", "Pengfei Zhu", "Peihua Li", "Wangmeng Zuo", "Qinghua Hu"),
        venue="CVPR",
        year=2020,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1910.03151",
        code_url="https://github.com/BangguWu/ECANet",
        official_code=True,
        idea={
            "en": (
                "Globally averaged channel values are treated as a short sequence: one 1D convolution without bias "
                "slides across neighbouring channels, a sigmoid follows, and the result scales the map. Its kernel "
                "size follows from the logarithm of the channel count."
            ),
            "zh": (
                "把全局平均池化得到的通道向量当作一维序列，用一个无偏置的一维卷积在相邻通道间滑动，经 Sigmoid "
                "得到通道权重；卷积核大小由通道数的对数决定，不做降维。"
            ),
        },
        level="parity",
        implemented=True,
        cls="ECA",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={
            "kernel-from-channels": {"channels": 256, "kernel_size": 0},
            "wide-kernel": {"channels": 48, "kernel_size": 9},
            "own-mean-only": {"channels": 24, "kernel_size": 1},
        },
        recipes=(
            Recipe(backbone="resnet50", where="after:*.bn3", arguments={"kernel_size": 0}),
            Recipe(backbone="resnet18", where="after:*.bn2", arguments={"kernel_size": 0}),
            Recipe(backbone="mobilenet_v2", where="after:features.*.conv"),
        ),
        variants={
            "eca_resnet18": Variant(
                cls="ECAResNet",
                arguments={"layers": (2, 2, 2, 2), "kernel_sizes": (3, 5, 7, 7), "bottleneck": False},
                input=224,
            ),
            "eca_resnet34": Variant(
                cls="ECAResNet",
                arguments={"layers": (3, 4, 6, 3), "kernel_sizes": (3, 3, 5, 7), "bottleneck": False},
                input=224,
            ),
            "eca_resnet50": Variant(
                cls="ECAResNet",
                arguments={"layers": (3, 4, 6, 3), "kernel_sizes": (3, 5, 5, 7)},
                input=224,
            ),
            "eca_resnet101": Variant(
                cls="ECAResNet",
                arguments={"layers": (3, 4, 23, 3), "kernel_sizes": (3, 3, 5, 7)},
                input=224,
            ),
            "eca_resnet152": Variant(
                cls="ECAResNet",
                arguments={"layers": (3, 8, 36, 3), "kernel_sizes": (3, 3, 5, 7)},
                input=224,
            ),
            "eca_mobilenet_v2": Variant(cls="ECAMobileNetV2", arguments={}, input=224),
        },
        key_maps=("ECA", "ECAMobileNetV2", "ECAResNet"),
    ),
    "efficient_attention": PaperInfo(
        id="efficient_attention",
        title="Efficient Attention: Attention with Linear Complexities",
        authors=("Zhuoran Shen", "Mingyuan Zhang", "Haiyu Zhao", "Shuai Yi", "Hongsheng Li"),
        venue="WACV",
        year=2021,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1812.01243",
        code_url="https://github.com/cmsflash/efficient-attention",
        official_code=True,
        idea={
            "en": (
                "Queries are normalised by a softmax over channels and keys by a softmax over positions; keys and "
                "values are multiplied first into a small channel-by-channel context matrix, which each query then "
                "reads, so no position-by-position matrix is formed."
            ),
            "zh": (
                "查询在通道维、键在位置维分别做 "
                "Softmax；先算键与值的乘积得到很小的“通道×通道”上下文矩阵，再由每个查询读取，从而不必生成位置间的相似度"
                "矩阵。"
            ),
        },
        level="parity",
        implemented=True,
        cls="EfficientAttention",
        shape="B C H W -> B C H W",
        example={"channels": 64, "key_channels": 32, "value_channels": 64},
        cases={
            "heads": {"channels": 64, "key_channels": 64, "value_channels": 64, "num_heads": 8},
            "scaling": {"channels": 48, "key_channels": 16, "value_channels": 32, "normalization": "scaling"},
        },
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:layer3.4",
                arguments={"key_channels": 512, "value_channels": 512},
                note={
                    "en": (
                        "One block where a single non-local block usually goes; the released file holds the module "
                        "only."
                    ),
                    "zh": "放在单个非局部块的惯用位置；公开代码只含模块本身。",
                },
            ),
        ),
        key_maps=("EfficientAttention",),
    ),
    "efficientnet": PaperInfo(
        id="efficientnet",
        title="EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
        authors=("Mingxing Tan", "Quoc V. Le"),
        venue="ICML",
        year=2019,
        kind="nas",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1905.11946",
        code_url="https://github.com/tensorflow/tpu",
        official_code=True,
        idea={
            "en": (
                "Starts from a searched mobile network of inverted residual blocks, each with a squeeze-and-excitation "
                "gate after its depthwise convolution, and enlarges depth, width and input resolution together by "
                "fixed ratios under a single coefficient."
            ),
            "zh": (
                "先以架构搜索得到由倒残差块组成的小网络 B0，每块在深度卷积后带一个 SE "
                "通道注意力；再用一个复合系数按固定比例同时增大深度、宽度和输入分辨率，得到 B1 到 B7。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "efn": PaperInfo(
        id="efn",
        title="Encoder Fusion Network with Co-Attention Embedding for Referring Image Segmentation",
        authors=("Guang Feng", "Zhiwei Hu", "Lihe Zhang", "Huchuan Lu"),
        venue="CVPR",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2105.01839",
        code_url="https://github.com/fengguang94/CEFNet",
        official_code=True,
        idea={
            "en": (
                "Feeds the sentence into the last stages of the visual encoder instead of the decoder: a co-attention "
                "block compares every position of the visual map with every position of the language-guided map and "
                "updates both, so the backbone itself becomes multi-modal; a boundary branch then sharpens the mask."
            ),
            "zh": (
                "把语言特征送入视觉编码器的后几个阶段，而不是留到解码端再融合：协同注意力计算视觉特征图与语言引导特征图"
                "所有位置之间的相似度，并同时更新两者，使主干网络逐级变成多模态编码器，最后由边界增强分支细化掩码。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "emanet": PaperInfo(
        id="emanet",
        title="Expectation-Maximization Attention Networks for Semantic Segmentation",
        authors=("Xia Li", "Zhisheng Zhong", "Jianlong Wu", "Yibo Yang", "Zhouchen Lin", "Hong Liu"),
        venue="ICCV",
        year=2019,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1907.13426",
        code_url="https://github.com/XiaLiPKU/EMANet",
        official_code=True,
        idea={
            "en": (
                "A few expectation-maximisation steps alternate between softly assigning every pixel to a small set of "
                "basis vectors and re-estimating those vectors from their pixels. The map is then rebuilt from the "
                "bases, a low-rank output added back to the input; bases carry over between batches as a moving "
                "average."
            ),
            "zh": (
                "用几步 EM "
                "迭代交替完成两件事：把每个像素软分配给少量基向量，再由像素更新这些基；随后用基重构特征图，得到低秩结果"
                "并以残差方式加回。基向量在批次之间以滑动平均保存。"
            ),
        },
        level="parity",
        implemented=True,
        cls="EMAU",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={"differentiated": {"channels": 48, "num_bases": 16, "differentiate": True}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:layer4.2",
                note={
                    "en": (
                        "The paper puts it into a segmentation head, behind a 3×3 convolution to 512 channels of a "
                        "dilated network."
                    ),
                    "zh": "论文把它放在分割头中：主干网络采用空洞卷积，先用 3×3 卷积降到 512 通道，再接本模块。",
                },
            ),
        ),
        key_maps=("EMAU",),
    ),
    "emo": PaperInfo(
        id="emo",
        title="Rethinking Mobile Block for Efficient Attention-based Models",
        authors=(
            "Jiangning Zhang",
            "Xiangtai Li",
            "Jian Li",
            "Liang Liu",
            "Zhucun Xue",
            "Boshen Zhang",
            "Zhengkai Jiang",
            "Tianxin Huang",
            "Yabiao Wang",
            "Chengjie Wang",
        ),
        venue="ICCV",
        year=2023,
        kind="transformer-block",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2301.01146",
        code_url="https://github.com/zhangzjn/EMO",
        official_code=True,
        idea={
            "en": (
                "Merges attention into the inverted residual block: the expanded values are mixed by 7×7 window "
                "attention whose queries and keys come from the unexpanded input, then by a depthwise convolution with "
                "skip, then projected back."
            ),
            "zh": (
                "把窗口注意力并入倒残差块：扩展后的值先由 7×7 "
                "窗口注意力加权混合（查询与键来自未扩展的输入），再过带跳连的深度卷积，最后投影回原通道数，整网由这一种"
                "块堆成。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "empirical_spatial_attention": PaperInfo(
        id="empirical_spatial_attention",
        title="An Empirical Study of Spatial Attention Mechanisms in Deep Networks",
        authors=("Xizhou Zhu", "Dazhi Cheng", "Zheng Zhang", "Stephen Lin", "Jifeng Dai"),
        venue="ICCV",
        year=2019,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1904.05873",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Spatial attention logits are written as four terms: query with key content, query content with "
                "relative position, key content alone, relative position alone. Each can be switched on or off, "
                "together with deformable or dynamic convolution, to measure what really helps."
            ),
            "zh": (
                "把空间注意力的权重拆成四项：查询与键内容、查询内容与相对位置、仅键内容、仅相对位置；各项可自由开关，并"
                "与可变形卷积、动态卷积一起做消融，衡量各自的实际贡献。"
            ),
        },
        level="parity",
        implemented=True,
        cls="GeneralizedAttention",
        shape="B C H W -> B C H W",
        example={"channels": 16, "num_heads": 2},
        cases={
            "key-only": {
                "channels": 16,
                "num_heads": 4,
                "query_key": False,
                "query_position": False,
                "position": False,
            },
            "strided": {"channels": 20, "query_stride": 2, "key_stride": 3, "spatial_range": 4},
            "position-only": {
                "channels": 16,
                "num_heads": 4,
                "query_key": False,
                "query_position": False,
                "key": False,
            },
        },
        recipes=(Recipe(backbone="resnet50", where="after:layer[34].*.conv2", arguments={"num_heads": 8}),),
        key_maps=("GeneralizedAttention",),
    ),
    "epsanet": PaperInfo(
        id="epsanet",
        title="EPSANet: An Efficient Pyramid Split Attention Block on Convolutional Neural Network",
        authors=("Hu Zhang", "Keke Zu", "Jian Lu", "Yuru Zou", "Deyu Meng"),
        venue="ACCV",
        year=2022,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2105.14447",
        code_url="https://github.com/murufeng/EPSANet",
        official_code=True,
        idea={
            "en": (
                "The 3x3 convolution of a bottleneck is replaced by four grouped convolutions with kernels 3, 5, 7 and "
                "9, each giving a quarter of the channels. A shared SE unit scores every channel of every branch, and "
                "a softmax across the four scales weights them before concatenation."
            ),
            "zh": (
                "用核为 3、5、7、9 的四路分组卷积替换瓶颈中的 3x3 卷积，每路产生四分之一通道；共享的 SE "
                "单元为各路的每个通道打分，再跨四个尺度做 softmax 加权后拼接。"
            ),
        },
        level="parity",
        implemented=True,
        cls="PSA",
        shape="B C H W -> B O H W",
        axes={"C": "in_channels", "O": "out_channels"},
        example={"in_channels": 64, "out_channels": 64},
        cases={
            "paper-order": {"in_channels": 32, "out_channels": 128, "reverse": False},
            "stage-two": {"in_channels": 128, "out_channels": 128},
        },
        recipes=(Recipe(backbone="resnet50", where="replace:layer*.conv2"),),
        variants={
            "epsanet50_small": Variant(cls="EPSANet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "epsanet101_small": Variant(cls="EPSANet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "epsanet50_large": Variant(
                cls="EPSANet",
                arguments={"layers": (3, 4, 6, 3), "kernel_groups": (32, 32, 32, 32), "width": 2},
                input=224,
            ),
            "epsanet101_large": Variant(
                cls="EPSANet",
                arguments={"layers": (3, 4, 23, 3), "kernel_groups": (32, 32, 32, 32), "width": 2},
                input=224,
            ),
        },
        key_maps=("EPSANet", "PSA"),
    ),
    "fcanet": PaperInfo(
        id="fcanet",
        title="FcaNet: Frequency Channel Attention Networks",
        authors=("Zequn Qin", "Pengyi Zhang", "Fei Wu", "Xi Li"),
        venue="ICCV",
        year=2021,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2012.11879",
        code_url="https://github.com/cfzd/FcaNet",
        official_code=True,
        idea={
            "en": (
                "Average pooling equals the lowest 2D cosine-transform component. Channels are divided into groups, "
                "each projected onto a different fixed DCT basis, and the resulting vector feeds an SE-type bottleneck "
                "gate; no weights are added beyond those of SE."
            ),
            "zh": (
                "平均池化等价于二维离散余弦变换的最低频分量。将通道分组，每组投影到不同的固定 DCT "
                "基上得到描述子，再送入 SE 式瓶颈门控；除此之外不增加可学习参数。"
            ),
        },
        level="parity",
        implemented=True,
        cls="MultiSpectralAttention",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={
            "low-frequencies": {"channels": 64, "height": 14, "width": 14, "frequencies": "low2"},
            "stage-one": {"channels": 256, "height": 56, "width": 56},
        },
        recipes=(
            Recipe(backbone="resnet50", where="after:layer1.*.bn3", arguments={"height": 56, "width": 56}),
            Recipe(backbone="resnet50", where="after:layer2.*.bn3", arguments={"height": 28, "width": 28}),
            Recipe(backbone="resnet50", where="after:layer3.*.bn3", arguments={"height": 14, "width": 14}),
            Recipe(backbone="resnet50", where="after:layer4.*.bn3", arguments={"height": 7, "width": 7}),
        ),
        variants={
            "fca34": Variant(cls="FcaNet", arguments={"layers": (3, 4, 6, 3), "basic": True}, input=224),
            "fca50": Variant(cls="FcaNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "fca101": Variant(cls="FcaNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "fca152": Variant(cls="FcaNet", arguments={"layers": (3, 8, 36, 3)}, input=224),
        },
        key_maps=("FcaNet", "MultiSpectralAttention"),
    ),
    "feature_fusion_pose": PaperInfo(
        id="feature_fusion_pose",
        title="Enhancing feature fusion for human pose estimation",
        authors=("Rui Wang", "Jiangwei Tong", "Xiangyang Wang"),
        venue="Machine Vision and Applications",
        year=2020,
        kind="fusion",
        sections=("plug-and-play",),
        paper_url="https://doi.org/10.1007/s00138-020-01104-2",
        code_url="https://github.com/tongjiangwei/FeatureFusion",
        official_code=True,
        idea={
            "en": (
                "Improves the merging of encoder and decoder features in a keypoint network: skip connections pass "
                "through factorised 3×1 and 1×3 convolutions, and a semantic embedding block multiplies projected "
                "low-level maps with upsampled high-level ones."
            ),
            "zh": (
                "针对人体关键点网络的编解码特征融合：跳跃连接先经 3×1 与 1×3 "
                "的分解卷积处理，语义嵌入块再把上采样后的高层特征与投影后的低层特征逐元素相乘。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "ganet_drone": PaperInfo(
        id="ganet_drone",
        title="Guided Attention Network for Object Detection and Counting on Drones",
        authors=("Yuanqiang Cai", "Dawei Du", "Libo Zhang", "Longyin Wen", "Weiqiang Wang", "Yanjun Wu", "Siwei Lyu"),
        venue="ACM MM",
        year=2020,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1909.11307",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "While pyramid levels are fused, a weakly supervised branch learns to tell background from objects and "
                "its attention weights the merged features. In the head, a foreground attention combining global and "
                "local appearance refines features for localisation and counting."
            ),
            "zh": (
                "融合特征金字塔各层时，用弱监督分支区分背景与目标，并以其注意力加权融合特征；检测头再用结合全局与局部外"
                "观的前景注意力细化特征，用于定位与计数。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "gcnet": PaperInfo(
        id="gcnet",
        title="GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond",
        authors=("Yue Cao", "Jiarui Xu", "Stephen Lin", "Fangyun Wei", "Han Hu"),
        venue="ICCVW",
        year=2019,
        kind="non-local",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1904.11492",
        code_url="https://github.com/xvjiarui/GCNet",
        official_code=True,
        idea={
            "en": (
                "A 1x1 convolution and a softmax over positions give one set of weights shared by every query; the "
                "weighted sum of features becomes a single context vector, which a bottleneck with layer normalisation "
                "transforms before it is added to all positions."
            ),
            "zh": (
                "用 1×1 卷积加空间 Softmax "
                "得到一组所有查询共享的位置权重，加权求和成单个上下文向量，再经带层归一化的瓶颈变换后加到每个位置。"
            ),
        },
        level="parity",
        implemented=True,
        cls="GlobalContext",
        shape="B C H W -> B C H W",
        example={"channels": 32},
        cases={
            "multiplied": {"channels": 32, "reduction": 4, "fusion": "mul"},
            "both": {"channels": 32, "reduction": 4, "fusion": "both"},
            "mean": {"channels": 32, "reduction": 8, "pooling": "mean"},
        },
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"),),
        key_maps=("GlobalContext",),
    ),
    "ge_net": PaperInfo(
        id="ge_net",
        title="Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks",
        authors=("Jie Hu", "Li Shen", "Samuel Albanie", "Gang Sun", "Andrea Vedaldi"),
        venue="NeurIPS",
        year=2018,
        kind="pooling-context",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1810.12348",
        code_url="https://github.com/hujie-frank/GENet",
        official_code=True,
        idea={
            "en": (
                "A gather step summarises each channel over a chosen extent, by average pooling or strided depthwise "
                "convolutions; an excite step, optionally with a bottleneck, resizes the summary to the input and "
                "multiplies it in through a sigmoid."
            ),
            "zh": (
                "“收集”一步在给定范围内汇总每个通道，可用平均池化或带步长的深度卷积；“激励”一步可选瓶颈变换，把汇总插值"
                "回原尺寸，经 Sigmoid 乘到输入上。"
            ),
        },
        level="parity",
        implemented=True,
        cls="GatherExcite",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={
            "theta-minus-8": {"channels": 64, "extent": 8},
            "theta-4": {"channels": 64, "extent": 4, "learned_gather": True},
            "theta-plus-32": {"channels": 64, "extent": 32, "learned_gather": True, "learned_excite": True},
            "theta-plus": {"channels": 64, "learned_gather": True, "learned_excite": True, "height": 14, "width": 10},
            "stage-one": {"channels": 256, "learned_gather": True, "learned_excite": True, "height": 56, "width": 56},
        },
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"),),
        variants={
            "ge_theta_minus_resnet50": Variant(
                cls="GEResNet",
                arguments={"layers": (3, 4, 6, 3), "learned_gather": False, "learned_excite": False},
                input=224,
            ),
            "ge_theta_resnet50": Variant(
                cls="GEResNet",
                arguments={"layers": (3, 4, 6, 3), "learned_excite": False},
                input=224,
            ),
            "ge_theta_plus_resnet50": Variant(cls="GEResNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "ge_theta_plus_resnet101": Variant(cls="GEResNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
        },
        key_maps=("GatherExcite",),
    ),
    "ghostnet": PaperInfo(
        id="ghostnet",
        title="GhostNet: More Features from Cheap Operations",
        authors=("Kai Han", "Yunhe Wang", "Qi Tian", "Jianyuan Guo", "Chunjing Xu", "Chang Xu"),
        venue="CVPR",
        year=2020,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1911.11907",
        code_url="https://github.com/huawei-noah/Efficient-AI-Backbones",
        official_code=True,
        idea={
            "en": (
                "Produces only part of the output channels with an ordinary convolution, usually 1×1, derives the "
                "remaining ones from those by a cheap depthwise convolution and concatenates both; GhostNet stacks "
                "such modules in mobile bottlenecks with squeeze-and-excitation at some depths."
            ),
            "zh": (
                "普通卷积（多为 "
                "1×1）只生成一部分输出通道，其余通道由这些特征经廉价的深度卷积派生，再拼接到一起；GhostNet "
                "以此模块堆叠移动端瓶颈块，并在部分位置加入 SE。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "glit": PaperInfo(
        id="glit",
        title="GLiT: Neural Architecture Search for Global and Local Image Transformer",
        authors=(
            "Boyu Chen",
            "Peixia Li",
            "Chuming Li",
            "Baopu Li",
            "Lei Bai",
            "Chen Lin",
            "Ming Sun",
            "Junjie Yan",
            "Wanli Ouyang",
        ),
        venue="ICCV",
        year=2021,
        kind="nas",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2107.02960",
        code_url="https://github.com/bychen515/GLiT",
        official_code=True,
        idea={
            "en": (
                "Gives each transformer block a mixture of self-attention heads and convolution heads (gated 1-D "
                "depthwise convolution over the token sequence) and searches hierarchically, first the split of heads, "
                "then widths and kernel sizes."
            ),
            "zh": (
                "让每个 Transformer "
                "块同时含自注意力头和卷积头（沿词元序列的一维深度卷积加门控），并做分层架构搜索：先定两类头的比例，再定"
                "各块的宽度与卷积核大小。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "gmlp": PaperInfo(
        id="gmlp",
        title="Pay Attention to MLPs",
        authors=("Hanxiao Liu", "Zihang Dai", "David R. So", "Quoc V. Le"),
        venue="NeurIPS",
        year=2021,
        kind="transformer-block",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2105.08050",
        code_url="https://github.com/jaketae/g-mlp",
        official_code=False,
        idea={
            "en": (
                "Drops self-attention: the widened channels are split in two, one half is normalised and passed "
                "through a learned linear map along the token axis, and the result multiplies the other half. The map "
                "is fixed after training and starts close to the identity gate."
            ),
            "zh": (
                "不用自注意力：把扩展后的通道一分为二，其中一半归一化后沿词元维做可学习的线性投影，再与另一半逐元素相乘"
                "作为门控。投影矩阵训练后固定，与输入无关；初始化使门控接近 1，训练起步更稳。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "gsa_net": PaperInfo(
        id="gsa_net",
        title="Global Self-Attention Networks for Image Recognition",
        authors=("Zhuoran Shen", "Irwan Bello", "Raviteja Vemulapalli", "Xuhui Jia", "Ching-Hui Chen"),
        venue="arXiv",
        year=2020,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2010.03019",
        code_url="https://github.com/lucidrains/global-self-attention-network",
        official_code=False,
        idea={
            "en": (
                "Two global branches are added: content attention, where keys are softmaxed over positions and "
                "combined with values before the queries read them, and positional attention, which uses learned "
                "relative offsets first along columns, then along rows."
            ),
            "zh": (
                "两个全局分支相加：内容注意力先把在位置维 Softmax "
                "的键与值相乘，再由查询读取；位置注意力用可学习的相对偏移，先沿列、再沿行做轴向注意力。"
            ),
        },
        level="parity",
        implemented=True,
        cls="GSA",
        shape="B C H W -> B D H W",
        axes={"C": "in_channels", "D": "out_channels"},
        example={"in_channels": 8, "out_channels": 12, "rel_pos_length": 14, "num_heads": 2, "dim_key": 8},
        cases={
            "content-only": {"in_channels": 8, "out_channels": 8, "rel_pos_length": 0, "num_heads": 2, "dim_key": 8},
            "short-offsets": {
                "in_channels": 8,
                "out_channels": 8,
                "rel_pos_length": 4,
                "num_heads": 2,
                "dim_key": 8,
                "norm_queries": True,
                "norm_columns": False,
            },
        },
        recipes=(
            Recipe(
                backbone="resnet50",
                where="replace:layer[34].[1-9].conv2",
                arguments={"rel_pos_length": 14},
                note={
                    "en": (
                        "The paper replaces every 3x3 convolution; the module takes no stride, so the blocks that "
                        "halve the map keep theirs."
                    ),
                    "zh": "论文替换全部 3×3 卷积；该模块不支持步长，因此负责下采样的块保留原卷积。",
                },
            ),
        ),
        key_maps=("GSA",),
    ),
    "gsop_net": PaperInfo(
        id="gsop_net",
        title="Global Second-order Pooling Convolutional Networks",
        authors=("Zilin Gao", "Jiangtao Xie", "Qilong Wang", "Peihua Li"),
        venue="CVPR",
        year=2019,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1811.12006",
        code_url="https://github.com/ZilinGao/Global-Second-order-Pooling-Convolutional-Networks",
        official_code=True,
        idea={
            "en": (
                "After a 1x1 reduction, the covariance matrix between channels is computed over all positions; a "
                "row-wise convolution turns each row of that matrix into features, and a sigmoid gate derived from "
                "them rescales the channels. The same can be done for positions, and the two joined."
            ),
            "zh": (
                "先用 1×1 卷积降维，再在所有位置上计算通道间的协方差矩阵；对矩阵逐行卷积得到描述子，经 Sigmoid "
                "生成通道权重。与全局平均池化相比，它保留了通道两两之间的相关性；也可对位置做同样的事，并把两者融合。"
            ),
        },
        level="parity",
        implemented=True,
        cls="GSoP",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64, "dim": 16},
        cases={
            "position": {"channels": 64, "dim": 16, "mode": "position"},
            "average": {"channels": 64, "dim": 16, "mode": "average", "divide_by_positions": False},
            "concatenation": {"channels": 64, "dim": 16, "mode": "concatenation", "stride": 2},
            "stage-two": {"channels": 512},
        },
        recipes=(
            Recipe(backbone="resnet50", where="after:layer1.2.bn3", arguments={"stride": 2}),
            Recipe(backbone="resnet50", where="after:layer2.3.bn3"),
            Recipe(backbone="resnet50", where="after:layer3.5.bn3"),
            Recipe(backbone="resnet50", where="after:layer4.2.bn3"),
        ),
        variants={
            "gsop_net1_50": Variant(cls="GSoPNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "gsop_net2_50": Variant(cls="GSoPNet", arguments={"layers": (3, 4, 6, 3), "covariance": True}, input=224),
            "gsop_net1_101": Variant(cls="GSoPNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "gsop_net2_101": Variant(cls="GSoPNet", arguments={"layers": (3, 4, 23, 3), "covariance": True}, input=224),
        },
        key_maps=("GSoP", "GSoPNet"),
    ),
    "hat_net": PaperInfo(
        id="hat_net",
        title="Vision Transformers with Hierarchical Attention",
        authors=("Yun Liu", "Yu-Huan Wu", "Guolei Sun", "Le Zhang", "Ajad Chhatkuli", "Luc Van Gool"),
        venue="Machine Intelligence Research",
        year=2024,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2106.03180",
        code_url="https://github.com/yun-liu/TransCNN",
        official_code=True,
        idea={
            "en": (
                "Runs attention in two steps within one block: first among the tokens of each small grid cell, then "
                "from every position to a strongly average-pooled copy of the map, whose output is added before the "
                "feed-forward part with its depthwise convolution."
            ),
            "zh": (
                "一个块内分两步做自注意力：先在每个小网格内部进行，再让所有位置关注经平均池化大幅缩小的特征图；两步结果"
                "相加后，进入带深度卷积的前馈层。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "hattmatting": PaperInfo(
        id="hattmatting",
        title="Attention-Guided Hierarchical Structure Aggregation for Image Matting",
        authors=("Yu Qiao", "Yuhao Liu", "Xin Yang", "Dongsheng Zhou", "Mingliang Xu", "Qiang Zhang", "Xiaopeng Wei"),
        venue="CVPR",
        year=2020,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url=(
            "https://openaccess.thecvf.com/content_CVPR_2020/papers/Qiao_Attention-Guided_Hierarchical_Structure_Aggreg"
            "ation_for_Image_Matting_CVPR_2020_paper.pdf"
        ),
        code_url="https://github.com/wukaoliu/CVPR2020-HAttMatting",
        official_code=True,
        idea={
            "en": (
                "Pyramid features from the deepest layer pass a channel gate that keeps useful semantics; these then "
                "guide a spatial sigmoid gate that filters edges and textures in shallow features. Both are joined to "
                "regress the alpha matte without a trimap."
            ),
            "zh": (
                "最深层的空洞金字塔特征先经通道注意力提炼语义，再由语义特征生成空间注意力，筛选浅层的边缘与纹理；两者拼"
                "接后直接回归 alpha 图，无需三分图（trimap）。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "hcgnet": PaperInfo(
        id="hcgnet",
        title="Gated Convolutional Networks with Hybrid Connectivity for Image Classification",
        authors=(
            "Chuanguang Yang",
            "Zhulin An",
            "Hui Zhu",
            "Xiaolong Hu",
            "Kun Zhang",
            "Kaiqiang Xu",
            "Chao Li",
            "Yongjun Xu",
        ),
        venue="AAAI",
        year=2020,
        kind="convolution",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1908.09699",
        code_url="https://github.com/winycg/HCGNet",
        official_code=True,
        idea={
            "en": (
                "Small modules with an internal residual path are linked densely from outside by concatenation. "
                "Inside, a forget gate built from pooled context rescales the shortcut, while an update gate softly "
                "chooses between a 3x3 and a dilated depthwise branch, imitating the gates of an LSTM."
            ),
            "zh": (
                "模块内部走残差、模块之间以拼接稠密相连。内部用池化上下文生成遗忘门缩放捷径，再用更新门在 3x3 "
                "与空洞深度卷积两个分支之间软选择，做法仿照 LSTM 的门控。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "iaunet": PaperInfo(
        id="iaunet",
        title="IAUnet: Global Context-Aware Feature Learning for Person Re-Identification",
        authors=("Ruibing Hou", "Bingpeng Ma", "Hong Chang", "Xinqian Gu", "Shiguang Shan", "Xilin Chen"),
        venue="IEEE TNNLS",
        year=2020,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2009.01035",
        code_url="https://github.com/blue-blue272/ImgReID-IAnet",
        official_code=True,
        idea={
            "en": (
                "Channels are first mixed by a softmax over their pairwise affinities. Sigmoid part masks then pool "
                "body-part vectors, which exchange messages on a small graph together with the global vector; the "
                "aggregated update is added to the map. Videos also link parts across frames."
            ),
            "zh": (
                "先按通道两两相似度的 Softmax 混合通道，再用 Sigmoid "
                "部件掩码池化出身体部件向量，与全局向量一起在小图上交互，聚合结果加回特征图；视频版还在帧间关联同一部件"
                "。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "ic_conv": PaperInfo(
        id="ic_conv",
        title="Inception Convolution with Efficient Dilation Search",
        authors=(
            "Jie Liu",
            "Chuming Li",
            "Feng Liang",
            "Chen Lin",
            "Ming Sun",
            "Junjie Yan",
            "Wanli Ouyang",
            "Dong Xu",
        ),
        venue="CVPR",
        year=2021,
        kind="convolution",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2012.13587",
        code_url="https://github.com/yifan123/IC-Conv",
        official_code=True,
        idea={
            "en": (
                "Lets groups of output channels within one convolution use different dilation rates, chosen separately "
                "for height and width, so a single layer covers many receptive fields; which channel gets which rate "
                "is decided by a statistical search on a trained supernet."
            ),
            "zh": (
                "同一层卷积里，不同输出通道使用不同的空洞率，且高、宽方向各自选取，于是单层即可覆盖多种感受野；每个通道"
                "用哪组空洞率，由在超网上进行的统计式搜索（EDO）决定，推理时结构固定。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "iebn": PaperInfo(
        id="iebn",
        title="Instance Enhancement Batch Normalization: An Adaptive Regulator of Batch Noise",
        authors=("Senwei Liang", "Zhongzhan Huang", "Mingfu Liang", "Haizhao Yang"),
        venue="AAAI",
        year=2020,
        kind="normalization",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1908.04008",
        code_url="https://github.com/gbup-group/IEBN",
        official_code=True,
        idea={
            "en": (
                "Makes the scale of batch normalisation depend on the image: the global average of the incoming "
                "channel passes through one weight, one bias and a sigmoid, and the result multiplies the learned "
                "scale before the usual shift is added."
            ),
            "zh": (
                "让批归一化的缩放随图像变化：对输入的每个通道取全局平均，经该通道独有的一个权重、一个偏置和 Sigmoid "
                "得到系数，乘到原有的缩放因子上，再加偏移；每通道只多出两个参数，用来抑制批统计噪声。"
            ),
        },
        level="parity",
        implemented=True,
        cls="IEBN",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"stage-three": {"channels": 1024}},
        recipes=(Recipe(backbone="resnet50", where="replace:*bn?"), Recipe(backbone="resnet18", where="replace:*bn?")),
        key_maps=("IEBN",),
    ),
    "interflow": PaperInfo(
        id="interflow",
        title="Interflow: Aggregating Multi-layer Feature Mappings with Attention Mechanism",
        authors=("Zhicheng Cai",),
        venue="arXiv",
        year=2021,
        kind="fusion",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2106.14073",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "A classifier branch, pooling plus a linear layer, is attached to every stage of a plain CNN. The "
                "class scores of all stages are stacked and mixed with learned branch weights, so early and late "
                "features both contribute to the final prediction."
            ),
            "zh": (
                "在普通 CNN "
                "的每个阶段各接一个池化加全连接的分类分支，把各阶段的类别得分堆叠起来，用学习得到的分支权重加权合成最终"
                "输出，使浅层与深层特征都参与预测。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "introvert": PaperInfo(
        id="introvert",
        title="Introvert: Human Trajectory Prediction via Conditional 3D Attention",
        authors=("Nasim Shafiee", "Taskin Padir", "Ehsan Elhamifar"),
        venue="CVPR",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url=(
            "https://openaccess.thecvf.com/content/CVPR2021/papers/Shafiee_Introvert_Human_Trajectory_Prediction_via_Co"
            "nditional_3D_Attention_CVPR_2021_paper.pdf"
        ),
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Encodes the observed path of one pedestrian as a condition vector and uses it to score every "
                "space-time cell of the video features; the attended visual context, rather than the other people's "
                "trajectories, drives the sequence decoder that predicts the future path."
            ),
            "zh": (
                "把单个行人的历史轨迹编码成条件向量，据此给视频特征的每个时空位置打分；加权得到的视觉上下文送入序列解码"
                "器预测未来路径，而不与其他行人的轨迹交互，因此单个目标的计算量与人群密度无关。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "laneatt": PaperInfo(
        id="laneatt",
        title="Keep your Eyes on the Lane: Real-time Attention-guided Lane Detection",
        authors=(
            "Lucas Tabelini",
            "Rodrigo Berriel",
            "Thiago M. Paixão",
            "Claudine Badue",
            "Alberto F. De Souza",
            "Thiago Oliveira-Santos",
        ),
        venue="CVPR",
        year=2021,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2010.12035",
        code_url="https://github.com/lucastabelini/LaneATT",
        official_code=True,
        idea={
            "en": (
                "Gathers backbone features along each predefined line anchor into a local vector; a linear layer with "
                "softmax turns that vector into weights over all other anchors, and the weighted sum of their vectors "
                "is appended as global context before classification and regression."
            ),
            "zh": (
                "沿每条预设线锚从主干特征图上取样得到局部向量，再由线性层加 softmax "
                "直接给出对其余所有锚的权重，加权求和得到全局向量，与局部向量拼接后送入分类与回归头，从而借助其他车道的"
                "线索。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "levit": PaperInfo(
        id="levit",
        title="LeViT: a Vision Transformer in ConvNet's Clothing for Faster Inference",
        authors=(
            "Benjamin Graham",
            "Alaaeldin El-Nouby",
            "Hugo Touvron",
            "Pierre Stock",
            "Armand Joulin",
            "Hervé Jégou",
            "Matthijs Douze",
        ),
        venue="ICCV",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2104.01136",
        code_url="https://github.com/facebookresearch/LeViT",
        official_code=True,
        idea={
            "en": (
                "Combines a convolutional stem with transformer stages of shrinking resolution, built for fast "
                "inference: narrow keys, batch normalisation that folds into linear layers, a learned bias per "
                "relative offset in place of position embeddings, and attention that itself subsamples the map."
            ),
            "zh": (
                "卷积前端加分辨率逐级缩小的 Transformer "
                "阶段，为推理速度设计：键的维度较小，批归一化可并入线性层，以逐相对偏移的可学习偏置代替位置编码，并由注"
                "意力本身完成下采样。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "lightconv": PaperInfo(
        id="lightconv",
        title="Pay Less Attention with Lightweight and Dynamic Convolutions",
        authors=("Felix Wu", "Angela Fan", "Alexei Baevski", "Yann N. Dauphin", "Michael Auli"),
        venue="ICLR",
        year=2019,
        kind="dynamic-convolution",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/1901.10430",
        code_url="https://github.com/facebookresearch/fairseq",
        official_code=True,
        idea={
            "en": (
                "Replaces self-attention over a sequence by a depthwise convolution whose taps are softmax-normalised "
                "and shared by groups of channels. In the dynamic version a linear layer predicts the taps from the "
                "current time step alone, so no pair of positions is compared."
            ),
            "zh": (
                "用深度卷积代替序列上的自注意力：卷积核经 softmax "
                "归一化，并由同一组通道共享；动态版本则由线性层仅根据当前时刻的特征预测该处的卷积核，不需要两两比较位置"
                "，代价随长度线性增长。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "localvit": PaperInfo(
        id="localvit",
        title="LocalViT: Bringing Locality to Vision Transformers",
        authors=(
            "Yawei Li",
            "Kai Zhang",
            "Jiezhang Cao",
            "Radu Timofte",
            "Michele Magno",
            "Luca Benini",
            "Luc Van Gool",
        ),
        venue="IROS",
        year=2023,
        kind="transformer-block",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2104.05707",
        code_url="https://github.com/ofsoundof/LocalViT",
        official_code=True,
        idea={
            "en": (
                "Reads the feed-forward layer of a transformer as an inverted residual block and inserts a 3×3 "
                "depthwise convolution between its two linear maps, with the tokens laid out as an image; a hard-swish "
                "and optional channel gate complete it."
            ),
            "zh": (
                "把 Transformer 的前馈层看作倒残差块，词元还原成二维网格后，在两次线性变换之间插入 3×3 深度卷积，配以 "
                "h-swish 激活，并可选 SE 或 ECA 通道注意力。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "maxvit": PaperInfo(
        id="maxvit",
        title="MaxViT: Multi-Axis Vision Transformer",
        authors=(
            "Zhengzhong Tu",
            "Hossein Talebi",
            "Han Zhang",
            "Feng Yang",
            "Peyman Milanfar",
            "Alan Bovik",
            "Yinxiao Li",
        ),
        venue="ECCV",
        year=2022,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2204.01697",
        code_url="https://github.com/google-research/maxvit",
        official_code=True,
        idea={
            "en": (
                "Each block first applies an inverted residual convolution, then attention inside fixed windows, then "
                "attention over a grid of tokens sampled at equal spacing across the map, so that two sparse steps "
                "together reach every position."
            ),
            "zh": (
                "每个块先做倒残差卷积，再做固定窗口内的注意力，随后对全图等间隔取样的网格词元做注意力；两步稀疏注意力合"
                "起来即可触及所有位置，复杂度与位置数成正比。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "mixconv": PaperInfo(
        id="mixconv",
        title="MixConv: Mixed Depthwise Convolutional Kernels",
        authors=("Mingxing Tan", "Quoc V. Le"),
        venue="BMVC",
        year=2019,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1907.09595",
        code_url="https://github.com/tensorflow/tpu",
        official_code=True,
        idea={
            "en": (
                "Within one depthwise convolution, different channel groups get different kernel sizes, from small to "
                "large, and the results are concatenated, so one cheap layer sees fine and coarse patterns together; "
                "MixNet models are found by search with it."
            ),
            "zh": (
                "把深度卷积的通道分成几组，每组使用不同大小的卷积核，从小到大依次排列，再把结果拼接起来，于是一层廉价的"
                "卷积就能同时捕捉细节与较大范围的模式；MixNet 系列是在此基础上搜索得到的轻量网络。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "mobilevit": PaperInfo(
        id="mobilevit",
        title="MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer",
        authors=("Sachin Mehta", "Mohammad Rastegari"),
        venue="ICLR",
        year=2022,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2110.02178",
        code_url="https://github.com/apple/ml-cvnets",
        official_code=True,
        idea={
            "en": (
                "Encodes local structure with a 3×3 convolution, then unfolds the map into 2×2 patches and runs "
                "transformer layers over all pixels that share the same place in their patch, folds back, concatenates "
                "with the input and fuses by convolution."
            ),
            "zh": (
                "先用 3×3 卷积编码局部结构，再把特征图展开成 2×2 小块，让各块中相同位置的像素之间做 "
                "Transformer，折叠复原后与输入拼接，以卷积融合；其余部分是倒残差块。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "msaf": PaperInfo(
        id="msaf",
        title="MSAF: Multimodal Split Attention Fusion",
        authors=("Lang Su", "Chuqing Hu", "Guofa Li", "Dongpu Cao"),
        venue="arXiv",
        year=2020,
        kind="fusion",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2012.07175",
        code_url="https://github.com/anita-hu/MSAF",
        official_code=True,
        idea={
            "en": (
                "Each modality's feature is cut into equal channel blocks; all blocks are summed, averaged and "
                "projected into one joint vector, from which a softmax across the blocks assigns soft weights. Streams "
                "of any spatial or temporal shape are thus rescaled by common evidence."
            ),
            "zh": (
                "把各模态特征切成等宽的通道块，全部相加并池化后投影成联合向量，再由它在所有块之间做 softmax "
                "得到权重；不同形状的模态特征因此能依据共同信息重新加权。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "muse": PaperInfo(
        id="muse",
        title="MUSE: Parallel Multi-Scale Attention for Sequence to Sequence Learning",
        authors=("Guangxiang Zhao", "Xu Sun", "Jingjing Xu", "Zhiyuan Zhang", "Liangchen Luo"),
        venue="arXiv",
        year=2019,
        kind="transformer-block",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1911.09483",
        code_url="https://github.com/lancopku/MUSE",
        official_code=True,
        idea={
            "en": (
                "One transformer layer runs three paths on the same normalised input and sums them: self-attention for "
                "the whole sentence, depthwise convolutions of several widths on the shared value projection with "
                "learned gates for local phrases, and the usual position-wise network."
            ),
            "zh": (
                "一层 Transformer "
                "在同一输入上并行三条支路再相加：自注意力负责整句；共享值投影上的多宽度深度卷积配合可学习门控负责局部短"
                "语；另有逐位置前馈网络。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "nam": PaperInfo(
        id="nam",
        title="NAM: Normalization-based Attention Module",
        authors=("Yichao Liu", "Zongru Shao", "Yueyang Teng", "Nico Hoffmann"),
        venue="NeurIPS Workshop",
        year=2021,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2111.12419",
        code_url="https://github.com/Christian-lyc/NAM",
        official_code=True,
        idea={
            "en": (
                "Takes the learned scale of a batch normalisation layer as the importance of its channel: the "
                "normalised map is multiplied by each scale's share of the total, passed through a sigmoid and gates "
                "the input. A pixel-wise twin and a sparsity penalty on the scales complete the design."
            ),
            "zh": (
                "把批归一化层学到的缩放因子当作通道重要性：归一化后的特征图乘以该因子占总和的比例，经 Sigmoid "
                "得到门控再乘回输入；论文另有逐像素的对应分支，并在损失中对缩放因子加稀疏惩罚。"
            ),
        },
        level="parity",
        implemented=True,
        cls="NAM",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"paper": {"channels": 32, "stop_gradient": False, "size": (7, 5)}, "stage-three": {"channels": 1024}},
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"), Recipe(backbone="resnet18", where="after:*.bn2")),
        key_maps=("NAM",),
    ),
    "nas_scam": PaperInfo(
        id="nas_scam",
        title=(
            "NAS-SCAM: Neural Architecture Search-Based Spatial and Channel Joint Attention Module for Nuclei Semantic "
            "Segmentation and Classification"
        ),
        authors=("Zuhao Liu", "Huan Wang", "Shaoting Zhang", "Guotai Wang", "Jin Qi"),
        venue="MICCAI",
        year=2020,
        kind="nas",
        sections=("attention-mechanism",),
        paper_url="https://doi.org/10.1007/978-3-030-59710-8_26",
        code_url="https://github.com/ZuhaoLiu/NAS-SCAM",
        official_code=True,
        idea={
            "en": (
                "Searches the inside of the attention block itself: small graph cells choose among plain and dilated "
                "convolutions for a spatial gate and one-dimensional convolutions over the pooled vector for a channel "
                "gate, and each place in the network may end up with a different pair."
            ),
            "zh": (
                "对注意力模块内部做可微结构搜索：空间分支在普通与空洞卷积中选算子，通道分支在作用于池化向量的一维卷积中"
                "选算子，两者串联或并联；网络中不同位置的模块独立搜索，最终结构可以各不相同。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "nasabn": PaperInfo(
        id="nasabn",
        title="NASABN: A Neural Architecture Search Framework for Attention-Based Networks",
        authors=("Kun Jing", "Jungang Xu", "et al."),
        venue="IJCNN",
        year=2020,
        kind="nas",
        sections=("attention-mechanism",),
        paper_url="https://ieeexplore.ieee.org/document/9207600",
        code_url="https://github.com/kunjing96/NASABN",
        official_code=True,
        idea={
            "en": (
                "Runs a differentiable search over recurrent cells together with attention for language modelling; in "
                "the released code the attention step has no weights of its own and lets each hidden state attend, by "
                "plain dot products, to itself and all earlier ones."
            ),
            "zh": (
                "面向语言建模，把循环单元的可微结构搜索与注意力层结合起来；公开代码中的注意力不含可学习参数，每个时刻的"
                "隐状态只用点积对自身及更早的隐状态做因果加权求和，再供后续层使用。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "nlsn": PaperInfo(
        id="nlsn",
        title="Image Super-Resolution with Non-Local Sparse Attention",
        authors=("Yiqun Mei", "Yuchen Fan", "Yuqian Zhou"),
        venue="CVPR",
        year=2021,
        kind="non-local",
        sections=("attention-mechanism",),
        paper_url=(
            "https://openaccess.thecvf.com/content/CVPR2021/html/Mei_Image_Super-Resolution_With_Non-Local_Sparse_Atten"
            "tion_CVPR_2021_paper.html"
        ),
        code_url="https://github.com/HarukiYqM/Non-Local-Sparse-Attention",
        official_code=True,
        idea={
            "en": (
                "Sorts pixels into buckets by spherical locality-sensitive hashing, cuts the sorted list into fixed "
                "chunks and lets each pixel attend only to its own and the two adjacent chunks; several hash rounds "
                "are merged by their softmax mass and added to the input."
            ),
            "zh": (
                "用球面局部敏感哈希给像素分桶并排序，再切成固定长度的块，每个像素只与本块及左右相邻块内的像素做注意力；"
                "多轮哈希的结果按各自的归一化权重合并，最后以残差方式加回输入。"
            ),
        },
        level="parity",
        implemented=True,
        cls="NonLocalSparseAttention",
        shape="B C H W -> B C H W",
        example={"channels": 16, "n_hashes": 2, "chunk_size": 16},
        cases={
            "one-round": {
                "channels": 8,
                "n_hashes": 1,
                "reduction": 2,
                "chunk_size": 8,
                "kernel_size": 1,
                "res_scale": 0.1,
            },
        },
        recipes=(
            Recipe(
                backbone="edsr",
                where="after:body.7",
                note={
                    "en": (
                        "Behind the eighth of 16 residual blocks of 64 channels; the paper puts one behind every "
                        "eighth of 32 blocks of 256."
                    ),
                    "zh": "放在 16 个 64 通道残差块的第 8 块之后；论文在 32 个 256 通道的残差块中每 8 块放一个。",
                },
            ),
        ),
        key_maps=("NonLocalSparseAttention",),
    ),
    "non_local": PaperInfo(
        id="non_local",
        title="Non-local Neural Networks",
        authors=("Xiaolong Wang", "Ross Girshick", "Abhinav Gupta", "Kaiming He"),
        venue="CVPR",
        year=2018,
        kind="non-local",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1711.07971",
        code_url="https://github.com/facebookresearch/video-nonlocal-net",
        official_code=True,
        idea={
            "en": (
                "Every position, in space and for video also in time, receives a sum of transformed features from all "
                "positions, weighted by a pairwise similarity such as the softmax of embedded dot products; the result "
                "is projected and added back."
            ),
            "zh": (
                "每个位置（视频中还包括时间维）按两两相似度对全部位置的特征加权求和，相似度可用嵌入点积加 "
                "Softmax；结果经 1×1 卷积后以残差加回，一层即可建立全局依赖。"
            ),
        },
        level="parity",
        implemented=True,
        cls="NonLocal",
        shape="B C H W -> B C H W",
        example={"channels": 16},
        cases={
            "paper-equations": {"channels": 16, "sub_sample": "embedding", "scale": False},
            "gaussian": {"channels": 16, "pairwise": "gaussian"},
            "dot-product": {"channels": 16, "pairwise": "dot_product", "sub_sample": "none"},
            "concatenation": {"channels": 16, "pairwise": "concatenation", "norm": False},
        },
        recipes=(Recipe(backbone="resnet50", where="after:layer3.4"),),
        key_maps=("NonLocal",),
    ),
    "ocrnet": PaperInfo(
        id="ocrnet",
        title="Object-Contextual Representations for Semantic Segmentation",
        authors=("Yuhui Yuan", "Xilin Chen", "Jingdong Wang"),
        venue="ECCV",
        year=2020,
        kind="task-specific",
        sections=("attention-mechanism", "plug-and-play"),
        paper_url="https://arxiv.org/abs/1909.11065",
        code_url="https://github.com/HRNet/HRNet-Semantic-Segmentation",
        official_code=True,
        idea={
            "en": (
                "A coarse auxiliary prediction weights the pixels of each class into one region vector; every pixel "
                "then attends to these class vectors, and the resulting context is concatenated with the pixel feature "
                "before the final classifier."
            ),
            "zh": (
                "先用辅助头的粗分割结果把像素按类别软聚合成区域向量，再让每个像素对这些类别区域做注意力，得到的上下文与"
                "像素特征拼接后送入最终分类器。"
            ),
        },
        level="parity",
        implemented=True,
        cls="OCR",
        shape="B C H W, B K H W -> B C H W",
        example={"channels": 64, "key_channels": 32},
        cases={
            "pooled": {"channels": 64, "key_channels": 32, "pool": 2},
            "wide": {"channels": 136, "key_channels": 16},
        },
        key_maps=("OCR", "OCRHead"),
    ),
    "octconv": PaperInfo(
        id="octconv",
        title="Drop an Octave: Reducing Spatial Redundancy in Convolutional Neural Networks with Octave Convolution",
        authors=(
            "Yunpeng Chen",
            "Haoqi Fan",
            "Bing Xu",
            "Zhicheng Yan",
            "Yannis Kalantidis",
            "Marcus Rohrbach",
            "Shuicheng Yan",
            "Jiashi Feng",
        ),
        venue="ICCV",
        year=2019,
        kind="convolution",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1904.05049",
        code_url="https://github.com/facebookresearch/OctConv",
        official_code=True,
        idea={
            "en": (
                "Channels are divided into a full-resolution part and a part stored at half height and width. One "
                "layer convolves within each and also across, pooling on the way down and upsampling on the way up, so "
                "slowly varying content costs a quarter."
            ),
            "zh": (
                "把通道分为全分辨率和半分辨率两部分：一层之内各自卷积并互相传递，向下用平均池化、向上用最近邻上采样，变"
                "化平缓的内容因而只需四分之一的计算。"
            ),
        },
        level="parity",
        implemented=True,
        cls="OctConv",
        shape="(B C H W, B D H/2 W/2) -> B O H W, B P H/2 W/2",
        axes={
            "C": "in_channels - floor(alpha_in * in_channels)",
            "D": "floor(alpha_in * in_channels)",
            "O": "out_channels - floor(alpha_out * out_channels)",
            "P": "floor(alpha_out * out_channels)",
        },
        example={"in_channels": 16, "out_channels": 24},
        cases={
            "uneven-shares": {
                "in_channels": 16,
                "out_channels": 24,
                "kernel_size": 1,
                "alpha_in": 0.25,
                "alpha_out": 0.75,
                "bias": True,
            },
            "grouped": {"in_channels": 16, "out_channels": 24, "groups": 2, "dilation": 2, "bias": True},
            "depthwise": {"in_channels": 16, "out_channels": 16, "alpha_in": 0.25, "alpha_out": 0.25, "groups": 16},
        },
        recipes=(Recipe(backbone="resnet50", where="replace:layer[1-3].*.conv2"),),
        variants={
            "oct_resnet50": Variant(cls="OctResNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "oct_resnet101": Variant(cls="OctResNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "oct_resnet152": Variant(cls="OctResNet", arguments={"layers": (3, 8, 36, 3)}, input=224),
        },
        key_maps=("OctConv", "OctResNet"),
    ),
    "patchconvnet": PaperInfo(
        id="patchconvnet",
        title="Augmenting Convolutional networks with attention-based aggregation",
        authors=(
            "Hugo Touvron",
            "Matthieu Cord",
            "Alaaeldin El-Nouby",
            "Piotr Bojanowski",
            "Armand Joulin",
            "Gabriel Synnaeve",
            "Hervé Jégou",
        ),
        venue="arXiv",
        year=2021,
        kind="pooling-context",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2112.13692",
        code_url="https://github.com/facebookresearch/deit",
        official_code=True,
        idea={
            "en": (
                "Ends a convolutional network with attention instead of average pooling: one learned class query "
                "scores all patches by softmax and returns their weighted sum. The accompanying backbone keeps a "
                "single resolution after a convolutional stem and stacks depthwise residual blocks with SE."
            ),
            "zh": (
                "用注意力代替卷积网络末端的全局平均池化：一个可学习的类别查询对所有图像块做 softmax "
                "打分并加权求和，权重图可直接可视化。配套主干在卷积起始层之后保持同一分辨率，堆叠带 SE "
                "的深度卷积残差块。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "polarized_self_attention": PaperInfo(
        id="polarized_self_attention",
        title="Polarized Self-Attention: Towards High-quality Pixel-wise Regression",
        authors=("Huajun Liu", "Fuqiang Liu", "Xinyi Fan", "Dong Huang"),
        venue="Neurocomputing",
        year=2022,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2107.00782",
        code_url="https://github.com/DeLightCMU/PSA",
        official_code=True,
        idea={
            "en": (
                "Two gates, each collapsing one axis fully and keeping the other at high resolution. The channel gate "
                "sums half-width values under a softmax over positions; the spatial gate multiplies values by a "
                "globally pooled query. Both end in a sigmoid and act in parallel or in turn."
            ),
            "zh": (
                "两路门控各自彻底压掉一个维度、在另一维保留高分辨率：通道路在空间上做 softmax "
                "后加权求和；空间路用全局池化的查询与值相乘。两路都以 sigmoid 收尾，可并联或串联。"
            ),
        },
        level="parity",
        implemented=True,
        cls="PolarizedSelfAttention",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={
            "sequential": {"channels": 64, "layout": "sequential"},
            "paper": {"channels": 64, "form": "paper"},
            "paper-sequential": {"channels": 32, "layout": "sequential", "form": "paper"},
            "wide": {"channels": 512},
        },
        recipes=(
            Recipe(backbone="resnet50", where="before:*.conv3"),
            Recipe(backbone="resnet18", where="before:*.conv2", arguments={"layout": "sequential"}),
        ),
        key_maps=("PolarizedSelfAttention",),
    ),
    "pp_nas": PaperInfo(
        id="pp_nas",
        title="PP-NAS: Searching for Plug-and-Play Blocks on Convolutional Neural Network",
        authors=("Biluo Shen", "Anqi Xiao", "Jie Tian", "Zhenhua Hu"),
        venue="ICCVW",
        year=2021,
        kind="nas",
        sections=("attention-mechanism", "plug-and-play"),
        paper_url=(
            "https://openaccess.thecvf.com/content/ICCV2021W/NeurArch/papers/Shen_PP-NAS_Searching_for_Plug-and-Play_Bl"
            "ocks_on_Convolutional_Neural_Network_ICCVW_2021_paper.pdf"
        ),
        code_url="https://github.com/ainieli/PP-NAS",
        official_code=True,
        idea={
            "en": (
                "A search decides what happens inside the split 3x3 step of a bottleneck: channels are cut into four, "
                "and four nodes each choose which earlier pieces to add and whether to skip, or apply a 1x1 or 3x3 "
                "convolution; results are concatenated, per stage."
            ),
            "zh": (
                "搜索瓶颈块中 3x3 步骤的内部结构：通道切成四份，四个节点各自选择相加哪些先前的部分，以及使用恒等、1x1 "
                "还是 3x3 卷积，结果拼接输出；各阶段的结构分别搜索。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "psconv": PaperInfo(
        id="psconv",
        title="PSConv: Squeezing Feature Pyramid into One Compact Poly-Scale Convolutional Layer",
        authors=("Duo Li", "Anbang Yao", "Qifeng Chen"),
        venue="ECCV",
        year=2020,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/2007.06191",
        code_url="https://github.com/d-li14/PSConv",
        official_code=True,
        idea={
            "en": (
                "Gives different input-output channel pairs of one 3×3 convolution different dilation rates, arranged "
                "in a cyclic pattern along both channel axes, so that every output channel mixes several receptive "
                "field sizes within a single layer."
            ),
            "zh": (
                "在同一层 3×3 "
                "卷积里，按输入、输出通道循环地给不同的通道对分配不同空洞率，使每个输出通道都混合多种感受野，从而把多尺"
                "度采样压进一层卷积。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "pspnet": PaperInfo(
        id="pspnet",
        title="Pyramid Scene Parsing Network",
        authors=("Hengshuang Zhao", "Jianping Shi", "Xiaojuan Qi", "Xiaogang Wang", "Jiaya Jia"),
        venue="CVPR",
        year=2017,
        kind="pooling-context",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1612.01105",
        code_url="https://github.com/hszhao/PSPNet",
        official_code=True,
        idea={
            "en": (
                "Averages the last feature map over grids of several sizes, from the whole image to small cells, "
                "reduces each result with a 1x1 convolution, upsamples all of them and concatenates them with the "
                "original map, so every pixel is classified with scene context."
            ),
            "zh": (
                "对末端特征图做多级平均池化，网格从整图一格到较细的若干格，各级结果经 1x1 "
                "卷积降维、上采样后与原特征图拼接，使每个像素在分类时都能参考整体场景与不同范围区域的上下文。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "pyconv": PaperInfo(
        id="pyconv",
        title="Pyramidal Convolution: Rethinking Convolutional Neural Networks for Visual Recognition",
        authors=("Ionut Cosmin Duta", "Li Liu", "Fan Zhu", "Ling Shao"),
        venue="arXiv",
        year=2020,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/2006.11538",
        code_url="https://github.com/iduta/pyconv",
        official_code=True,
        idea={
            "en": (
                "Splits the output channels of a layer among parallel convolutions with growing kernel sizes, for "
                "example 3, 5, 7 and 9, and raises the number of groups along with the kernel, which holds cost near "
                "that of a plain layer."
            ),
            "zh": (
                "把一层的输出通道分给几路并行卷积，核尺寸依次增大（如 "
                "3、5、7、9），分组数也随之增多，从而在与普通卷积相近的开销下拼接出多尺度特征。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "ra_cnn": PaperInfo(
        id="ra_cnn",
        title=(
            "Look Closer to See Better: Recurrent Attention Convolutional Neural Network for Fine-grained Image "
            "Recognition"
        ),
        authors=("Jianlong Fu", "Heliang Zheng", "Tao Mei"),
        venue="CVPR",
        year=2017,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://openaccess.thecvf.com/content_cvpr_2017/papers/Fu_Look_Closer_to_CVPR_2017_paper.pdf",
        code_url="https://github.com/Jianlong-Fu/Recurrent-Attention-CNN",
        official_code=True,
        idea={
            "en": (
                "At each of three scales a classifier network is followed by a proposal head that predicts the centre "
                "and half-width of a square; a soft differentiable mask crops it, the crop is enlarged and fed to the "
                "next scale. A ranking loss demands growing confidence."
            ),
            "zh": (
                "共三个尺度：每个尺度在分类网络后接提议头，预测方形区域的中心与半边长，用可微的软掩码裁剪并放大，送入下"
                "一尺度；排序损失要求更细尺度对正确类别更有把握。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "resnest": PaperInfo(
        id="resnest",
        title="ResNeSt: Split-Attention Networks",
        authors=(
            "Hang Zhang",
            "Chongruo Wu",
            "Zhongyue Zhang",
            "Yi Zhu",
            "Haibin Lin",
            "Zhi Zhang",
            "Yue Sun",
            "Tong He",
            "Jonas Mueller",
            "R. Manmatha",
            "Mu Li",
            "Alexander Smola",
        ),
        venue="CVPRW",
        year=2022,
        kind="dynamic-network",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2004.08955",
        code_url="https://github.com/zhanghang1989/ResNeSt",
        official_code=True,
        idea={
            "en": (
                "Each group of a grouped-convolution bottleneck produces several feature splits; their sum is globally "
                "pooled, a bottleneck yields channel-wise softmax weights over the splits, and the group output is the "
                "weighted sum."
            ),
            "zh": (
                "在 ResNeXt 式的每个基数组内再分出若干支路，相加后全局平均池化，经瓶颈得到逐通道的支路 Softmax "
                "权重，加权求和为该组输出，各组再拼接。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SplAtConv2d",
        shape="B C H W -> B O H W",
        axes={"C": "in_channels", "O": "out_channels"},
        example={"in_channels": 64, "out_channels": 64},
        cases={
            "cardinality": {"in_channels": 160, "out_channels": 80, "groups": 2, "radix": 4},
            "single-split": {"in_channels": 64, "out_channels": 64, "radix": 1, "normalized": False, "bias": True},
            "stage-two": {"in_channels": 128, "out_channels": 128},
        },
        recipes=(
            Recipe(
                backbone="resnet50",
                where="replace:*.conv2",
                note={
                    "en": (
                        "Only the 3x3 convolution of each bottleneck is replaced; the paper's networks also change "
                        "stem, pooling and shortcuts, as the variants do."
                    ),
                    "zh": "这里只替换每个瓶颈块的 3×3 卷积；论文的网络还改动了起始层、池化和捷径，见完整网络变体。",
                },
            ),
        ),
        variants={
            "resnest50": Variant(cls="ResNeSt", arguments={}, input=224),
            "resnest101": Variant(cls="ResNeSt", arguments={"layers": (3, 4, 23, 3), "stem": 64}, input=256),
            "resnest200": Variant(cls="ResNeSt", arguments={"layers": (3, 24, 36, 3), "stem": 64}, input=320),
            "resnest269": Variant(cls="ResNeSt", arguments={"layers": (3, 30, 48, 8), "stem": 64}, input=416),
            "resnest50_fast_1s1x64d": Variant(cls="ResNeSt", arguments={"radix": 1, "pool_first": True}, input=224),
            "resnest50_fast_2s1x64d": Variant(cls="ResNeSt", arguments={"radix": 2, "pool_first": True}, input=224),
            "resnest50_fast_4s1x64d": Variant(cls="ResNeSt", arguments={"radix": 4, "pool_first": True}, input=224),
            "resnest50_fast_1s2x40d": Variant(
                cls="ResNeSt",
                arguments={"radix": 1, "groups": 2, "base_width": 40, "pool_first": True},
                input=224,
            ),
            "resnest50_fast_2s2x40d": Variant(
                cls="ResNeSt",
                arguments={"radix": 2, "groups": 2, "base_width": 40, "pool_first": True},
                input=224,
            ),
            "resnest50_fast_4s2x40d": Variant(
                cls="ResNeSt",
                arguments={"radix": 4, "groups": 2, "base_width": 40, "pool_first": True},
                input=224,
            ),
            "resnest50_fast_1s4x24d": Variant(
                cls="ResNeSt",
                arguments={"radix": 1, "groups": 4, "base_width": 24, "pool_first": True},
                input=224,
            ),
        },
        key_maps=("ResNeSt", "SplAtConv2d"),
    ),
    "rest": PaperInfo(
        id="rest",
        title="ResT: An Efficient Transformer for Visual Recognition",
        authors=("Qing-Long Zhang", "Yu-Bin Yang"),
        venue="NeurIPS",
        year=2021,
        kind="transformer-backbone",
        sections=("attention-mechanism", "vision-transformer"),
        paper_url="https://arxiv.org/abs/2105.13677",
        code_url="https://github.com/wofmanaf/ResT",
        official_code=True,
        idea={
            "en": (
                "A four-stage pyramid transformer. Keys and values are shortened by a strided depthwise convolution "
                "before attention, a 1x1 convolution lets the heads exchange their score maps before the softmax, and "
                "position enters as a sigmoid gate computed by a depthwise convolution."
            ),
            "zh": (
                "四阶段的金字塔式 Transformer：注意力之前用带步长的深度卷积压缩键和值，softmax 之前用 1x1 "
                "卷积让各头的得分图交换信息，位置编码则由深度卷积生成的 sigmoid 门控提供。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "review_kd": PaperInfo(
        id="review_kd",
        title="Distilling Knowledge via Knowledge Review",
        authors=("Pengguang Chen", "Shu Liu", "Hengshuang Zhao", "Jiaya Jia"),
        venue="CVPR",
        year=2021,
        kind="loss",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2104.09044",
        code_url="https://github.com/dvlab-research/ReviewKD",
        official_code=True,
        idea={
            "en": (
                "In distillation, deep student features are merged step by step into shallower ones by two learned "
                "sigmoid maps, and every merged level is compared with the teacher at that level. The comparison sums "
                "squared errors over the full map and several pooled sizes."
            ),
            "zh": (
                "蒸馏时把学生深层特征逐级融入浅层，融合权重是两张学习得到的 sigmoid "
                "图；每级融合结果与教师同级特征比较，损失是全分辨率及若干池化尺寸上的平方误差之和。"
            ),
        },
        level="parity",
        implemented=True,
        cls="ReviewKD",
        shape="[B C1 H W, B C2 H/2 W/2, B C3 H/4 W/4] -> [B T1 H W, B T2 H/2 W/2, B T3 H/4 W/4]",
        axes={"C1": "8", "C2": "16", "C3": "32", "T1": "12", "T2": "24", "T3": "48"},
        example={"in_channels": (8, 16, 32), "out_channels": (12, 24, 48)},
        cases={"narrow": {"in_channels": (8, 16, 32), "out_channels": (12, 24, 48), "mid_channels": 6}},
        key_maps=("ABF", "HCL", "ReviewKD"),
    ),
    "rfb": PaperInfo(
        id="rfb",
        title="Receptive Field Block Net for Accurate and Fast Object Detection",
        authors=("Songtao Liu", "Di Huang", "Yunhong Wang"),
        venue="ECCV",
        year=2018,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1711.07767",
        code_url="https://github.com/GOATmessi7/RFBNet",
        official_code=True,
        idea={
            "en": (
                "Sends a map through parallel branches in which a convolution of growing size is followed by a dilated "
                "3x3 of growing rate, joins them with a 1x1 convolution and adds the scaled result to a shortcut, "
                "imitating how visual receptive fields widen with eccentricity."
            ),
            "zh": (
                "让特征图经过若干并行分支，每个分支先用逐渐增大的卷积核，再接空洞率相应增大的 3x3 卷积，拼接后用 1x1 "
                "卷积融合，按比例缩放并与捷径相加，模仿人类视觉感受野随偏心度增大的规律。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "rga": PaperInfo(
        id="rga",
        title="Relation-Aware Global Attention for Person Re-identification",
        authors=("Zhizheng Zhang", "Cuiling Lan", "Wenjun Zeng", "Xin Jin", "Zhibo Chen"),
        venue="CVPR",
        year=2020,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1904.02998",
        code_url="https://github.com/microsoft/Relation-Aware-Global-Attention-Networks",
        official_code=True,
        idea={
            "en": (
                "For each position its similarities to all positions, in both directions, are stacked in fixed raster "
                "order with its own embedded feature; a small convolutional net turns this vector into a sigmoid "
                "weight. A twin module treats channels as the nodes."
            ),
            "zh": (
                "对每个位置，把它与全部位置的双向相似度按固定次序堆叠，再拼上自身的嵌入特征，由小型卷积网络输出 "
                "Sigmoid 权重；通道版则以通道为节点做同样的事。"
            ),
        },
        level="parity",
        implemented=True,
        cls="RGA",
        shape="B C H W -> B C H W",
        axes={"C": "channels", "H": "height", "W": "width"},
        example={"channels": 64, "height": 16, "width": 8},
        cases={
            "spatial": {"channels": 64, "height": 16, "width": 8, "channel": False},
            "channel": {"channels": 64, "height": 16, "width": 8, "spatial": False},
            "stage-three": {"channels": 1024, "height": 16, "width": 8},
        },
        recipes=(Recipe(backbone="resnet50_s16", where="after:layer?", input=(256, 128)),),
        key_maps=("RGA",),
    ),
    "rnan": PaperInfo(
        id="rnan",
        title="Residual Non-local Attention Networks for Image Restoration",
        authors=("Yulun Zhang", "Kunpeng Li", "Kai Li", "Bineng Zhong", "Yun Fu"),
        venue="ICLR",
        year=2019,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1903.10082",
        code_url="https://github.com/yulunzhang/RNAN",
        official_code=True,
        idea={
            "en": (
                "Residual blocks form a trunk while a parallel down-up branch predicts a sigmoid mask for every "
                "channel and pixel; the trunk is multiplied by the mask and added to the input. In the first and last "
                "groups the mask branch starts with a non-local block."
            ),
            "zh": (
                "主干支路由残差块组成，掩码支路经下采样再上采样，为每个通道、每个像素预测 Sigmoid "
                "掩码；二者相乘后与输入相加。首尾两组的掩码支路还以非局部模块开头。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "rnl": PaperInfo(
        id="rnl",
        title="Region-based Non-local Operation for Video Classification",
        authors=("Guoxi Huang", "Adrian G. Bors"),
        venue="ICPR",
        year=2020,
        kind="non-local",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2007.09033",
        code_url="https://github.com/guoxih/region-based-non-local-network",
        official_code=True,
        idea={
            "en": (
                "Similarity is measured between regions rather than single points: a depthwise 3D convolution first "
                "summarises the cuboid around every space-time position, the summaries are compared pairwise under a "
                "softmax, and the weighted sum returns as a residual. Channel gating may follow."
            ),
            "zh": (
                "相似度在区域之间而非单点之间计算：先用三维深度卷积汇总每个时空位置周围的立方体，再两两比较并做 "
                "softmax，加权和以残差形式加回；其后可再接通道注意力。"
            ),
        },
        level="parity",
        implemented=True,
        cls="RNL",
        shape="B C T H W -> B C T H W",
        example={"channels": 32, "kernel_size": 3},
        cases={
            "sub-sampled": {"channels": 24, "sub_sample": True},
            "rectified": {"channels": 16, "kernel_size": 3, "activation": "relu", "normalize": True, "norm": False},
        },
        key_maps=("ChannelGate", "RNL"),
    ),
    "sa_net_shuffle": PaperInfo(
        id="sa_net_shuffle",
        title="SA-Net: Shuffle Attention for Deep Convolutional Neural Networks",
        authors=("Qing-Long Zhang", "Yu-Bin Yang"),
        venue="ICASSP",
        year=2021,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2102.00240",
        code_url="https://github.com/wofmanaf/SA-Net",
        official_code=True,
        idea={
            "en": (
                "Channels are split into groups and each group into halves: one half is gated by its global averages, "
                "the other by its group-normalised values, both through a learned scale, shift and sigmoid; the parts "
                "are joined and channels shuffled."
            ),
            "zh": (
                "通道先分组，组内再一分为二：一半用全局平均池化生成通道门控，另一半用组归一化结果生成空间门控，二者只学"
                "缩放与平移；拼接后做通道混洗，使各组信息互通。"
            ),
        },
        level="parity",
        implemented=True,
        cls="ShuffleAttention",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 128},
        cases={"few-groups": {"channels": 64, "groups": 8}, "stage-one": {"channels": 256}},
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"),),
        variants={
            "sa_resnet50": Variant(cls="SAResNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "sa_resnet101": Variant(cls="SAResNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "sa_resnet152": Variant(cls="SAResNet", arguments={"layers": (3, 8, 36, 3)}, input=224),
        },
        key_maps=("SAResNet", "ShuffleAttention"),
    ),
    "san": PaperInfo(
        id="san",
        title="Exploring Self-attention for Image Recognition",
        authors=("Hengshuang Zhao", "Jiaya Jia", "Vladlen Koltun"),
        venue="CVPR",
        year=2020,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2004.13621",
        code_url="https://github.com/hszhao/SAN",
        official_code=True,
        idea={
            "en": (
                "Convolution is replaced by weights computed from content in a small footprint, with a vector per "
                "neighbour rather than a scalar. The pairwise form derives them from each centre-neighbour difference "
                "plus position; the patchwise form derives all of them jointly from the patch."
            ),
            "zh": (
                "用由内容算出的权重代替卷积：在小邻域内，每个邻点得到的是向量权重而非标量。成对形式依据中心与邻点的特征"
                "差及位置编码；块形式则由整个邻域一次性算出全部权重。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SAM",
        shape="B C H W -> B O H W",
        axes={"C": "in_channels", "O": "out_channels"},
        example={"in_channels": 32, "out_channels": 16, "kernel_size": 3},
        cases={
            "patchwise": {"in_channels": 64, "out_channels": 16, "pairwise": False},
            "summation": {"in_channels": 32, "out_channels": 16, "kernel_size": 3, "relation": "summation"},
            "pairwise-concatenation": {
                "in_channels": 32,
                "out_channels": 16,
                "kernel_size": 3,
                "relation": "concatenation",
            },
            "hadamard": {"in_channels": 32, "out_channels": 16, "kernel_size": 3, "relation": "hadamard"},
            "dot": {"in_channels": 32, "out_channels": 16, "kernel_size": 3, "relation": "dot"},
            "star": {"in_channels": 32, "out_channels": 16, "kernel_size": 3, "pairwise": False, "relation": "star"},
            "clique": {
                "in_channels": 32,
                "out_channels": 16,
                "kernel_size": 3,
                "pairwise": False,
                "relation": "clique",
            },
            "stage-three": {"in_channels": 256, "out_channels": 64},
        },
        recipes=(
            Recipe(
                backbone="resnet50",
                where="replace:layer3.[1-5].conv2",
                arguments={"kernel_size": 7},
                note={
                    "en": (
                        "The authors build networks of this module alone (the variants); this puts it into one stage "
                        "of another."
                    ),
                    "zh": "作者用它单独搭建整个网络（见各变体）；这里只是放进另一个网络的一个阶段。",
                },
            ),
        ),
        variants={
            "san10_pair": Variant(cls="SAN", arguments={"layers": (2, 1, 2, 4, 1), "pairwise": True}, input=224),
            "san10_patch": Variant(cls="SAN", arguments={"layers": (2, 1, 2, 4, 1), "pairwise": False}, input=224),
            "san15_pair": Variant(cls="SAN", arguments={"layers": (3, 2, 3, 5, 2), "pairwise": True}, input=224),
            "san15_patch": Variant(cls="SAN", arguments={"layers": (3, 2, 3, 5, 2), "pairwise": False}, input=224),
            "san19_pair": Variant(cls="SAN", arguments={"layers": (3, 3, 4, 6, 3), "pairwise": True}, input=224),
            "san19_patch": Variant(cls="SAN", arguments={"layers": (3, 3, 4, 6, 3), "pairwise": False}, input=224),
        },
        key_maps=("SAM", "SAN"),
    ),
    "sasa": PaperInfo(
        id="sasa",
        title="Stand-Alone Self-Attention in Vision Models",
        authors=(
            "Prajit Ramachandran",
            "Niki Parmar",
            "Ashish Vaswani",
            "Irwan Bello",
            "Anselm Levskaya",
            "Jonathon Shlens",
        ),
        venue="NeurIPS",
        year=2019,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1906.05909",
        code_url="https://github.com/leaderj1001/Stand-Alone-Self-Attention",
        official_code=False,
        idea={
            "en": (
                "Each pixel attends, with several heads, to a small square neighbourhood centred on it; keys carry "
                "learned relative row and column embeddings. The layer takes the place of every spatial convolution in "
                "a ResNet, optionally with an attention stem."
            ),
            "zh": (
                "每个像素以多头注意力关注以自身为中心的小方窗，键中加入可学习的相对行、列位置编码；该层替换 ResNet "
                "中全部空间卷积，stem 也可换成注意力版本。"
            ),
        },
        level="figures",
        implemented=True,
        cls="LocalAttention",
        shape="B C H W -> B O H W",
        axes={"O": "out_channels"},
        example={"in_channels": 32, "out_channels": 32},
        cases={
            "content-only": {
                "in_channels": 16,
                "out_channels": 48,
                "kernel_size": 3,
                "num_heads": 4,
                "relative": False,
            },
            "stage-three": {"in_channels": 256, "out_channels": 256},
        },
        recipes=(Recipe(backbone="resnet50", where="replace:layer*.*.conv2", arguments={"kernel_size": 7}),),
        variants={
            "sasa_resnet26": Variant(cls="LocalAttentionResNet", arguments={"layers": (1, 2, 4, 1)}, input=224),
            "sasa_resnet38": Variant(cls="LocalAttentionResNet", arguments={"layers": (2, 3, 5, 2)}, input=224),
            "sasa_resnet50": Variant(cls="LocalAttentionResNet", arguments={}, input=224),
            "sasa_resnet26_full": Variant(
                cls="LocalAttentionResNet",
                arguments={"layers": (1, 2, 4, 1), "attention_stem": True},
                input=224,
            ),
            "sasa_resnet38_full": Variant(
                cls="LocalAttentionResNet",
                arguments={"layers": (2, 3, 5, 2), "attention_stem": True},
                input=224,
            ),
            "sasa_resnet50_full": Variant(cls="LocalAttentionResNet", arguments={"attention_stem": True}, input=224),
        },
    ),
    "scnet": PaperInfo(
        id="scnet",
        title="Improving Convolutional Networks with Self-Calibrated Convolutions",
        authors=("Jiang-Jiang Liu", "Qibin Hou", "Ming-Ming Cheng", "Changhu Wang", "Jiashi Feng"),
        venue="CVPR",
        year=2020,
        kind="convolution",
        sections=("attention-mechanism",),
        paper_url=(
            "https://openaccess.thecvf.com/content_CVPR_2020/papers/Liu_Improving_Convolutional_Networks_With_Self-Cali"
            "brated_Convolutions_CVPR_2020_paper.pdf"
        ),
        code_url="https://github.com/MCG-NKU/SCNet",
        official_code=True,
        idea={
            "en": (
                "Channels are halved. One half gets a plain 3x3 convolution; the other is convolved while a sigmoid "
                "gate, computed from the input plus its own down-pooled, convolved and upsampled copy, multiplies the "
                "result before a last convolution."
            ),
            "zh": (
                "通道一分为二：一半做普通 3×3 "
                "卷积；另一半卷积后乘以校准门控，门控由输入与其“池化—卷积—上采样”结果相加再过 Sigmoid "
                "得到，最后再卷积一次并与前一半拼接。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "scse": PaperInfo(
        id="scse",
        title="Concurrent Spatial and Channel 'Squeeze & Excitation' in Fully Convolutional Networks",
        authors=("Abhijit Guha Roy", "Nassir Navab", "Christian Wachinger"),
        venue="MICCAI",
        year=2018,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1803.02579",
        code_url="https://github.com/ai-med/squeeze_and_excitation",
        official_code=True,
        idea={
            "en": (
                "Two recalibrated copies of the input are computed side by side: one scaled per channel by an SE-type "
                "gate, one scaled per pixel by the sigmoid of a 1x1 convolution; they are then merged by addition or "
                "elementwise maximum."
            ),
            "zh": (
                "并行得到两份重标定结果：一份按 SE 方式逐通道加权，另一份用 1×1 卷积加 Sigmoid "
                "逐像素加权；两者再相加或逐元素取最大值合并。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SCSE",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"sum": {"channels": 64, "fusion": "sum"}, "wide": {"channels": 256, "reduction": 16}},
        recipes=(
            Recipe(
                backbone="resnet18",
                where="after:layer?",
                note={
                    "en": (
                        "The paper puts it behind each block of U-Net-like encoders and decoders; this is a ResNet as "
                        "the encoder."
                    ),
                    "zh": "论文把它放在 U-Net 类编码器与解码器的每个块之后；这里以 ResNet 作编码器为例。",
                },
            ),
        ),
        key_maps=("SCSE",),
    ),
    "se_net": PaperInfo(
        id="se_net",
        title="Squeeze-and-Excitation Networks",
        authors=("Jie Hu", "Li Shen", "Gang Sun"),
        venue="CVPR",
        year=2018,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1709.01507",
        code_url="https://github.com/hujie-frank/SENet",
        official_code=True,
        idea={
            "en": (
                "Every channel is averaged over the whole map into one number; two fully connected layers with a "
                "narrow middle and a sigmoid turn that vector into per-channel gates, which multiply the feature map."
            ),
            "zh": (
                "先用全局平均池化把每个通道压成一个数，再经“降维—升维”两层全连接和 Sigmoid "
                "得到各通道的权重，最后逐通道乘回特征图。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SE",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={
            "narrow": {"channels": 24, "reduction": 4},
            "equations": {"channels": 32, "bias": False},
            "max-pooling": {"channels": 32, "pool": "max"},
            "tanh": {"channels": 32, "gate": "tanh"},
        },
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"), Recipe(backbone="resnet18", where="after:*.bn2")),
        variants={
            "se_resnet50": Variant(cls="SEResNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "se_resnet101": Variant(cls="SEResNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "se_resnet152": Variant(cls="SEResNet", arguments={"layers": (3, 8, 36, 3)}, input=224),
            "se_resnext50_32x4d": Variant(
                cls="SEResNet",
                arguments={"layers": (3, 4, 6, 3), "groups": 32, "base_width": 4, "stride_first": False},
                input=224,
            ),
            "se_resnext101_32x4d": Variant(
                cls="SEResNet",
                arguments={"layers": (3, 4, 23, 3), "groups": 32, "base_width": 4, "stride_first": False},
                input=224,
            ),
            "senet154": Variant(cls="SENet", arguments={"layers": (3, 8, 36, 3)}, input=224),
        },
        key_maps=("SE", "SENet", "SEResNet"),
    ),
    "seam": PaperInfo(
        id="seam",
        title="Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic Segmentation",
        authors=("Yude Wang", "Jie Zhang", "Meina Kan", "Shiguang Shan", "Xilin Chen"),
        venue="CVPR",
        year=2020,
        kind="task-specific",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2004.04581",
        code_url="https://github.com/YudeWang/SEAM",
        official_code=True,
        idea={
            "en": (
                "Two weight-sharing branches see an image and its affine-transformed copy, and a loss asks that class "
                "activation maps transform likewise. A pixel correlation module then refines each map by averaging "
                "over pixels whose normalised features have positive cosine similarity."
            ),
            "zh": (
                "两条共享权重的分支分别看原图和仿射变换后的图，损失要求类激活图随之同样变换；像素相关模块再用归一化特征"
                "的余弦相似度取正部，对相似像素加权平均来细化类激活图。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "sge": PaperInfo(
        id="sge",
        title="Spatial Group-wise Enhance: Improving Semantic Feature Learning in Convolutional Networks",
        authors=("Xiang Li", "Xiaolin Hu", "Jian Yang"),
        venue="arXiv",
        year=2019,
        kind="spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1905.09646",
        code_url="https://github.com/implus/PytorchInsight",
        official_code=True,
        idea={
            "en": (
                "Within each channel group, a similarity map arises from the dot product of every position with the "
                "averaged group vector; it is standardised over positions, given a learned scale and shift, passed "
                "through a sigmoid and multiplied onto the group."
            ),
            "zh": (
                "在每个通道组内，用各位置特征与该组全局平均向量的点积作为相似度图，在空间上标准化后加一对可学习的缩放与"
                "平移，经 Sigmoid 乘回该组特征。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SGE",
        shape="B C H W -> B C H W",
        axes={"C": "2*groups"},
        example={"groups": 8},
        cases={"population": {"groups": 8, "unbiased": False}, "released": {"groups": 64}},
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"), Recipe(backbone="resnet18", where="after:*.bn2")),
        key_maps=("SGE",),
    ),
    "shuffle_transformer": PaperInfo(
        id="shuffle_transformer",
        title="Shuffle Transformer: Rethinking Spatial Shuffle for Vision Transformer",
        authors=("Zilong Huang", "Youcheng Ben", "Guozhong Luo", "Pei Cheng", "Gang Yu", "Bin Fu"),
        venue="arXiv",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2106.03650",
        code_url="https://github.com/mulinmeng/Shuffle-Transformer",
        official_code=True,
        idea={
            "en": (
                "Alternates ordinary window attention with windows whose tokens are gathered at regular strides over "
                "the whole map, a spatial shuffle done by one reshape, and adds a depthwise convolution in each block "
                "that ties neighbouring windows together."
            ),
            "zh": (
                "普通窗口注意力与打乱窗口交替使用：后者用一次重排，把全图等间隔取样的词元归入同一窗口；每块另加一层深度"
                "卷积，连接相邻窗口。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "simam": PaperInfo(
        id="simam",
        title="SimAM: A Simple, Parameter-Free Attention Module for Convolutional Neural Networks",
        authors=("Lingxiao Yang", "Ru-Yuan Zhang", "Lida Li", "Xiaohua Xie"),
        venue="ICML",
        year=2021,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://proceedings.mlr.press/v139/yang21o.html",
        code_url="https://github.com/ZjjConan/SimAM",
        official_code=True,
        idea={
            "en": (
                "Every single activation gets its own weight without learned parameters: its squared distance from the "
                "channel mean is divided by the channel variance plus a small constant, a closed-form measure of how "
                "much it stands out, and a sigmoid of that scales it."
            ),
            "zh": (
                "不含可学习参数，为每个激活单独给权重：用它与通道均值之差的平方除以通道方差加一个小常数，得到衡量其突出"
                "程度的闭式解，再经 sigmoid 缩放原值。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SimAM",
        shape="B C H W -> B C H W",
        example={},
        cases={"large-lambda": {"e_lambda": 0.1}},
        recipes=(
            Recipe(backbone="resnet50", where="after:*.conv2", arguments={"e_lambda": 0.1}),
            Recipe(backbone="resnet18", where="after:*.conv2", arguments={"e_lambda": 0.1}),
            Recipe(backbone="mobilenet_v2", where="after:features.1.conv.0.0", arguments={"e_lambda": 0.1}),
            Recipe(backbone="mobilenet_v2", where="after:features.*.conv.1.0", arguments={"e_lambda": 0.1}),
        ),
        variants={
            "simam_resnet18": Variant(
                cls="SimAMResNet",
                arguments={"layers": (2, 2, 2, 2), "bottleneck": False},
                input=224,
            ),
            "simam_resnet34": Variant(
                cls="SimAMResNet",
                arguments={"layers": (3, 4, 6, 3), "bottleneck": False},
                input=224,
            ),
            "simam_resnet50": Variant(cls="SimAMResNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "simam_resnet101": Variant(cls="SimAMResNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
            "simam_resnext50_32x4d": Variant(
                cls="SimAMResNet",
                arguments={"layers": (3, 4, 6, 3), "groups": 32, "base_width": 4},
                input=224,
            ),
            "simam_mobilenet_v2": Variant(cls="SimAMMobileNetV2", arguments={}, input=224),
        },
        key_maps=("SimAM", "SimAMMobileNetV2", "SimAMResNet"),
    ),
    "sk_net": PaperInfo(
        id="sk_net",
        title="Selective Kernel Networks",
        authors=("Xiang Li", "Wenhai Wang", "Xiaolin Hu", "Jian Yang"),
        venue="CVPR",
        year=2019,
        kind="dynamic-network",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1903.06586",
        code_url="https://github.com/implus/SKNet",
        official_code=True,
        idea={
            "en": (
                "Parallel grouped convolutions with different receptive fields are summed and globally pooled; a small "
                "bottleneck then produces, for each channel, softmax weights over the branches, and the output is the "
                "weighted sum of the branches."
            ),
            "zh": (
                "多个感受野不同的分组卷积并行，相加后做全局平均池化，经瓶颈全连接为每个通道输出各分支的 Softmax "
                "权重，再按权重把各分支加起来，相当于按输入自适应选择卷积核大小。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SKConv",
        shape="B C H W -> B O H W",
        axes={"C": "in_channels", "O": "out_channels"},
        example={"in_channels": 64, "out_channels": 64},
        cases={
            "full-kernels": {"in_channels": 64, "out_channels": 32, "branches": 3, "dilated": False},
            "stage-one": {"in_channels": 128, "out_channels": 128},
        },
        recipes=(
            Recipe(
                backbone="resnet50",
                where="replace:*.conv2",
                note={
                    "en": (
                        "The 3x3 convolution of each bottleneck is replaced, but the paper's networks start from "
                        "ResNeXt, as the variants do."
                    ),
                    "zh": "替换每个瓶颈块的 3×3 卷积，但论文的网络以 ResNeXt 为基础，见完整网络变体。",
                },
            ),
        ),
        variants={
            "sknet26": Variant(cls="SKNet", arguments={"layers": (2, 2, 2, 2)}, input=224),
            "sknet50": Variant(cls="SKNet", arguments={"layers": (3, 4, 6, 3)}, input=224),
            "sknet101": Variant(cls="SKNet", arguments={"layers": (3, 4, 23, 3)}, input=224),
        },
        key_maps=("SKConv", "SKNet"),
    ),
    "skipnet": PaperInfo(
        id="skipnet",
        title="SkipNet: Learning Dynamic Routing in Convolutional Networks",
        authors=("Xin Wang", "Fisher Yu", "Zi-Yi Dou", "Trevor Darrell", "Joseph E. Gonzalez"),
        venue="ECCV",
        year=2018,
        kind="dynamic-network",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/1711.09485",
        code_url="https://github.com/ucbdrive/skipnet",
        official_code=True,
        idea={
            "en": (
                "Puts a small gate before each residual block that pools the features and answers run or skip, either "
                "as a tiny convolutional network or as an LSTM shared by all layers; training starts with soft gates "
                "and is then refined by policy gradient on hard decisions."
            ),
            "zh": (
                "在每个残差块之前放一个小门控：对特征做池化后判断执行还是跳过，可用小卷积网络，也可用全网共享的 "
                "LSTM。先以松弛的门控做监督训练，再对硬决策用策略梯度细调，并惩罚计算量。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "slimconv": PaperInfo(
        id="slimconv",
        title="SlimConv: Reducing Channel Redundancy in Convolutional Neural Networks by Features Recombining",
        authors=("Jiaxiong Qiu", "Cai Chen", "Shuaicheng Liu", "Heng-Yu Zhang", "Bing Zeng"),
        venue="IEEE TIP",
        year=2021,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/2003.07469",
        code_url="https://github.com/JiaxiongQ/SlimConv",
        official_code=True,
        idea={
            "en": (
                "Weights the channels with a squeeze-and-excitation vector and, in a second copy, with the same vector "
                "reversed; each copy is folded by adding its two channel halves, and two narrow convolution paths "
                "process the results before concatenation."
            ),
            "zh": (
                "用 SE "
                "式权重加权通道，再用该权重的翻转版得到另一份特征；两份特征各自把前后两半通道相加折叠，随后分别送入两条"
                "更窄的卷积支路并拼接输出。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "snl": PaperInfo(
        id="snl",
        title="Unifying Nonlocal Blocks for Neural Networks",
        authors=("Lei Zhu", "Qi She", "Duo Li", "Yanye Lu", "Xuejing Kang", "Jie Hu", "Changhu Wang"),
        venue="ICCV",
        year=2021,
        kind="non-local",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2108.02451",
        code_url="https://github.com/zh460045050/SNL_ICCV2021",
        official_code=True,
        idea={
            "en": (
                "Non-local blocks are read as filters on a complete graph whose nodes are positions. The proposed "
                "block makes the non-negative affinity symmetric, normalises it by node degree, and applies a "
                "first-order Chebyshev filter: one weight matrix for the feature itself, one for its propagated "
                "version."
            ),
            "zh": (
                "把非局部模块看作以位置为节点的完全图上的滤波器。所提模块将非负相似度对称化并按节点度归一化，再做一阶切"
                "比雪夫滤波：一组权重作用于特征本身，另一组作用于传播后的特征。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SNL",
        shape="B C H W -> B C H W",
        example={"channels": 64},
        cases={"many-positions": {"channels": 32, "reduction": 4, "stages": 2}},
        recipes=(Recipe(backbone="resnet50", where="after:layer3.4"),),
        key_maps=("SNL",),
    ),
    "spanet": PaperInfo(
        id="spanet",
        title="SPANet: Spatial Pyramid Attention Network for Enhanced Image Recognition",
        authors=(
            "Jingda Guo",
            "Xu Ma",
            "Andrew Sansom",
            "Mara McGuire",
            "Andrew Kalaani",
            "Qi Chen",
            "Sihai Tang",
            "Qing Yang",
            "Song Fu",
        ),
        venue="ICME",
        year=2020,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://ieeexplore.ieee.org/document/9102906",
        code_url="https://github.com/13952522076/SPANet",
        official_code=True,
        idea={
            "en": (
                "The single global average of SE gives way to a three-level pyramid: the map is average-pooled to 1x1, "
                "2x2 and 4x4 grids, the 21 values of each channel are flattened together, and two fully connected "
                "layers turn them into one gate per channel."
            ),
            "zh": (
                "把 SE 的单点全局平均池化换成三层金字塔：将特征图平均池化到 1x1、2x2、4x4 网格，每通道 21 "
                "个值展平后送入两层全连接，输出逐通道权重。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SpatialPyramidAttention",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"stage-one": {"channels": 256}},
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"), Recipe(backbone="resnet18", where="after:*.bn2")),
        key_maps=("SpatialPyramidAttention",),
    ),
    "srm": PaperInfo(
        id="srm",
        title="SRM: A Style-based Recalibration Module for Convolutional Neural Networks",
        authors=("HyunJae Lee", "Hyo-Eun Kim", "Hyeonseob Nam"),
        venue="ICCV",
        year=2019,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/1903.10829",
        code_url="https://github.com/hyunjaelee410/style-based-recalibration-module",
        official_code=True,
        idea={
            "en": (
                "Describes each channel by the mean and standard deviation of its map, combines the two numbers with a "
                "pair of weights owned by that channel, then batch-normalises and applies a sigmoid to obtain the "
                "channel's gain; channels do not interact in this step."
            ),
            "zh": (
                "对每个通道的特征图取均值与标准差作为“风格”描述，用该通道独有的两个权重合成一个数，再经批归一化和 "
                "Sigmoid 得到通道权重；整个过程通道之间互不相连，参数量只随通道数线性增长。"
            ),
        },
        level="parity",
        implemented=True,
        cls="SRM",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"paper": {"channels": 64, "unbiased": False}, "stage-one": {"channels": 256}},
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"), Recipe(backbone="resnet18", where="after:*.bn2")),
        key_maps=("SRM",),
    ),
    "ssan": PaperInfo(
        id="ssan",
        title="SSAN: Separable Self-Attention Network for Video Representation Learning",
        authors=("Xudong Guo", "Xun Guo", "Yan Lu"),
        venue="CVPR",
        year=2021,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2105.13033",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Splits video self-attention into two successive steps inside a 2D CNN: each frame first gathers "
                "spatial context by position-wise and channel-wise attention, then a short temporal convolution fuses "
                "these results over neighbouring frames and the correlation along time is computed, with a residual "
                "connection."
            ),
            "zh": (
                "把视频自注意力拆成先空间、后时间的两步：每一帧先用位置与通道两个分支的注意力汇聚空间上下文，再用沿时间"
                "的小卷积融合相邻帧，随后计算时间相关，最后残差相加；模块插入二维 CNN 主干网络中使用。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "ssh": PaperInfo(
        id="ssh",
        title="SSH: Single Stage Headless Face Detector",
        authors=("Mahyar Najibi", "Pouya Samangouei", "Rama Chellappa", "Larry S. Davis"),
        venue="ICCV",
        year=2017,
        kind="convolution",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/1708.03979",
        code_url="https://github.com/mahyarnajibi/SSH",
        official_code=True,
        idea={
            "en": (
                "Detects faces in one stage straight from three convolutional layers of different strides; before each "
                "prediction a context module concatenates a 3×3 branch with branches of two and three stacked 3×3 "
                "convolutions, imitating 5×5 and 7×7 windows."
            ),
            "zh": (
                "单阶段人脸检测器，直接在步长不同的三个卷积层上预测；每个预测头之前的上下文模块把一路 3×3 "
                "卷积与串联两层、三层 3×3 卷积的支路拼接，等效得到 5×5 和 7×7 的感受野。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "strip_pooling": PaperInfo(
        id="strip_pooling",
        title="Strip Pooling: Rethinking Spatial Pooling for Scene Parsing",
        authors=("Qibin Hou", "Li Zhang", "Ming-Ming Cheng", "Jiashi Feng"),
        venue="CVPR",
        year=2020,
        kind="pooling-context",
        sections=("plug-and-play",),
        paper_url="https://arxiv.org/abs/2003.13328",
        code_url="https://github.com/Andrew-Qibin/SPNet",
        official_code=True,
        idea={
            "en": (
                "Averages each row and each column of a feature map, runs a small 1-D convolution along both strips, "
                "spreads them back and adds them; the sum becomes a sigmoid gate (SPM) or is joined with pyramid "
                "pooling (MPM)."
            ),
            "zh": (
                "分别对特征图的每一行、每一列做平均池化，得到横、竖两条带并各做一维卷积，再展开相加：在 SPM 中经 "
                "sigmoid 成为逐位置的门控，在 MPM 中则与金字塔池化分支拼接融合。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "swin_transformer": PaperInfo(
        id="swin_transformer",
        title="Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
        authors=(
            "Ze Liu",
            "Yutong Lin",
            "Yue Cao",
            "Han Hu",
            "Yixuan Wei",
            "Zheng Zhang",
            "Stephen Lin",
            "Baining Guo",
        ),
        venue="ICCV",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2103.14030",
        code_url="https://github.com/microsoft/Swin-Transformer",
        official_code=True,
        idea={
            "en": (
                "Computes self-attention only inside non-overlapping 7×7 windows with a learned relative position "
                "bias, shifts the window grid by half a window in every second block so neighbours exchange "
                "information, and merges patches between stages into a feature pyramid."
            ),
            "zh": (
                "只在互不重叠的 7×7 "
                "窗口内做自注意力并加可学习的相对位置偏置；相邻两块交替平移半个窗口，使信息跨窗流动；阶段之间合并图块，"
                "形成金字塔式主干网络。"
            ),
        },
        level="parity",
        implemented=True,
        cls="WindowAttention",
        shape="B H W C -> B H W C",
        axes={"C": "dim"},
        example={"dim": 32, "num_heads": 2},
        cases={
            "shifted": {"dim": 32, "num_heads": 2, "window_size": 4, "shift": 2},
            "whole-windows": {"dim": 24, "num_heads": 3, "shift": 3},
            "without-bias": {"dim": 24, "num_heads": 3, "window_size": 3, "qkv_bias": False},
            "without-offsets": {"dim": 24, "num_heads": 3, "window_size": 4, "shift": 2, "relative": False},
        },
        variants={
            "swin_t": Variant(
                cls="SwinTransformer",
                arguments={"dim": 96, "depths": (2, 2, 6, 2), "num_heads": (3, 6, 12, 24)},
                input=224,
            ),
            "swin_s": Variant(
                cls="SwinTransformer",
                arguments={"dim": 96, "depths": (2, 2, 18, 2), "num_heads": (3, 6, 12, 24), "drop_path": 0.3},
                input=224,
            ),
            "swin_b": Variant(
                cls="SwinTransformer",
                arguments={"dim": 128, "depths": (2, 2, 18, 2), "num_heads": (4, 8, 16, 32), "drop_path": 0.5},
                input=224,
            ),
            "swin_b_384": Variant(
                cls="SwinTransformer",
                arguments={
                    "dim": 128,
                    "depths": (2, 2, 18, 2),
                    "num_heads": (4, 8, 16, 32),
                    "window_size": 12,
                    "drop_path": 0.5,
                },
                input=384,
            ),
            "swin_l": Variant(
                cls="SwinTransformer",
                arguments={"dim": 192, "depths": (2, 2, 18, 2), "num_heads": (6, 12, 24, 48)},
                input=224,
            ),
            "swin_l_384": Variant(
                cls="SwinTransformer",
                arguments={"dim": 192, "depths": (2, 2, 18, 2), "num_heads": (6, 12, 24, 48), "window_size": 12},
                input=384,
            ),
            "swin_t_c24": Variant(
                cls="SwinTransformer",
                arguments={"dim": 96, "depths": (2, 2, 6, 2), "num_heads": (4, 8, 16, 32), "window_size": 8},
                input=256,
            ),
        },
        key_maps=("PatchMerging", "SwinBlock", "SwinTransformer", "WindowAttention"),
    ),
    "triplet_attention": PaperInfo(
        id="triplet_attention",
        title="Rotate to Attend: Convolutional Triplet Attention Module",
        authors=("Diganta Misra", "Trikay Nalamada", "Ajay Uppili Arasanipalai", "Qibin Hou"),
        venue="WACV",
        year=2021,
        kind="channel-spatial-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2010.03045",
        code_url="https://github.com/LandskapeAI/triplet-attention",
        official_code=True,
        idea={
            "en": (
                "Three branches permute the tensor so that channel-height, channel-width and height-width planes each "
                "come forward; every branch stacks the maximum and mean over the remaining axis, applies a 7x7 "
                "convolution and sigmoid, gates the tensor, and the three are averaged."
            ),
            "zh": (
                "三个分支分别旋转张量，使通道—高、通道—宽、高—宽平面朝前；每支沿剩余维度取最大值与均值，经 7×7 卷积和 "
                "Sigmoid 得到门控并作用于张量，最后三支取平均。"
            ),
        },
        level="parity",
        implemented=True,
        cls="TripletAttention",
        shape="B C H W -> B C H W",
        example={},
        cases={"kernel-3": {"kernel_size": 3}, "no-spatial": {"spatial": False}},
        recipes=(
            Recipe(backbone="resnet50", where="after:*.bn3"),
            Recipe(backbone="resnet18", where="after:*.bn2"),
            Recipe(backbone="mobilenet_v2", where="after:features.*.conv"),
        ),
        key_maps=("TripletAttention",),
    ),
    "tse": PaperInfo(
        id="tse",
        title="Tiled Squeeze-and-Excite: Channel Attention With Local Spatial Context",
        authors=("Niv Vosco", "Alon Shenkler", "Mark Grobman"),
        venue="ICCVW",
        year=2021,
        kind="channel-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2107.02145",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "The map is cut into tiles, for instance strips a few rows high; each tile is average-pooled by "
                "itself, run through the usual two SE layers, and its gates rescale that tile only. Weights have the "
                "same shapes as in SE, so trained ones carry over."
            ),
            "zh": (
                "把特征图切成小块（例如几行高的条带），各块单独平均池化，经过与 SE "
                "相同的两层变换，得到的门控只缩放本块；权重形状与 SE 一致，训练好的参数可直接沿用。"
            ),
        },
        level="runs",
        implemented=True,
        cls="TiledSE",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={
            "square-tiles": {"channels": 64, "tile_height": 7, "tile_width": 7},
            "strips": {"channels": 256, "tile_height": 1, "bias": False},
        },
        recipes=(Recipe(backbone="resnet50", where="after:*.bn3"),),
    ),
    "udvd": PaperInfo(
        id="udvd",
        title="Unified Dynamic Convolutional Network for Super-Resolution with Variational Degradations",
        authors=("Yu-Syuan Xu", "Shou-Yao Roy Tseng", "Yu Tseng", "Hsien-Kai Kuo", "Yi-Min Tsai"),
        venue="CVPR",
        year=2020,
        kind="task-specific",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/2004.06965",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "One network for many degradations: the low-resolution image is joined with maps describing blur and "
                "noise, a trunk predicts a small kernel for every pixel, and these kernels upsample and refine the "
                "image in several stages, each adding a predicted residual and supervised by its own loss."
            ),
            "zh": (
                "用一个网络应对多种退化：低分辨率图像与描述模糊核和噪声的退化图拼接输入，主干为每个像素预测一个小卷积核"
                "，先用它上采样，再逐级细化图像；每级都叠加预测的残差，并各自受损失监督。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "ulsam": PaperInfo(
        id="ulsam",
        title="ULSAM: Ultra-Lightweight Subspace Attention Module for Compact Convolutional Neural Networks",
        authors=("Rajat Saini", "Nandan Kumar Jha", "Bedanta Das", "Sparsh Mittal", "C. Krishna Mohan"),
        venue="WACV",
        year=2020,
        kind="spatial-attention",
        sections=("attention-mechanism", "plug-and-play"),
        paper_url="https://arxiv.org/abs/2006.15102",
        code_url="https://github.com/Nandan91/ULSAM",
        official_code=True,
        idea={
            "en": (
                "Cuts the channels into groups and gives each its own map of where to look: a depthwise 1x1 "
                "convolution, max-pooling and a one-filter pointwise convolution produce scores that softmax "
                "normalises over all positions; the group is multiplied by its map and added back."
            ),
            "zh": (
                "把通道分成若干子空间，每个子空间各有一张空间注意力图：先用 1x1 "
                "深度卷积和最大池化，再用单个逐点卷积核得到打分，在全部位置上做 "
                "softmax，乘回该组特征并残差相加，最后把各组拼接起来。"
            ),
        },
        level="parity",
        implemented=True,
        cls="ULSAM",
        shape="B C H W -> B C H W",
        axes={"C": "channels"},
        example={"channels": 64},
        cases={"one-subspace": {"channels": 16, "subspaces": 1}, "mobilenet": {"channels": 512}},
        recipes=(Recipe(backbone="mobilenet_v2", where="after:features.17.conv"),),
        key_maps=("ULSAM",),
    ),
    "vit": PaperInfo(
        id="vit",
        title="An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
        authors=(
            "Alexey Dosovitskiy",
            "Lucas Beyer",
            "Alexander Kolesnikov",
            "Dirk Weissenborn",
            "Xiaohua Zhai",
            "Thomas Unterthiner",
            "Mostafa Dehghani",
            "Matthias Minderer",
            "Georg Heigold",
            "Sylvain Gelly",
            "Jakob Uszkoreit",
            "Neil Houlsby",
        ),
        venue="ICLR",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2010.11929",
        code_url="https://github.com/google-research/vision_transformer",
        official_code=True,
        idea={
            "en": (
                "Cuts an image into 16×16 patches, projects each to a token, prepends a class token, adds learned "
                "position embeddings and runs a standard transformer encoder with global multi-head self-attention; "
                "the class token feeds the classifier."
            ),
            "zh": (
                "把图像切成 16×16 的图块并线性投影成词元，前置一个类别词元，加上可学习的位置编码，送入标准 Transformer "
                "编码器做全局多头自注意力，最后由类别词元分类。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "vitae": PaperInfo(
        id="vitae",
        title="ViTAE: Vision Transformer Advanced by Exploring Intrinsic Inductive Bias",
        authors=("Yufei Xu", "Qiming Zhang", "Jing Zhang", "Dacheng Tao"),
        venue="NeurIPS",
        year=2021,
        kind="transformer-backbone",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2106.03348",
        code_url="https://github.com/ViTAE-Transformer/ViTAE-Transformer",
        official_code=True,
        idea={
            "en": (
                "Downsamples in reduction cells that gather several dilation rates before attention, then stacks "
                "normal cells; in both kinds of cell a small stack of convolutions runs beside the attention and the "
                "two results are added before the feed-forward layer."
            ),
            "zh": (
                "先用缩减单元下采样：并行的不同空洞率卷积汇集多尺度信息后做注意力；之后堆叠普通单元。两种单元都有一路小"
                "卷积与注意力并行，结果相加再进前馈层，以补充局部性和尺度信息。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "volo": PaperInfo(
        id="volo",
        title="VOLO: Vision Outlooker for Visual Recognition",
        authors=("Li Yuan", "Qibin Hou", "Zihang Jiang", "Jiashi Feng", "Shuicheng Yan"),
        venue="IEEE TPAMI",
        year=2022,
        kind="transformer-backbone",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2106.13112",
        code_url="https://github.com/sail-sg/volo",
        official_code=True,
        idea={
            "en": (
                "Outlook attention skips query-key products: a linear layer on each token directly outputs the weights "
                "by which the values in its small neighbourhood are mixed, and overlapping results are folded "
                "together. Such layers work on fine tokens first, ordinary self-attention follows on coarser ones."
            ),
            "zh": (
                "展望注意力不做查询—键相乘，而由每个词元经线性层直接输出其邻域内各值的混合权重，重叠结果再折叠相加。网"
                "络先在细粒度词元上堆叠这种层，之后才用普通自注意力。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "vts_drloc": PaperInfo(
        id="vts_drloc",
        title="Efficient Training of Visual Transformers with Small Datasets",
        authors=("Yahui Liu", "Enver Sangineto", "Wei Bi", "Nicu Sebe", "Bruno Lepri", "Marco De Nadai"),
        venue="NeurIPS",
        year=2021,
        kind="loss",
        sections=("vision-transformer",),
        paper_url="https://arxiv.org/abs/2106.03746",
        code_url="https://github.com/yhlleo/VTs-Drloc",
        official_code=True,
        idea={
            "en": (
                "Adds a self-supervised loss to the training of a vision transformer: random pairs of positions of the "
                "last feature grid are joined, a small network predicts their normalised offset, and the L1 error is "
                "added to the classification loss."
            ),
            "zh": (
                "训练视觉 Transformer 时加一项自监督损失：在末层特征网格上随机取若干对位置，把两点特征拼接后由小型 MLP "
                "预测归一化相对偏移，L1 误差加到分类损失上。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "wcd": PaperInfo(
        id="wcd",
        title="Weighted Channel Dropout for Regularization of Deep Convolutional Neural Network",
        authors=("Saihui Hou", "Zilei Wang"),
        venue="AAAI",
        year=2019,
        kind="regularization",
        sections=("attention-mechanism",),
        paper_url="https://ojs.aaai.org/index.php/AAAI/article/view/4858",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "A training-time dropout over channels: each channel is scored by its global average activation, "
                "weighted random selection keeps a fixed share in which strong channels are likelier, an optional coin "
                "flip thins them further, and the survivors are rescaled. At test time nothing happens."
            ),
            "zh": (
                "训练阶段的通道丢弃：以全局平均池化值给每个通道打分，按权重随机抽取固定比例的通道保留，响应强的更易留下"
                "；还可再掷一次随机数进一步丢弃，保留的通道重新缩放。测试时不起作用。"
            ),
        },
        level="runs",
        implemented=True,
        cls="WeightedChannelDropout",
        shape="B C H W -> B C H W",
        example={},
        cases={"selection-alone": {"keep_ratio": 0.9, "keep_probability": 1.0}},
        recipes=(
            Recipe(
                backbone="resnet50",
                where="after:layer4",
                note={
                    "en": "The paper allows any place between two layers; no code tells the authors' own in a ResNet.",
                    "zh": "论文允许插在任意相邻两层之间；作者未公开代码，在 ResNet 中的具体位置无从核实。",
                },
            ),
        ),
    ),
    "weight_excitation": PaperInfo(
        id="weight_excitation",
        title="Weight Excitation: Built-in Attention Mechanisms in Convolutional Neural Networks",
        authors=("Niamul Quader", "Md Mafijul Islam Bhuiyan", "Juwei Lu", "Peng Dai", "Wei Li"),
        venue="ECCV",
        year=2020,
        kind="convolution",
        sections=("attention-mechanism",),
        paper_url="https://www.ecva.net/papers/eccv_2020/papers_ECCV/html/7039_ECCV_2020_paper.php",
        code_url=None,
        official_code=False,
        idea={
            "en": (
                "Attention acts on the convolution weights instead of the activations. During training each weight "
                "passes through an inverse-tanh curve that stretches large magnitudes, and a small shared network "
                "scores every input-output channel pair from the filter itself; both factors fold into a plain kernel "
                "afterwards."
            ),
            "zh": (
                "注意力不作用于特征图，而作用于卷积核本身：训练时用一条反双曲正切曲线拉大幅值较大的权重，再由各滤波器共"
                "享的小网络根据权重给每个输入—输出通道对打分；训练结束后两者都并入普通卷积核。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "weightnet": PaperInfo(
        id="weightnet",
        title="WeightNet: Revisiting the Design Space of Weight Networks",
        authors=("Ningning Ma", "Xiangyu Zhang", "Jiawei Huang", "Jian Sun"),
        venue="ECCV",
        year=2020,
        kind="dynamic-convolution",
        sections=("dynamic-networks",),
        paper_url="https://arxiv.org/abs/2007.11823",
        code_url="https://github.com/megvii-model/WeightNet",
        official_code=True,
        idea={
            "en": (
                "Generates the convolution kernel directly: the pooled input gives an attention vector through one "
                "layer and a sigmoid, and a grouped fully connected layer maps that vector to all kernel weights. The "
                "number of groups and the vector length move it between SE and CondConv."
            ),
            "zh": (
                "直接生成卷积核：池化后的输入经一层网络和 Sigmoid "
                "得到注意力向量，再由分组全连接层把它映射为整个卷积核的权重。调节向量长度与分组数，即可在 SE 与 "
                "CondConv 之间连续变化。"
            ),
        },
        level="stub",
        implemented=False,
    ),
    "xvit": PaperInfo(
        id="xvit",
        title="Space-time Mixing Attention for Video Transformer",
        authors=(
            "Adrian Bulat",
            "Juan-Manuel Perez-Rua",
            "Swathikiran Sudhakaran",
            "Brais Martinez",
            "Georgios Tzimiropoulos",
        ),
        venue="NeurIPS",
        year=2021,
        kind="self-attention",
        sections=("attention-mechanism",),
        paper_url="https://arxiv.org/abs/2106.05968",
        code_url="https://github.com/1adrianb/video-transformers",
        official_code=True,
        idea={
            "en": (
                "Spatial attention runs inside each frame, but before it a part of the key and value channels is "
                "swapped for those of the previous and the next frame at the same place. One pass of per-frame "
                "attention thereby mixes time at no additional operations or weights."
            ),
            "zh": (
                "注意力只在单帧内部计算，但在此之前把键和值的一部分通道换成前一帧、后一帧同位置的通道，于是一次帧内自注"
                "意力就顺带混合了时间信息，不增加参数和乘加。"
            ),
        },
        level="stub",
        implemented=False,
    ),
}
