// The audit trail, for admins.

import { el, field, table } from "./dom.js";
import { time } from "./format.js";
import { call, query } from "./session.js";
import { pager } from "./ui.js";

const ACTIONS = [
  "tenant.create", "tenant.update", "member.add", "member.change_role", "member.remove", "document.upload",
  "document.update", "document.delete", "file.delete", "file.quarantine", "request.refused", "request.failed",
];

export async function auditView({ tenant, parameters, open }) {
  const { page, action } = parameters;
  const [data, details] = await Promise.all([
    call("GET", query(`/api/tenants/${tenant.id}/audit`, { page, action })),
    call("GET", query(`/api/tenants/${tenant.id}`, { per_page: 100 })),
  ]);
  const names = new Map(details.members.map((member) => [member.user_id, `${member.user.first_name} ${member.user.last_name}`]));
  const kinds = { success: "good", refused: "warn", failed: "bad" };
  return [
    el("div", { class: "bar" }, field("Action", el("select", { onchange: (event) => open({ action: event.target.value }) },
      el("option", { value: "" }, "All actions"),
      ACTIONS.map((name) => el("option", { value: name, selected: name === action }, name))))),
    table("Audit entries", ["When", "Who", "Action", "Result", "Request", "Address"], data.entries.map((entry) => [
      time(entry.created_at),
      entry.actor_id ? names.get(entry.actor_id) ?? el("code", {}, entry.actor_id.slice(0, 8)) : "the system",
      entry.action,
      el("span", { class: `tag ${kinds[entry.result]}` }, entry.error_code ? `${entry.result}: ${entry.error_code}` : entry.result),
      el("code", { title: entry.request_id }, entry.request_id.slice(0, 12)), entry.address,
    ]), "No entries."),
    pager(data.pagination, (number) => open({ page: number, action })),
  ];
}
