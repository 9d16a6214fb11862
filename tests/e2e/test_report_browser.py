"""A real browser opens the report: no error, every plot drawn, nothing asked of a network, light and dark."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.model.run import Run
from lab.report.html import report_html
from tests.unit.run_samples import bench, replica_sweep, stage_sweep, user_sweep

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--virtual-time-budget=8000", "--window-size=1600,1000",
    "--enable-logging=stderr",
)  # fmt: skip
DARK = "--blink-settings=preferredColorScheme=0"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium: apt-get install -y chromium"),
]

SAMPLES = {
    "replicas": [replica_sweep()],
    "stage": [stage_sweep()],
    "users": [user_sweep()],
    "bench": [bench()],
    "several": [replica_sweep(), replica_sweep(values=(1, 2), invalid=None)],
}


def _open(page: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """Return (the document after its scripts ran, what the browser logged)."""
    assert BROWSER
    argv = [BROWSER, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout, done.stderr


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_report_opens_without_an_error_and_draws_every_plot(
    sample: str, scheme: str, tmp_path: Path
) -> None:
    runs: list[Run] = SAMPLES[sample]
    page = tmp_path / "report.html"
    page.write_text(report_html(runs), encoding="utf-8")
    dom, log = _open(page, tmp_path / "profile", "--dump-dom", *([DARK] if scheme == "dark" else []))
    assert not re.findall(r".*CONSOLE.*", log)
    places = re.findall(r'<div class="plot[^"]*" id="([^"]+)"', dom)
    drawn = re.findall(r'<div class="plot js-plotly-plot" id="([^"]+)"', dom)
    assert len(drawn) == len(places) >= 3
    assert dom.count('class="main-svg"') >= 2 * len(drawn)
    assert "Share chart" not in dom.split("</main>")[0]
    expected = "rgb(238, 241, 245)" if scheme == "dark" else "rgb(20, 24, 31)"
    assert f"fill: {expected}" in dom  # the plots' text follows the reader's setting


def test_the_report_prints(tmp_path: Path) -> None:
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(report_html([replica_sweep()]), encoding="utf-8")
    _open(page, tmp_path / "profile", f"--print-to-pdf={paper}", "--no-pdf-header-footer", DARK)
    assert paper.read_bytes().startswith(b"%PDF")
    assert paper.stat().st_size > 50_000
