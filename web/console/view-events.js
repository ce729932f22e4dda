// The event bus: whether its parts work, and the caller's own messages that went through it.

import { button, el, field, table } from "./dom.js";
import { time } from "./format.js";
import { call } from "./session.js";
import { form, say } from "./ui.js";

export async function eventsView({ reload }) {
  const health = await call("GET", "/api/demo/kafka/health");
  const parts = Object.entries(health.components ?? {});
  const state = el("section", { class: "card" },
    el("h2", {}, "Health ", el("span", { class: `tag ${health.status === "healthy" ? "good" : "bad"}` }, health.status)),
    el("ul", { class: "parts" }, parts.map(([name, value]) => el("li", {}, name.replaceAll("_", " "), " ",
      el("span", { class: `tag ${value === "healthy" ? "good" : "bad"}` }, value)))));
  let data;
  try {
    data = await call("GET", "/api/demo/kafka/consume?limit=50");
  } catch (error) {
    if (error.status !== 404) throw error;
    return [state, el("p", { class: "empty" }, "Messages of one's own are switched off on this server (DEMO_ROUTES).")];
  }
  return [
    state,
    el("section", { class: "card" }, el("h2", {}, "Send a message through the bus"), form([
      field("Topic", el("input", { name: "topic", value: "demo.console", required: true, pattern: "demo\\.[a-z0-9._\\-]+" }), "Begins with demo."),
      field("Message", el("input", { name: "message", required: true, maxlength: 2000 })),
    ], "Send", async ({ topic, message }) => {
      await call("POST", "/api/demo/kafka/produce", { topic, message });
      say("Message sent; it arrives in a moment.");
      setTimeout(reload, 1500);
    }, { class: "bar" })),
    el("div", { class: "bar" }, el("p", { class: "lead" }, `Events travel by ${data.bus === "kafka" ? "Kafka" : "the embedded bus"}.`), button("Refresh", reload)),
    table("Messages", ["Arrived", "Topic", "Message"], data.messages.map((message) => [
      time(message.consumed_at), message.topic, el("code", {}, typeof message.message === "string" ? message.message : JSON.stringify(message.message)),
    ]), "None of your messages have come through yet."),
  ];
}
