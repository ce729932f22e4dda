// A new tenant, whose admin its maker becomes.

import { el, field } from "./dom.js";
import { call } from "./session.js";
import { form } from "./ui.js";

export function newTenantView(done) {
  return el("section", { class: "card narrow" },
    el("h1", {}, "New tenant"),
    el("p", {}, "A tenant has a database of its own. You will be its admin."),
    form([field("Name", el("input", { name: "name", required: true, maxlength: 255, autocomplete: "organization" }))],
      "Create the tenant", async ({ name }) => done(await call("POST", "/api/tenants", { name }))));
}
