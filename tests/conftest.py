"""What every test shares: the real checkout and its catalogue."""

from __future__ import annotations

import warnings
from functools import cache

import pytest
from hypothesis import HealthCheck, settings

from generator.catalogue.loader import load
from generator.catalogue.model import Catalogue
from generator.project import Project

settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("project")


@cache
def real_project() -> Project:
    """The checkout that the tests are part of."""
    return Project.find()


@cache
def real_catalogue() -> Catalogue:
    """The catalogue of the checkout, loaded once."""
    return load(real_project().catalogue).catalogue


@pytest.fixture(scope="session")
def project() -> Project:
    """The checkout that the tests are part of."""
    return real_project()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue of the checkout."""
    return real_catalogue()


@pytest.fixture(autouse=True)
def _single_thread() -> None:
    """Workers share the cores: one thread each is faster than many."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
    torch.set_num_threads(1)
