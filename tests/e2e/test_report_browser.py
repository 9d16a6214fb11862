"""A real browser opens the report: no error, every plot drawn, nothing asked of a network, filters, keyboard, contrast."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from lab.model.run import Run
from lab.report.html import report_html
from tests.browser import BROWSER, Browser
from tests.unit.run_kinds import a_a_run, capacity_run, complete_sweep, two_factor_sweep, verify_run
from tests.unit.run_samples import bench, replica_sweep, stage_sweep, user_sweep, with_histograms

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium: apt-get install -y chromium"),
]

SAMPLES = {
    "complete": [with_histograms(complete_sweep())], "two": [two_factor_sweep()], "aa": [a_a_run()], "capacity": [capacity_run()], "verify": [verify_run()],
    "stage": [stage_sweep()], "users": [user_sweep()], "bench": [bench()],
    "several": [replica_sweep(), replica_sweep(values=(1, 2), invalid=None)],
}  # fmt: skip

# Every plot, with the traces that have something in them and what the page shows of it.
PLOTS = """[...document.querySelectorAll('.plot')].map((e) => ({
  id: e.id, drawn: e.classList.contains('js-plotly-plot') && !!e.querySelector('.main-svg'),
  traces: (e.data || []).filter((t) => (t.x || t.y || []).length > 0).length,
  marks: e.querySelectorAll('.point, .points path, .lines path, .js-line').length,
  inside: e.scrollWidth <= e.clientWidth + 1, described: (e.getAttribute('aria-label') || '').length,
}))"""

# What text is seen with too little contrast. Source: WCAG 2.2, 1.4.3: 4.5, and 3 for large text.
FAINT = """(() => {
  const lum = (c) => { const v = c.map((x) => x / 255).map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
  const rgb = (s) => (s.match(/[\\d.]+/g) || []).map(Number);
  const ground = (e) => { for (let n = e; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor);
    if (c.length === 3 || c[3] > 0.99) return c.slice(0, 3); } return rgb(getComputedStyle(document.documentElement).getPropertyValue('background-color')); };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('script, style, .plot, option')) continue;
    const style = getComputedStyle(e); const ink = rgb(e.closest('svg') ? style.fill : style.color).slice(0, 3);
    const [a, b] = [lum(ink), lum(ground(e.closest('svg') ? e.closest('svg').parentElement : e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize); const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (isLarge ? 3 : 4.5)) found.push([e.tagName, e.className.toString(), ratio.toFixed(2), e.textContent.slice(0, 40)]);
  }
  return found;
})()"""

# Pairs of words in one plot that overlap: notes, the legend's entries, the buttons.
HIDDEN_WORDS = """[...document.querySelectorAll('.plot')].flatMap((plot) => {
  const boxes = [...plot.querySelectorAll('.annotation-text, .legendtext, .modebar-btn')].filter((e) => e.checkVisibility())
    .map((e) => [e.textContent || e.dataset.title, e.getBoundingClientRect()]);
  return boxes.flatMap(([words, a], i) => boxes.slice(i + 1)
    .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
    .map(([other]) => [plot.id, words, other]));
})"""

# Elements that lack the name a screen reader says.
NAMELESS = """(() => {
  const bare = (label) => { const copy = label.cloneNode(true); copy.querySelectorAll('select').forEach((s) => s.remove()); return copy.textContent; };
  const labelled = (e) => e.getAttribute('aria-label') || document.getElementById(e.getAttribute('aria-labelledby') || '')?.textContent;
  const name = (e) => {
    if (e.tagName === 'TABLE') return e.caption?.textContent;
    if (e.tagName === 'SELECT') return [...e.labels].map(bare).join('');
    if (e.matches('a, button, summary')) return e.textContent;
    return labelled(e);
  };
  const wanted = 'a, button, select, summary, [role=img], [role=region], svg.topology, section, nav, form, table';
  return [...document.querySelectorAll(wanted)].filter((e) => !e.parentElement.closest('.plot'))
    .filter((e) => !(name(e) || '').trim()).map((e) => e.outerHTML.slice(0, 120));
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, runs in SAMPLES.items():
        chosen: list[Run] = runs
        found[name] = folder / f"{name}.html"
        found[name].write_text(report_html(chosen), encoding="utf-8")
    return found


def show(browser: Browser, page: Path, *, width: int = 1280, is_dark: bool = False) -> None:
    browser.problems.clear()
    browser.requests.clear()
    browser.open(page, width=width, is_dark=is_dark)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_plot_is_drawn_and_nothing_is_asked_of_a_network(
    sample: str, is_dark: bool, browser: Browser, pages: dict[str, Path]
) -> None:
    show(browser, pages[sample], is_dark=is_dark)
    plots = browser.eval(PLOTS)
    assert len(plots) >= 3
    for plot in plots:
        assert plot["drawn"], plot
        assert plot["traces"] >= 1, plot
        assert plot["marks"] >= 1, plot
        assert plot["described"] > 30, plot
    assert [url for url in browser.requests if not url.startswith(("data:", "blob:"))] == [
        pages[sample].as_uri()
    ]
    assert browser.problems == []
    assert browser.eval("document.querySelectorAll('[href^=http]:not(svg *), [src]').length") == 0
    ink = browser.eval("getComputedStyle(document.querySelector('.plot .xtitle')).fill")
    assert ink == (
        "rgb(238, 241, 245)" if is_dark else "rgb(20, 24, 31)"
    )  # plots follow the reader's setting
    assert browser.eval("document.querySelectorAll('[data-title*=hare], [data-title*=loud]').length") == 0


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("sample", ["complete", "capacity", "several"])
def test_text_has_contrast_and_everything_has_a_name(
    sample: str, is_dark: bool, browser: Browser, pages: dict[str, Path]
) -> None:
    show(browser, pages[sample], is_dark=is_dark)
    assert browser.eval(FAINT) == []
    assert browser.eval(NAMELESS) == []
    levels = browser.eval("[...document.querySelectorAll('h1, h2, h3, h4')].map((e) => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert all(later - before <= 1 for before, later in pairwise(levels))
    assert browser.eval("['header', 'main', 'nav', 'footer'].every((tag) => document.querySelector(tag))")


@pytest.mark.parametrize("sample", ["complete", "two", "stage"])
def test_a_narrow_screen_scrolls_one_way_only(sample: str, browser: Browser, pages: dict[str, Path]) -> None:
    show(browser, pages[sample], width=400)
    assert browser.eval("document.documentElement.scrollWidth") <= 400
    assert all(plot["inside"] for plot in browser.eval(PLOTS))


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("sample", ["bench", "complete", "capacity"])
def test_no_words_in_a_plot_hide_others(
    sample: str, width: int, browser: Browser, pages: dict[str, Path]
) -> None:
    show(browser, pages[sample], width=width)
    found = browser.eval(HIDDEN_WORDS)
    # The windows of a synthetic sweep are at the same time, as no real ones are, and so are their marks.
    assert [pair for pair in found if pair[0] != "plot-timeline"] == []


def test_the_cache_fills_before_the_readers_eyes(browser: Browser, pages: dict[str, Path]) -> None:
    show(browser, pages["bench"])
    hits = "document.getElementById('plot-series').data.find((t) => t.name === 'cache hits')"
    assert browser.eval(f"{hits}.y.at(-1)") == 93
    assert browser.eval("!!document.querySelector('#plot-series .subplot.xy3 .js-line')")


def focused(browser: Browser) -> str:
    return browser.eval(
        "document.activeElement.dataset.filter || document.activeElement.className || document.activeElement.tagName"
    )


def test_filters_work_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    show(browser, pages["complete"])
    rows = "[...document.querySelectorAll('tr[data-valid]')].filter((r) => !r.hidden).length"
    before = browser.eval(rows)
    for _ in range(40):
        browser.press("Tab")
        if focused(browser) == "valid":
            break
    assert focused(browser) == "valid"  # reached by Tab alone
    assert browser.eval("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("ArrowDown", 2)
    assert browser.eval("document.activeElement.value") == "invalid"
    after = browser.eval(rows)
    assert 0 < after < before
    assert browser.eval("[...document.querySelectorAll('tr[data-valid=valid]')].every((r) => r.hidden)")
    assert "rows shown" in browser.eval("document.querySelector('.shown').textContent")
    browser.press("Tab")
    assert focused(browser) == "BUTTON"
    browser.press("Enter")
    assert browser.eval(rows) == before
    assert browser.eval("document.querySelector('.shown').textContent") == ""
    assert browser.problems == []


def choose(browser: Browser, key: str, value: str) -> None:
    browser.eval(
        f"(() => {{ const s = document.querySelector('[data-filter={key}]'); s.value = {json.dumps(value)};"
        " s.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )


def test_a_tier_filter_changes_tables_and_plots(browser: Browser, pages: dict[str, Path]) -> None:
    show(browser, pages["complete"])
    names = "document.getElementById('plot-tiers').data.map((t) => t.name)"
    assert len(browser.eval(names)) >= 3
    choose(browser, "tier", "web")
    assert browser.eval(names) == ["web"]
    assert browser.eval(
        "[...document.querySelectorAll('tr[data-tier]')].filter((r) => !r.hidden).every((r) => r.dataset.tier === 'web')"
    )
    choose(browser, "tier", "")
    choose(browser, "point", "2")
    shown = "[...new Set([...document.querySelectorAll('tr[data-point]')].filter((r) => !r.hidden).map((r) => r.dataset.point))]"
    assert browser.eval(shown) == ["2"]
    assert browser.problems == []


def test_another_measurement_is_picked_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    show(browser, pages["complete"])
    before = browser.eval("document.getElementById('plot-series').data[0].y.join()")
    browser.eval("document.querySelector('select[data-plot=plot-series]').focus()")
    browser.press("ArrowDown")
    assert browser.eval("document.getElementById('plot-series').data[0].y.join()") != before


def test_parts_open_by_keyboard_and_the_first_stop_is_the_skip_link(
    browser: Browser, pages: dict[str, Path]
) -> None:
    show(browser, pages["complete"])
    browser.press("Tab")
    assert focused(browser) == "skip"
    box = browser.eval(
        "(() => { const b = document.activeElement.getBoundingClientRect(); return [b.left, b.width]; })()"
    )
    assert box[0] >= 0
    assert box[1] > 50  # it is seen while it has the focus
    browser.eval("document.querySelector('details:not([open]) > summary').focus()")
    browser.eval("document.activeElement.parentElement.id = 'tried'")
    browser.press("Enter")
    assert browser.eval("document.getElementById('tried').open")


def test_without_scripts_every_figure_is_still_there(browser: Browser, pages: dict[str, Path]) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show(browser, pages["complete"])
        document = browser.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        html = browser.call("DOM.getOuterHTML", nodeId=document)["outerHTML"]
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert "The plots need JavaScript. Every figure is also in the tables." in html
    assert 'class="filters" role="search" aria-label="Filters" hidden' in html  # no controls that do nothing


def test_the_report_prints(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    show(browser, pages["complete"], is_dark=True)
    paper = tmp_path / "report.pdf"
    browser.pdf(paper)
    assert paper.read_bytes().startswith(b"%PDF")
    assert paper.stat().st_size > 50_000
    browser.open(pages["complete"], media="print", is_dark=True)
    assert browser.eval("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for css in (".filters", "nav", ".choice", ".skip"):
        assert browser.eval(f"[...document.querySelectorAll('{css}')].every((e) => !e.checkVisibility())"), (
            css
        )
    assert browser.eval("[...document.querySelectorAll('.disclosed')].every((e) => e.checkVisibility())")
