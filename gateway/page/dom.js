// Makes elements. Text is always set as text: nothing that anybody wrote becomes markup.

/** Make an element: properties are set, `class` and names with a dash become attributes, children are nodes or texts. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "class" || name === "role" || name.includes("-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Return the element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Say something to people who hear the page instead of seeing it. */
export function announce(text) {
  byId("status").textContent = text;
}

/** Name a release for people: its name, the first of its digest, its arm. */
export function releaseWords({ release, digest, arm }) {
  const named = String(release ?? "");
  const parts = [named.includes("@") ? named : named ? `release ${named}` : "no release"];
  if (digest) parts.push(String(digest).slice(0, 12));
  if (arm) parts.push(String(arm));
  return parts.join(" · ");
}
