// A form for a model, made from the JSON schema of one record, and its score as a bar.

import { askJson, problemBox } from "./api.js";
import { fieldFor, recordOf } from "./fields.js";
import { announce, byId, make, releaseWords } from "./dom.js";

/** Return the form's element; it fills itself when the schema has come. */
export function modelForm(item) {
  const place = make("div", { class: "model" }, make("p", { class: "quiet", textContent: "Loading …" }));
  build(item, place).catch((error) => place.replaceChildren(problemBox(error)));
  return place;
}

async function build(item, place) {
  const found = await askJson(`/v1/capabilities/${encodeURIComponent(item.id)}`);
  byId("description").textContent = found.description || item.description || "";
  const schema = ofRecord(found.schema ?? {});
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, value]) =>
    fieldFor(name, value, found.example?.[name], required.has(name)),
  );
  const send = make("button", { type: "submit", class: "primary", textContent: "Predict" });
  const result = make("div", { class: "result", role: "region", "aria-label": "Prediction" });
  const grid = make("div", { class: "grid" }, ...fields.map((field) => field.element));
  const form = make("form", {}, grid, make("div", { class: "row" }, send));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    predict(item, fields, send, result);
  });
  place.replaceChildren(form, result);
}

/** Return the schema of one record: the schema itself, or what a whole request's schema says of its records. */
function ofRecord(schema) {
  const whole = [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  return whole.find((one) => one.properties?.records?.items)?.properties.records.items ?? schema;
}

async function predict(item, fields, send, result) {
  send.disabled = true;
  try {
    const body = { records: [recordOf(fields)] };
    const said = await askJson(`/v1/capabilities/${encodeURIComponent(item.id)}/predict`, { body });
    result.replaceChildren(bar(Number(said.predictions?.[0]?.score)), origin(said));
  } catch (error) {
    result.replaceChildren(problemBox(error));
  } finally {
    send.disabled = false;
  }
}

function bar(score) {
  const share = Math.min(Math.max(score, 0), 1);
  const words = Number.isFinite(score) ? `${(share * 100).toFixed(1)} %` : "no score";
  const fill = make("div", { class: "fill" });
  // Through the object model: a style attribute would break the page's policy.
  fill.style.width = `${share * 100}%`;
  const range = { "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": share, "aria-valuetext": words };
  const meter = make("div", { class: "meter", role: "meter", "aria-label": "Score", ...range }, fill);
  const said = make("p", { class: "score" }, make("span", {}, "Score"), make("strong", { textContent: words }));
  announce(`Score: ${words}`);
  return make("div", {}, said, meter);
}

function origin(said) {
  return make("p", { class: "origin quiet", textContent: releaseWords(said) });
}
