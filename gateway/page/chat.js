// A conversation with an assistant: shows text as it comes, and then what the answer rests on.

import { ask, events, problemBox } from "./api.js";
import { aftermath } from "./aftermath.js";
import { announce, make } from "./dom.js";
import { citedText, sourceList } from "./sources.js";

const REMEMBERED = 20;
let conversations = 0;

/** Return the conversation's element. */
export function chat(item) {
  conversations += 1;
  const field = make("textarea", { id: `question-${conversations}`, rows: 2, required: true, maxLength: 20000 });
  const send = make("button", { type: "submit", class: "primary", textContent: "Ask" });
  const stop = make("button", { type: "button", textContent: "Stop", hidden: true });
  const log = make("div", { class: "log", role: "log", "aria-label": "Conversation" });
  const label = make("label", { htmlFor: field.id, textContent: "Your question" });
  const hint = make("p", { class: "quiet hint", textContent: "Enter asks, Shift + Enter starts a new line." });
  const form = make("form", { class: "composer" }, label, field, make("div", { class: "row" }, send, stop, hint));
  const state = { item, log, field, send, stop, said: [], conversation: newId() };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim() && !send.disabled) converse(state, field.value.trim());
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  return make("div", { class: "chat" }, log, form);
}

async function converse(state, question) {
  const { item, log, field } = state;
  const turn = make("article", { class: "turn answer", "aria-busy": "true", "aria-label": `Answer of ${item.id}` });
  const text = make("p", { class: "text waiting" });
  turn.append(text);
  log.append(make("div", { class: "turn question" }, make("p", { class: "text", textContent: question })), turn);
  field.value = "";
  turn.scrollIntoView({ block: "nearest" });
  const controller = busy(state);
  const messages = [...state.said.slice(-REMEMBERED), { role: "user", content: question }];
  try {
    const extra = await stream(state, messages, text, controller.signal);
    state.said = [...messages, { role: "assistant", content: text.textContent }];
    finish(turn, text, extra);
  } catch (error) {
    fail(turn, text, error);
  } finally {
    turn.removeAttribute("aria-busy");
    idle(state);
  }
}

/** Show the answer's text as it comes; return what the last chunk says about it. */
async function stream({ item, conversation }, messages, text, signal) {
  const body = { model: item.id, messages, stream: true, conversation };
  const response = await ask("/v1/chat/completions", { body, signal });
  let extra = {};
  for await (const chunk of events(response)) {
    text.append(chunk.choices?.[0]?.delta?.content ?? "");
    if (text.textContent) text.classList.remove("waiting");
    extra = chunk.roadworthy ?? extra;
  }
  // A guard took back what was shown.
  if (typeof extra.retracted === "string") text.textContent = extra.retracted;
  return extra;
}

function finish(turn, text, extra) {
  text.classList.remove("waiting");
  const sources = sourceList(extra);
  citedText(text, sources);
  turn.append(...[sources.element, ...aftermath(extra)].filter(Boolean));
  turn.scrollIntoView({ block: "nearest" });
  announce("The answer is complete.");
}

function fail(turn, text, error) {
  text.classList.remove("waiting");
  if (!text.textContent) text.remove();
  if (error.name === "AbortError") turn.append(make("p", { class: "quiet", textContent: "You stopped this answer." }));
  else turn.append(problemBox(error));
}

function busy({ send, stop }) {
  const controller = new AbortController();
  send.disabled = true;
  stop.hidden = false;
  stop.onclick = () => controller.abort();
  announce("Waiting for the answer.");
  return controller;
}

function idle({ field, send, stop }) {
  send.disabled = false;
  stop.hidden = true;
  // On a phone that would bring up the keyboard over the answer.
  if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
}

/** Approvals of tool calls are bound to a conversation. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
