// A tenant's documents: search, pages, upload, download, deletion.

import { button, el, field, table } from "./dom.js";
import { bytes, time } from "./format.js";
import { call, query } from "./session.js";
import { attempt, confirm, explain, pager, say } from "./ui.js";
import { upload } from "./upload.js";

const SORTS = [["", "Newest first"], ["created_at", "Oldest first"], ["filename", "Name A–Z"], ["-filename", "Name Z–A"]];

export async function documentsView({ tenant, user, parameters, open, reload }) {
  const path = `/api/tenants/${tenant.id}/documents`;
  const { page, filename, sort } = parameters;
  const data = await call("GET", query(path, { page, filename, sort, include: "file" }));
  const mayChange = (document) => tenant.role === "admin" || (tenant.role === "user" && document.user_id === user.id);

  const download = (document) => attempt(async () => {
    const { url } = await call("GET", `${path}/${document.id}/download?redirect=false`);
    const link = el("a", { href: url, rel: "noreferrer" });
    window.document.body.append(link);
    link.click();
    link.remove();
  });
  const remove = async (document) => {
    if (!await confirm(`Delete “${document.filename}”? This cannot be undone.`, "Delete")) return;
    if (await attempt(() => call("DELETE", `${path}/${document.id}`), "Document deleted.")) await reload();
  };

  const search = el("form", {
    class: "bar", role: "search",
    onsubmit: (event) => { event.preventDefault(); open(Object.fromEntries(new FormData(search))); },
  },
    field("File name contains", el("input", { name: "filename", type: "search", value: filename ?? "", maxlength: 255 })),
    field("Order", el("select", { name: "sort" }, SORTS.map(([value, text]) => el("option", { value, selected: value === (sort ?? "") }, text)))),
    el("button", {}, "Search"));

  return [
    tenant.role === "viewer" ? null : uploadArea(path, reload),
    search,
    table("Documents", ["Name", "Type", "Size", "Uploaded", ""], data.documents.map((document) => [
      document.filename, document.mime_type, bytes(document.file.file_size), time(document.created_at),
      el("div", { class: "actions" },
        button("Download", () => download(document), { "aria-label": `Download ${document.filename}` }),
        mayChange(document) ? button("Delete", () => remove(document), { class: "danger", "aria-label": `Delete ${document.filename}` }) : null),
    ]), filename ? "No document has such a name." : "Nothing has been uploaded yet."),
    pager(data.pagination, (number) => open({ ...parameters, page: number })),
  ];
}

/** Takes files from a dialog or dropped, and sends one after the other. */
function uploadArea(path, reload) {
  const list = el("ul", { class: "uploads" });
  const input = el("input", { type: "file", multiple: true, onchange: () => { send([...input.files]); input.value = ""; } });
  const area = el("section", {
    class: "card drop", "aria-label": "Upload",
    ondragover: (event) => { event.preventDefault(); area.classList.add("over"); },
    ondragleave: () => area.classList.remove("over"),
    ondrop: (event) => { event.preventDefault(); area.classList.remove("over"); send([...event.dataTransfer.files]); },
  }, field("Upload files", input, "Or drop them here. What is stored already takes no further space."), list);

  const send = async (files) => {
    let stored = 0;
    for (const file of files) if (await sendOne(file)) stored += 1;
    if (stored) say(stored === 1 ? "Document uploaded." : `${stored} documents uploaded.`);
    if (stored && stored === files.length) await reload();
  };

  const sendOne = async (file) => {
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    const bar = el("progress", { max: 1, value: 0, "aria-label": `Progress of ${file.name}` });
    const state = el("span", { class: "state" }, "0 %");
    const row = el("li", {}, el("span", { class: "name" }, file.name), bar, state);
    list.append(row);
    while (true) {
      const running = upload(path, file, key, (fraction) => {
        bar.value = fraction;
        state.textContent = fraction < 1 ? `${Math.floor(fraction * 100)} %` : "Storing …";
      });
      const cancel = button("Cancel", () => running.cancel(), { "aria-label": `Cancel the upload of ${file.name}` });
      row.append(cancel);
      try {
        await running.done;
        state.textContent = "Done";
        bar.value = 1;
        return true;
      } catch (error) {
        state.textContent = explain(error);
        row.classList.add("failed");
        if (![0, 429, 502, 503, 504].includes(error.status)) return false;
        cancel.remove();
        const again = await question(row, file.name);
        if (!again) return false;
        row.classList.remove("failed");
      } finally {
        cancel.remove();
      }
    }
  };
  return area;
}

/** Offers another try of a failed upload; false when it is dismissed. */
function question(row, name) {
  return new Promise((resolve) => {
    const end = (answer) => { actions.remove(); if (!answer) row.remove(); resolve(answer); };
    const actions = el("span", { class: "actions" },
      button("Try again", () => end(true), { "aria-label": `Try to upload ${name} again` }),
      button("Dismiss", () => end(false), { "aria-label": `Dismiss ${name}` }));
    row.append(actions);
  });
}
