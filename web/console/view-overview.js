// A tenant at a glance: figures, and what its storage is used for.

import { barChart } from "./chart.js";
import { el } from "./dom.js";
import { bytes, number, time } from "./format.js";
import { call, query } from "./session.js";

/** Pages of 100 documents that the chart counts at most. */
const MOST_PAGES = 5;

export async function overviewView({ tenant }) {
  const base = `/api/tenants/${tenant.id}`;
  const [files, first, details] = await Promise.all([
    call("GET", query(`${base}/files`, { per_page: 1 })),
    call("GET", query(`${base}/documents`, { per_page: 100, include: "file" })),
    call("GET", query(base, { per_page: 1 })),
  ]);
  const documents = [...first.documents];
  for (let cursor = first.pagination.next_cursor, page = 1; cursor && page < MOST_PAGES; page += 1) {
    const more = await call("GET", query(`${base}/documents`, { per_page: 100, include: "file", cursor }));
    documents.push(...more.documents);
    cursor = more.pagination.next_cursor;
  }
  const figure = (label, value, note) => el("div", { class: "figure" },
    el("dt", {}, label), el("dd", {}, el("span", {}, value), note ? el("small", {}, note) : null));
  return [
    el("dl", { class: "figures" },
      figure("Storage in use", bytes(files.stats.total_storage_bytes)),
      figure("Files", number(files.stats.total_files), "identical content counts once"),
      figure("Documents", number(first.pagination.total)),
      figure("Members", number(details.pagination.total), `you are ${tenant.role}`)),
    el("div", { class: "columns" },
      el("section", { class: "card" }, chart(documents, first.pagination.total)),
      el("section", { class: "card" },
        el("h2", {}, "Newest documents"),
        documents.length ? el("ul", { class: "newest" }, documents.slice(0, 6).map((document) => el("li", {},
          el("a", { href: `#${query(`/${tenant.id}/documents`, { filename: document.filename })}` }, document.filename),
          el("small", {}, `${bytes(document.file.file_size)} · ${time(document.created_at)}`))))
          : el("p", { class: "empty" }, "Nothing has been uploaded yet."))),
  ];
}

function chart(documents, total) {
  const counted = new Set();
  const types = new Map();
  for (const document of documents) {
    if (counted.has(document.file_id)) continue;
    counted.add(document.file_id);
    types.set(document.mime_type, (types.get(document.mime_type) ?? 0) + document.file.file_size);
  }
  const items = [...types].sort((a, b) => b[1] - a[1]);
  const rest = items.splice(7).reduce((sum, item) => sum + item[1], 0);
  if (rest) items.push(["other types", rest]);
  if (!items.length) return [el("h2", {}, "Storage by type"), el("p", { class: "empty" }, "There is nothing to show yet.")];
  const title = documents.length < total ? `Storage by type, newest ${number(documents.length)} documents` : "Storage by type";
  return barChart(title, items.map(([type, size]) => [type, size, bytes(size)]));
}
