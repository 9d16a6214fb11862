// Draws the plots from the data in #plots. Colours are tokens (`@web`) that name the style sheet's variables, so
// that plots follow the reader's light or dark setting, and paper.
(() => {
  "use strict";
  const figures = JSON.parse(document.getElementById("plots").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const PAPER = { width: 680, height: 400, font: 12 }; // CSS pixels of a page of A4 between its margins
  const NARROW = 480; // CSS pixels of a plot, as on a telephone
  const chosen = {};
  const wanted = { point: "", tier: "", valid: "" };

  const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  function coloured(value) {
    if (typeof value === "string") return /^@[a-z0-9-]+$/.test(value) ? variable(value.slice(1)) : value;
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
    }
    return value;
  }

  function template(size) {
    const axis = {
      gridcolor: variable("grid"), linecolor: variable("text"), zerolinecolor: variable("grid"), ticks: "outside",
      tickcolor: variable("line"), showline: true, automargin: true, title: { standoff: 12 },
    };
    return {
      layout: {
        font: { family: getComputedStyle(document.body).fontFamily, size, color: variable("text") },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis, yaxis: axis,
        hoverlabel: { bgcolor: variable("card"), bordercolor: variable("line"), font: { color: variable("text"), size } },
        legend: { orientation: "h", x: 0, xanchor: "left", y: 1.06, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
        annotationdefaults: { font: { color: variable("quiet"), size: size * 0.85 } },
        modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)", color: variable("quiet"), activecolor: variable("text") },
        margin: { l: 10, r: 14, t: 30, b: 10 },
      },
    };
  }

  // Plotly copies fonts into its pictures, so sizes follow the page's own font size.
  const textSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.92;

  // A trace says in `meta` which tier or which kind of measurement it shows; one that says nothing is always shown.
  const matches = (words) => ["point", "tier", "valid"].every((key) => !wanted[key] || !words[key] || words[key] === wanted[key]);

  function draw(id, size = {}) {
    const element = document.getElementById(id);
    const figure = coloured(figures[id][chosen[id] || 0]);
    figure.data = figure.data.filter((trace) => matches(trace.meta || {}));
    const isNarrow = (size.width || element.clientWidth) < NARROW;
    // Words over a stretch need its room; the text below the plot says the same.
    const annotations = (figure.layout.annotations || []).filter((word) => !isNarrow || word.name !== "phase");
    const layout = { ...figure.layout, annotations, ...size, template: template(size.width ? PAPER.font : textSize()) };
    const config = {
      responsive: true, displaylogo: false, displayModeBar: isNarrow ? false : "hover",
      // No button of this page may send anything anywhere.
      showSendToCloud: false, plotlyServerURL: "", modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
      toImageButtonOptions: { format: "svg", filename: `lab-${id}` },
    };
    return Plotly.react(element, figure.data, layout, config);
  }

  const drawAll = (size) => Object.keys(figures).forEach((id) => draw(id, size));

  document.querySelectorAll("select[data-plot]").forEach((select) => {
    select.addEventListener("change", () => {
      chosen[select.dataset.plot] = Number(select.value);
      draw(select.dataset.plot);
    });
  });

  // Filters hide rows and parts that carry the same kind of word with another value.
  const form = document.querySelector("form.filters");
  function filter() {
    const parts = [...document.querySelectorAll("[data-point], [data-tier], [data-valid]")];
    parts.forEach((part) => { part.hidden = !matches(part.dataset); });
    const rows = parts.filter((part) => part.tagName === "TR");
    const shown = rows.filter((row) => !row.hidden).length;
    form.querySelector(".shown").textContent = shown === rows.length ? "" : `${shown} of ${rows.length} rows shown`;
    drawAll();
  }
  if (form) {
    form.hidden = false;
    form.querySelectorAll("select").forEach((select) => {
      select.addEventListener("change", () => {
        wanted[select.dataset.filter] = select.value;
        filter();
      });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      Object.keys(wanted).forEach((key) => { wanted[key] = ""; });
      filter();
    });
  }

  let reopened = [];
  window.addEventListener("beforeprint", () => {
    reopened = [...document.querySelectorAll("details:not([open])")];
    reopened.forEach((element) => { element.open = true; });
    document.documentElement.classList.add("paper");
    drawAll({ width: PAPER.width, height: PAPER.height });
  });
  window.addEventListener("afterprint", () => {
    reopened.forEach((element) => { element.open = false; });
    document.documentElement.classList.remove("paper");
    drawAll();
  });
  dark.addEventListener("change", () => drawAll());
  drawAll();
})();
