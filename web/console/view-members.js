// Who belongs to a tenant; admins add, change and remove.

import { button, el, field, table } from "./dom.js";
import { time } from "./format.js";
import { call, query } from "./session.js";
import { attempt, confirm, form, pager, say } from "./ui.js";

const ROLES = ["viewer", "user", "admin"];
const options = (chosen) => ROLES.map((role) => el("option", { value: role, selected: role === chosen }, role));

export async function membersView({ tenant, user, parameters, open, reload }) {
  const path = `/api/tenants/${tenant.id}`;
  const data = await call("GET", query(path, { page: parameters.page }));
  const admin = tenant.role === "admin";
  const nameOf = (member) => `${member.user.first_name} ${member.user.last_name}`;

  const setRole = async (member, role) => {
    await attempt(() => call("PUT", `${path}/users/${member.user_id}`, { role }), `${nameOf(member)} is now ${role}.`);
    await reload();
  };
  const remove = async (member) => {
    if (!await confirm(`Remove ${nameOf(member)} from ${tenant.name}?`, "Remove")) return;
    if (await attempt(() => call("DELETE", `${path}/users/${member.user_id}`), "Member removed.")) await reload();
  };

  return [
    admin ? el("section", { class: "card" }, el("h2", {}, "Add a member"), form([
      field("Email", el("input", { name: "email", type: "email", required: true, autocomplete: "off" })),
      field("Role", el("select", { name: "role" }, options("user"))),
    ], "Add", async ({ email, role }) => {
      await call("POST", `${path}/users`, { email, role });
      say("Member added.");
      await reload();
    }, { class: "bar" })) : null,
    table("Members", ["Name", "Email", "Role", "Since", ""], data.members.map((member) => [
      nameOf(member), member.user.email,
      admin ? el("select", { "aria-label": `Role of ${nameOf(member)}`, onchange: (event) => setRole(member, event.target.value) }, options(member.role))
        : member.role,
      time(member.joined_at),
      admin && member.user_id !== user.id ? button("Remove", () => remove(member), { class: "danger", "aria-label": `Remove ${nameOf(member)}` }) : "",
    ]), "There are no members."),
    pager(data.pagination, (page) => open({ page })),
  ];
}
