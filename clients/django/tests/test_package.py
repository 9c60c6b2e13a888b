"""What a project installs."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1]
CONTRACTS = FOLDER.parents[1] / "contracts"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds wheel and source archive."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=FOLDER, check=True, capture_output=True
    )
    return folder


def test_the_wheel_has_what_is_no_code_too(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        # Links in the repository, files in the wheel: the package's copy of the contract cannot lag behind.
        for path in CONTRACTS.glob("*.schema.json"):
            assert archive.read(f"appointment_notifications/schemas/{path.name}") == path.read_bytes()
    source = FOLDER / "src"
    expected = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= names
    assert {"appointment_notifications/py.typed", "appointment_notifications/migrations/0001_initial.py"} <= names
    assert not [name for name in names if name.startswith(("tests", "example"))]


def test_the_source_archive_builds_without_the_repository(built: Path, tmp_path: Path) -> None:
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=folder, check=True, capture_output=True
    )
    [wheel] = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as zipped:
        assert zipped.read("appointment_notifications/schemas/outcome.schema.json").startswith(b"{")
