// One labelled input for each property of a JSON schema, and the record that people filled in.

import { make } from "./dom.js";

/** Return {name, element, read}: `read` gives the value, or undefined when it was left out. */
export function fieldFor(name, schema, example, required) {
  const types = typesOf(schema);
  const id = `field-${name}`;
  const needed = required && !types.has("null");
  const input = inputFor(schema, types, example, needed);
  input.id = id;
  const label = make("label", { htmlFor: id, textContent: schema.title ?? name });
  const element = make("div", { class: "field" }, label, input);
  if (schema.description) {
    input.setAttribute("aria-describedby", `${id}-hint`);
    element.append(make("p", { id: `${id}-hint`, class: "quiet hint", textContent: schema.description }));
  }
  return { name, element, read: () => read(input, types, required, schema) };
}

/** Return the record that the fields hold. */
export function recordOf(fields) {
  const values = fields.map((field) => [field.name, field.read()]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function typesOf(schema) {
  const all = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => one.type ?? []);
  return new Set(all.length ? all : ["string"]);
}

function choicesOf(schema, types) {
  const given = schema.enum ?? schema.anyOf?.find((one) => one.enum)?.enum;
  return given ?? (types.has("boolean") ? [true, false] : null);
}

function inputFor(schema, types, example, required) {
  const choices = choicesOf(schema, types);
  if (choices) {
    const known = choices.filter((choice) => choice !== null);
    const options = known.map((choice) => make("option", { value: JSON.stringify(choice), textContent: String(choice) }));
    const select = make("select", { required }, make("option", { value: "", textContent: "—" }), ...options);
    if (example !== undefined && example !== null) select.value = JSON.stringify(example);
    return select;
  }
  const value = example === undefined || example === null ? "" : String(example);
  if (!types.has("number") && !types.has("integer")) return make("input", { type: "text", required, value });
  const step = types.has("integer") && !types.has("number") ? "1" : "any";
  const bounds = { min: bound(schema.minimum), max: bound(schema.maximum) };
  return make("input", { type: "number", step, required, value, ...bounds });
}

/** Browsers count steps from the least value, and lose count at those of 64 bits; the gateway checks them. */
function bound(value) {
  return Math.abs(value) < 1e9 ? value : "";
}

function read(input, types, required, schema) {
  const nothing = types.has("null") && required ? null : undefined;
  if (input.value === "") return types.has("string") && required && !types.has("null") ? "" : nothing;
  if (choicesOf(schema, types)) return JSON.parse(input.value);
  return types.has("number") || types.has("integer") ? Number(input.value) : input.value;
}
