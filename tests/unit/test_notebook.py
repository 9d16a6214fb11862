"""The example notebook is valid, is kept without outputs, and its cells run on exported runs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from lab.cli.export import files_of
from tests.unit.run_kinds import complete_sweep
from tests.unit.run_samples import bench, replica_sweep, user_sweep, with_histograms

NOTEBOOK = Path(__file__).parents[2] / "docs/notebooks/curve.ipynb"
RUNS = {
    "sweep": complete_sweep,
    "kept": lambda: with_histograms(replica_sweep()),
    "one block": user_sweep,
    "bench": bench,
}


def test_it_is_a_valid_notebook_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert all(
        not cell.outputs and cell.execution_count is None
        for cell in notebook.cells
        if cell.cell_type == "code"
    )


@pytest.mark.parametrize("kind", RUNS)
def test_its_cells_run_on_an_exported_run(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in files_of(RUNS[kind](), with_parquet=False).items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("LAB_EXPORT", str(tmp_path))
    names: dict[str, object] = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, NOTEBOOK.name, "exec"), names)
    out = capsys.readouterr().out
    assert "on Synthetic CPU" in out
    assert "req/s" in out
    assert ("p99 =" in out) == (kind == "kept")
    assert (" ± " in out) == (kind != "one block")
