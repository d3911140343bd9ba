from ._types import PaperInfo

PAPERS: dict[str, PaperInfo]
