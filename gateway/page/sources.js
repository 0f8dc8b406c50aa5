// The sources of an answer: numbered, each opens to the passage, and the numbers in the text lead to them.

import { make } from "./dom.js";

let answers = 0;

/** Return the list's element (null without sources), and each source's element by its number. */
export function sourceList({ citations }) {
  const byNumber = new Map();
  if (!Array.isArray(citations) || !citations.length) return { element: null, byNumber };
  answers += 1;
  const items = citations.map((citation) => {
    const details = source(citation, `source-${answers}-${citation.number}`);
    byNumber.set(String(citation.number), details);
    return make("li", {}, details);
  });
  const heading = make("h3", { textContent: citations.length === 1 ? "Source" : "Sources" });
  return { element: make("section", { class: "sources" }, heading, make("ol", {}, ...items)), byNumber };
}

/** Turn each [n] in the text that has a source into a link that opens it. */
export function citedText(element, { byNumber }) {
  const pieces = element.textContent.split(/(\[\d{1,3}\])/);
  element.replaceChildren(...pieces.map((piece) => linked(piece, byNumber.get(piece.slice(1, -1)))));
}

function linked(piece, details) {
  if (!details || !/^\[\d+\]$/.test(piece)) return piece;
  const number = piece.slice(1, -1);
  const link = make("a", { class: "cite", href: `#${details.id}`, textContent: number, "aria-label": `Source ${number}` });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    details.open = true;
    details.querySelector("summary").focus();
  });
  return link;
}

function source({ number, document, title, text, start, end }, id) {
  const summary = make(
    "summary",
    {},
    make("span", { class: "number", textContent: String(number) }),
    make("span", { textContent: title || document || "untitled" }),
  );
  const place = start === undefined ? String(document ?? "") : `${document}, characters ${start} to ${end}`;
  const quote = make("blockquote", { textContent: text ?? "" });
  return make("details", { id }, summary, quote, make("p", { class: "quiet", textContent: place }));
}
