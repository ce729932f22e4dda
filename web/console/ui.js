// What every view uses: messages, questions, forms, pages.

import { button, el } from "./dom.js";
import { Refusal } from "./session.js";

/** Tells the user something for a while; `kind` is "done" or "failed". */
export function say(text, kind = "done") {
  const message = el("div", { class: `message ${kind}` }, text,
    button("×", () => message.remove(), { class: "plain", "aria-label": "Close this message" }));
  document.getElementById("messages").append(message);
  setTimeout(() => message.remove(), kind === "done" ? 5000 : 15000);
}

/** The sentence of an error, with the fields that are wrong and the request's id for a person who helps. */
export function explain(error) {
  if (!(error instanceof Refusal)) throw error;
  const fields = Object.entries(error.fields).map(([name, text]) => `${name.replaceAll("_", " ")} ${text}`);
  const id = error.status >= 500 && error.requestId ? ` (request ${error.requestId})` : "";
  return [error.message, ...fields].join(" · ") + id;
}

/** Runs an action and tells when it failed; true when it was done. */
export async function attempt(action, done) {
  try {
    await action();
    if (done) say(done);
    return true;
  } catch (error) {
    say(explain(error), "failed");
    return false;
  }
}

/** Asks before something that cannot be undone. */
export function confirm(question, answer) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": "question", onclose: () => { dialog.remove(); resolve(dialog.returnValue === "yes"); } },
      el("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); dialog.close(event.submitter?.value); } },
        el("p", { id: "question" }, question),
        el("div", { class: "actions" },
          el("button", { value: "no", autofocus: true }, "Cancel"),
          el("button", { value: "yes", class: "danger" }, answer))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A form that calls `submit(values)` and shows what is wrong beside its button. */
export function form(fields, label, submit, attributes = {}) {
  const problem = el("p", { class: "problem", role: "alert" });
  const send = el("button", { class: "primary" }, label);
  const node = el("form", {
    ...attributes,
    onsubmit: async (event) => {
      event.preventDefault();
      problem.textContent = "";
      send.disabled = true;
      try {
        await submit(Object.fromEntries(new FormData(node)), node);
      } catch (error) {
        problem.textContent = explain(error);
      } finally {
        send.disabled = false;
      }
    },
  }, fields, send, problem);
  return node;
}

/** The way through a paged list: `go(page)`. */
export function pager(pagination, go) {
  const { page, pages, total, total_is_lower_bound: more } = pagination;
  return el("nav", { class: "pager", "aria-label": "Pages" },
    button("Previous", () => go(page - 1), { disabled: page <= 1 }),
    el("span", {}, `Page ${page} of ${Math.max(pages, 1)} · ${total.toLocaleString("en")}${more ? " or more" : ""} in all`),
    button("Next", () => go(page + 1), { disabled: page >= pages }));
}
