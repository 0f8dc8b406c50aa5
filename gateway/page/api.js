// Talks to the gateway as any application would: Bearer key, JSON, server-sent events, problem documents.

import { make } from "./dom.js";

const KEY = "roadworthy-key";

/** Keep the key for this tab; an empty one is forgotten. */
export function keepKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

/** Return the key that this tab keeps. */
export function keptKey() {
  return sessionStorage.getItem(KEY) ?? "";
}

/** What the gateway said instead of an answer (RFC 9457). */
export class Problem extends Error {
  constructor(status, document) {
    super(text(document.detail) || text(document.title) || `The gateway answered with status ${status}.`);
    this.title = text(document.title) || "That did not work";
    this.status = status;
    this.errors = Array.isArray(document.errors) ? document.errors : [];
  }
}

/** Ask; return the response, or throw a `Problem`. */
export async function ask(path, { body, signal } = {}) {
  const headers = { Accept: "application/json, text/event-stream" };
  const key = keptKey();
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const method = body === undefined ? "GET" : "POST";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal, credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { title: "No connection", detail: "The gateway can't be reached." });
  }
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response;
}

/** Ask for JSON. */
export async function askJson(path, options) {
  const response = await ask(path, options);
  return response.json().catch(() => ({}));
}

/** Yield the JSON of each event of a stream, until [DONE]. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Problem(0, { title: "Broken off", detail: "The answer broke off before its end." });
    const lines = (rest + value).split(/\r\n|\r|\n/);
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "[DONE]") return;
      const event = JSON.parse(data);
      if (event.error) throw new Problem(0, { title: "Broken off", detail: event.error.message });
      yield event;
    }
  }
}

/** Show a problem so that people can read it. */
export function problemBox(error) {
  const box = make("div", { class: "problem", role: "alert" });
  const title = error.status ? `${error.title} (${error.status})` : error.title || "That did not work";
  box.append(make("p", { class: "problem-title", textContent: title }), make("p", { textContent: error.message }));
  const rows = (error.errors ?? []).map((one) =>
    make("li", {}, make("code", { textContent: text(one.pointer ?? one.field ?? "") }), ` ${text(one.detail)}`),
  );
  if (rows.length) box.append(make("ul", {}, ...rows));
  return box;
}

function text(value) {
  return typeof value === "string" ? value : "";
}
