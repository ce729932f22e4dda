// The stored contents behind the documents.

import { button, el, table } from "./dom.js";
import { bytes, number, time } from "./format.js";
import { call, query } from "./session.js";
import { attempt, confirm, pager, say } from "./ui.js";

export async function filesView({ tenant, parameters, open, reload }) {
  const path = `/api/tenants/${tenant.id}/files`;
  const data = await call("GET", query(path, { page: parameters.page, include_stats: "true" }));
  const admin = tenant.role === "admin";

  const remove = async (file) => {
    if (!await confirm("Delete this file? No document shows it.", "Delete")) return;
    if (await attempt(() => call("DELETE", `${path}/${file.id}`), "File deleted.")) await reload();
  };
  const removeOrphans = async () => {
    if (!await confirm("Delete every file that no document shows?", "Delete")) return;
    await attempt(async () => {
      const result = await call("DELETE", `${path}/orphaned`);
      say(`${number(result.deleted)} files deleted${result.failed ? `, ${number(result.failed)} failed` : ""}.`);
    });
    await reload();
  };

  return [
    el("p", { class: "lead" }, `${number(data.stats.total_files)} files hold ${bytes(data.stats.total_storage_bytes)}. Identical content is stored once, however many documents show it.`),
    admin ? el("p", {}, button("Delete files without documents", removeOrphans)) : null,
    table("Files", ["SHA-256", "Size", "Documents", "Stored", ""], data.files.map((file) => [
      el("code", { title: file.sha256 }, `${file.sha256.slice(0, 16)}…`), bytes(file.file_size),
      file.is_orphaned ? el("span", { class: "tag warn" }, "none") : number(file.document_count), time(file.created_at),
      admin && file.is_orphaned ? button("Delete", () => remove(file), { class: "danger", "aria-label": `Delete file ${file.sha256.slice(0, 16)}` }) : "",
    ]), "There are no files yet."),
    pager(data.pagination, (page) => open({ page })),
  ];
}
