// Draws the figures that stand in the page as JSON; the tables beneath them need none of this.
"use strict";

const page = JSON.parse(document.getElementById("figures").textContent);
const views = new Map();
const chosen = document.getElementById("capability");

/** The rows of a figure, of one capability or of all. */
function rowsOf(figure, capability) {
  const shown = figure.series.filter((one) => !capability || one.capability === capability);
  return shown.flatMap((series) =>
    figure.moments.map((moment, place) => ({
      at: moment,
      day: moment.slice(0, 10),
      when: figure.cells ? moment.slice(0, 10) : moment.slice(0, 16).replace("T", " "),
      series: series.name,
      value: series.values[place],
      said: series.said[place],
    })),
  );
}

async function draw(key, figure) {
  // One further in: Vega gives its element a role and a name of its own.
  const place = document.getElementById(`picture-${key}`);
  const canvas = place.appendChild(document.createElement("div"));
  const picture = structuredClone(page.pictures[figure.picture]);
  picture.datasets = { [page.rows]: rowsOf(figure, chosen.value) };
  // `ast`: expressions are interpreted, so that the page may forbid code made from text.
  const { view } = await window.vegaEmbed(canvas, picture, { renderer: "svg", actions: false, ast: true });
  views.set(key, view);
  place.dataset.drawn = "yes";
}

async function drawAll() {
  for (const [key, figure] of Object.entries(page.figures)) {
    await draw(key, figure);
  }
  document.body.dataset.drawn = "all";
}

chosen.addEventListener("change", async () => {
  for (const [key, view] of views) {
    const rows = rowsOf(page.figures[key], chosen.value);
    document.getElementById(key).hidden = rows.length === 0;
    if (rows.length > 0) {
      await view.data(page.rows, rows).runAsync();
    }
  }
});

document.getElementById("choosing").hidden = false;
drawAll();
