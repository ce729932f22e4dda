// Signing in, and making an account.

import { button, el, field } from "./dom.js";
import { register, signIn } from "./session.js";
import { form } from "./ui.js";

const EMAIL = { name: "email", type: "email", autocomplete: "username", required: true, maxlength: 255 };

export function signInView(done) {
  const place = el("section", { class: "card narrow" });
  const showSignIn = () => {
    place.replaceChildren(
      el("h1", {}, "Sign in"),
      form([
        field("Email", el("input", EMAIL)),
        field("Password", el("input", { name: "password", type: "password", autocomplete: "current-password", required: true })),
      ], "Sign in", async ({ email, password }) => {
        await signIn(email, password);
        await done();
      }),
      el("p", {}, "No account yet? ", button("Create one", () => { showRegister(); place.querySelector("input").focus(); }, { class: "link" })));
  };
  const showRegister = () => {
    place.replaceChildren(
      el("h1", {}, "Create an account"),
      form([
        field("First name", el("input", { name: "first_name", autocomplete: "given-name", required: true, maxlength: 100 })),
        field("Last name", el("input", { name: "last_name", autocomplete: "family-name", required: true, maxlength: 100 })),
        field("Email", el("input", EMAIL)),
        field("Password", el("input", { name: "password", type: "password", autocomplete: "new-password", required: true, minlength: 8 }),
          "At least 8 characters, among them a letter and a digit."),
      ], "Create the account", async (person) => {
        await register(person);
        await signIn(person.email, person.password);
        await done();
      }),
      el("p", {}, button("Back to sign-in", () => { showSignIn(); place.querySelector("input").focus(); }, { class: "link" })));
  };
  showSignIn();
  return place;
}
