"""Whether the record of a paper tells a wrong version of its module from the right one."""

from __future__ import annotations

from types import ModuleType

from torch import nn

from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from tests.conftest import real_project


def rejected(id: str, mutant: type[nn.Module], case: str) -> bool:
    """Whether ``case`` of the record of ``id`` fails with ``mutant``, which stands in for its base class.

    The state is filled as for the right class, so a mutant keeps the parameters and changes what is done with them.
    """
    record = load_record(real_project().evidence / f"{id}.json")
    (recorded,) = (entry for entry in record.cases if entry.name == case)
    namespace = ModuleType(f"mutant_of_{id}")
    setattr(namespace, recorded.cls, mutant)
    return not compare(record, recorded, build(record, recorded, namespace)).within(record.tolerance)
