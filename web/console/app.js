// The console's frame: sign-in, choice of the tenant, and the view that the address names
// (#/<tenant>/<view>?page=2&…), so that back, forward and reload work.

import { button, el } from "./dom.js";
import * as session from "./session.js";
import { explain, say } from "./ui.js";
import { signInView } from "./view-sign-in.js";
import { overviewView } from "./view-overview.js";
import { documentsView } from "./view-documents.js";
import { filesView } from "./view-files.js";
import { membersView } from "./view-members.js";
import { auditView } from "./view-audit.js";
import { eventsView } from "./view-events.js";
import { newTenantView } from "./view-new-tenant.js";

const VIEWS = {
  overview: { title: "Overview", view: overviewView },
  documents: { title: "Documents", view: documentsView },
  files: { title: "Files", view: filesView },
  members: { title: "Members", view: membersView },
  audit: { title: "Audit", view: auditView, role: "admin" },
  events: { title: "Events", view: eventsView },
};

const app = document.getElementById("app");
let tenants = [];
let showing = 0;

function address() {
  const [path, text = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [tenantId, view] = path.split("/");
  return { tenantId, view, parameters: Object.fromEntries(new URLSearchParams(text)) };
}

/** Goes to an address of the console; the same address shows it anew. */
export function go(tenantId, view, parameters = {}) {
  const hash = `#${session.query(`/${tenantId}/${view}`, parameters)}`;
  if (location.hash === hash) show();
  else location.hash = hash;
}

async function loadTenants() {
  tenants = [];
  for (let page = 1, pages = 1; page <= pages && page <= 20; page += 1) {
    const data = await session.call("GET", session.query("/api/tenants", { page, per_page: 100 }));
    tenants.push(...data.tenants);
    pages = data.pagination.pages;
  }
}

function frame(tenant, current, content) {
  const choice = el("select", { "aria-label": "Tenant", onchange: (event) => go(event.target.value || "new", event.target.value ? "overview" : "tenant") },
    tenants.map((item) => el("option", { value: item.id, selected: item.id === tenant?.id },
      item.is_active ? item.name : `${item.name} (suspended)`)),
    el("option", { value: "", selected: !tenant }, "New tenant …"));
  const links = tenant ? Object.entries(VIEWS)
    .filter(([, item]) => !item.role || item.role === tenant.role)
    .map(([name, item]) => el("a", { href: `#/${tenant.id}/${name}`, "aria-current": name === current ? "page" : null }, item.title)) : [];
  app.replaceChildren(
    el("header", { class: "top" },
      el("strong", { class: "brand" }, "Documents"),
      choice,
      el("span", { class: "who" }, `${session.user.first_name} ${session.user.last_name}`),
      button("Sign out", async () => { await session.signOut(); await show(); })),
    el("nav", { class: "views", "aria-label": "Views" }, links),
    el("main", { id: "main", tabindex: "-1" }, content));
  // On a phone the row of views scrolls; the present one is to be seen.
  app.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function signIn() {
  document.title = "Sign in · Documents";
  app.replaceChildren(el("main", { id: "main", tabindex: "-1" }, signInView(async () => {
    await loadTenants();
    await show(true);
  })));
  app.querySelector("input").focus();
}

/** Shows what the address names. A slower answer never replaces a newer view. */
async function show(moveFocus = false) {
  const turn = ++showing;
  if (!session.user) return signIn();
  const { tenantId, view, parameters } = address();
  const tenant = tenants.find((item) => item.id === tenantId);
  if (!tenant && (tenantId === "new" || !tenants.length)) {
    document.title = "New tenant · Documents";
    frame(null, null, newTenantView(async (made) => { await loadTenants(); go(made.id, "overview"); }));
    return;
  }
  if (!tenant || !VIEWS[view]) return go((tenant ?? tenants[0]).id, "overview");
  document.title = `${VIEWS[view].title} · ${tenant.name}`;
  let content;
  try {
    content = await VIEWS[view].view({
      tenant, parameters, user: session.user,
      open: (changes) => go(tenant.id, view, changes),
      reload: () => show(),
    });
  } catch (error) {
    if (error.status === 401) { say(explain(error), "failed"); return signIn(); }
    content = el("p", { class: "problem", role: "alert" }, explain(error));
  }
  if (turn !== showing) return;
  frame(tenant, view, [el("h1", {}, VIEWS[view].title), content]);
  if (moveFocus) document.getElementById("main").focus();
}

window.addEventListener("hashchange", () => show(true));
try {
  if (await session.resume()) await loadTenants();
  await show();
} catch (error) {
  app.replaceChildren(el("main", { id: "main" }, el("p", { class: "problem", role: "alert" }, explain(error))));
}
