// Elements from code: text is always text, so nothing that a user typed becomes markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `on…` attributes are listeners, true is an attribute without value, null and false leave it out. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

let lastId = 0;

/** A label with its field. `control` is an element without an id. */
export function field(label, control, hint) {
  control.id = `field-${++lastId}`;
  const note = hint ? el("small", { id: `${control.id}-hint` }, hint) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control, note);
}

/** A table that becomes a list of cards on a narrow screen. `rows` are arrays of cells. */
export function table(caption, columns, rows, empty) {
  if (!rows.length) return el("p", { class: "empty" }, empty);
  return el("table", {},
    el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, columns.map((column) =>
      el("th", { scope: "col" }, column || el("span", { class: "hidden" }, "Actions"))))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, i) =>
      el(i ? "td" : "th", { "data-label": columns[i], scope: i ? null : "row" }, cell))))));
}

export function button(text, onclick, attributes = {}) {
  return el("button", { type: "button", onclick, ...attributes }, text);
}
