// The page: lists what is served, and opens a conversation or a form for what is chosen.

import { askJson, keepKey, keptKey, problemBox } from "./api.js";
import { chat } from "./chat.js";
import { announce, byId, make, releaseWords } from "./dom.js";
import { modelForm } from "./model_form.js";

const KINDS = { assistant: "assistant", model: "model" };

async function list() {
  const place = byId("capabilities");
  place.replaceChildren(make("li", { class: "quiet", textContent: "Loading …" }));
  try {
    const { data = [] } = await askJson("/v1/models");
    place.replaceChildren(...data.map((item) => make("li", {}, entry(item))));
    if (!data.length) place.replaceChildren(make("li", { class: "quiet", textContent: "Nothing is released yet." }));
    announce(`${data.length} ${data.length === 1 ? "capability" : "capabilities"}`);
    openNamed(data);
  } catch (error) {
    place.replaceChildren(make("li", {}, problemBox(error)));
    if (error.status === 401 || error.status === 403) byId("key").focus();
  }
}

function entry(item) {
  const button = make(
    "button",
    { type: "button", class: "entry" },
    make("span", { class: "entry-name", textContent: item.id }),
    make("span", { class: "entry-kind", textContent: KINDS[item.kind] ?? "capability" }),
  );
  button.dataset.name = item.id;
  button.addEventListener("click", () => {
    location.hash = encodeURIComponent(item.id);
    open(item);
    byId("main").focus();
  });
  return button;
}

function openNamed(items) {
  const named = items.find((item) => encodeURIComponent(item.id) === location.hash.slice(1));
  if (named) open(named);
}

function open(item) {
  for (const button of document.querySelectorAll(".entry")) {
    if (button.dataset.name === item.id) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  document.title = `${item.id} · Roadworthy`;
  byId("welcome").hidden = true;
  byId("capability").hidden = false;
  byId("title").textContent = item.id;
  byId("release").textContent = releaseWords(item);
  byId("description").textContent = item.description ?? "";
  byId("off").hidden = !item.switched_off?.length;
  byId("off").textContent = `Switched off by an operator: ${(item.switched_off ?? []).join(", ")}.`;
  byId("work").replaceChildren(item.kind === "model" ? modelForm(item) : chat(item));
}

byId("key").value = keptKey();
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(byId("key").value.trim());
  list();
});
list();
