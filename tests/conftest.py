"""What every test may use: the vectors of other people, and how Hypothesis runs."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Limits of time fail on a busy machine and say nothing about the code.
slow_is_fine = [HealthCheck.too_slow]
settings.register_profile("comity", deadline=None, print_blob=True, suppress_health_check=slow_is_fine)
settings.register_profile("comity-ci", parent=settings.get_profile("comity"), derandomize=True)
settings.load_profile("comity-ci" if os.environ.get("CI") else "comity")


def present(path: Path) -> Path:
    """Return path if it is there; else skip the test or module that asks, or fail it under COMITY_REQUIRE_ALL=1."""
    if path.exists():
        return path
    if os.environ.get("COMITY_REQUIRE_ALL") == "1":
        pytest.fail(f"{path.name} is absent and COMITY_REQUIRE_ALL is 1", pytrace=False)
    pytest.skip(f"{path.name} is absent; COMITY_VECTORS names the directory of the vectors", allow_module_level=True)


def vector_file(name: str) -> Path:
    """Return the path of one file of vectors, in the directory COMITY_VECTORS or `../shared/vectors`.

    May be called while tests are collected. Absent files: see present.
    """
    return present(Path(os.environ.get("COMITY_VECTORS") or ROOT.parent / "shared" / "vectors") / name)


def sample_files(kind: str) -> list[Path]:
    """Return files that other systems made, by directory, in COMITY_SAMPLES or `../shared/samples`.

    May be called while tests are collected; the result is empty where the directory is absent: see sample.
    """
    place = Path(os.environ.get("COMITY_SAMPLES") or ROOT.parent / "shared" / "samples") / kind
    return sorted(place.glob("*.json"))


def sample(path: Path | None) -> Path:
    """Return the sample; where there are none, skip the test that asks, or fail it under COMITY_REQUIRE_ALL=1."""
    if path is not None:
        return path
    if os.environ.get("COMITY_REQUIRE_ALL") == "1":
        pytest.fail("the samples are absent and COMITY_REQUIRE_ALL is 1", pytrace=False)
    pytest.skip("the samples are absent; COMITY_SAMPLES names their directory")


@pytest.fixture(scope="session")
def vectors_dir() -> Path:
    """The directory of the vectors. Where it is absent: see present."""
    return vector_file("")
