// What stands below an answer: how it ended, where it came from, and what the reader thinks of it.

import { askJson, problemBox } from "./api.js";
import { announce, make, releaseWords } from "./dom.js";

const OUTCOMES = {
  refused: "Refused: a rule of this assistant does not allow an answer.",
  unknown: "It does not know: its sources don't say.",
  confirm: "Needs approval: a person has to allow this before it is done.",
  failed: "A part of the service did not work. This is a prepared text, not an answer.",
};
const FALLBACKS = {
  kept_answer: "a kept answer, because the provider is down",
  second_provider: "by the second provider",
  safe_template: "a prepared text",
};
let forms = 0;

/** Return the elements. */
export function aftermath(extra) {
  const elements = [];
  if (OUTCOMES[extra.outcome]) {
    elements.push(make("p", { class: `outcome ${extra.outcome}`, textContent: OUTCOMES[extra.outcome] }));
  }
  elements.push(make("p", { class: "origin quiet", textContent: origin(extra) }));
  if (extra.request_id) elements.push(opinion(extra.request_id, String(extra.release ?? "").split("@")[0]));
  return elements;
}

function origin(extra) {
  const parts = [releaseWords(extra)];
  if (extra.cached) parts.push("from the cache");
  if (FALLBACKS[extra.fallback]) parts.push(FALLBACKS[extra.fallback]);
  for (const call of Array.isArray(extra.calls) ? extra.calls : []) {
    parts.push(`tool ${call.tool}: ${String(call.verdict ?? "called").replaceAll("_", " ")}`);
    if (call.approval_request) parts.push(`request for approval ${call.approval_request}`);
  }
  return parts.join(" · ");
}

function opinion(request, model) {
  const place = make("div", { class: "opinion" });
  const up = thumbButton("Helpful");
  const down = thumbButton("Not helpful");
  const person = make("button", { type: "button", textContent: "Hand to a person" });
  up.addEventListener("click", () => thumb(place, [up, down], { request, thumb: "up" }));
  down.addEventListener("click", () => thumb(place, [down, up], { request, thumb: "down" }));
  const handed = (reason) => hand(place, person, { request, reason, ...(model ? { model } : {}) });
  person.addEventListener("click", () => ask(place, "What should a person look at?", handed));
  place.append(make("div", { class: "row" }, up, down, person));
  return place;
}

function thumbButton(words) {
  return make("button", { type: "button", class: "thumb", "aria-pressed": "false", textContent: words });
}

async function thumb(place, [pressed, other], said) {
  if (!(await send(place, "/v1/feedback", said))) return;
  pressed.setAttribute("aria-pressed", "true");
  other.setAttribute("aria-pressed", "false");
  note(place, "Thank you.");
  const more = (comment, resolved) => sayMore(place, { request: said.request, comment, resolved });
  ask(place, "Would you say more? (optional)", more, true);
}

/** The thumb is not said again: it would count twice. */
async function sayMore(place, { request, comment, resolved }) {
  if (!comment && resolved === undefined) return;
  const more = { request, ...(comment ? { comment } : {}), ...(resolved === undefined ? {} : { resolved }) };
  if (await send(place, "/v1/feedback", more)) note(place, "Thank you, your comment was kept.");
}

async function hand(place, button, said) {
  if (!(await send(place, "/v1/escalations", said))) return;
  button.disabled = true;
  note(place, "A person will look at this conversation.");
}

/** Show a small form with one text; `done` gets it. */
function ask(place, question, done, solvable = false) {
  forms += 1;
  place.querySelector("form")?.remove();
  const field = make("textarea", { id: `more-${forms}`, rows: 2, maxLength: 2000, required: !solvable });
  const solved = make("input", { type: "checkbox" });
  const form = make("form", { class: "more" }, make("label", { htmlFor: field.id, textContent: question }), field);
  if (solvable) form.append(make("label", { class: "check" }, solved, " My problem is solved"));
  form.append(make("button", { type: "submit", textContent: "Send" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.remove();
    done(field.value.trim(), solved.checked ? true : undefined);
  });
  place.append(form);
  if (!solvable) field.focus();
}

async function send(place, path, body) {
  place.querySelector(".problem")?.remove();
  try {
    await askJson(path, { body });
    return true;
  } catch (error) {
    place.append(problemBox(error));
    return false;
  }
}

function note(place, text) {
  place.querySelector(".note")?.remove();
  place.append(make("p", { class: "note", textContent: text }));
  announce(text);
}
