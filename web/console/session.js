// Who is signed in. The access token lives in memory; the refresh token in the tab's session storage, so that a reload
// does not sign out and a closed tab does.

const KEY = "documents.refresh";
let access = null;
let expires = 0;
let refreshing = null;

export let user = null;

/** An answer of the API that is an error. */
export class Refusal extends Error {
  constructor(status, error, requestId) {
    super(error?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = error?.code;
    this.fields = error?.details?.fields ?? {};
    this.requestId = requestId;
  }
}

async function send(method, path, body, token) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal(0, { message: "The server cannot be reached." });
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || !answer) throw new Refusal(response.status, answer?.error, response.headers.get("X-Request-Id"));
  return answer.data;
}

function keep(tokens) {
  access = tokens.access_token;
  expires = Date.now() + tokens.expires_in * 1000;
  sessionStorage.setItem(KEY, tokens.refresh_token);
}

function forget() {
  access = user = null;
  sessionStorage.removeItem(KEY);
}

export async function signIn(email, password) {
  const login = await send("POST", "/api/auth/login", { email, password });
  keep(login);
  user = login.user;
}

export async function register(person) { await send("POST", "/api/auth/register", person); }

/** Goes on with the session of this tab; false when there is none. */
export async function resume() {
  if (!sessionStorage.getItem(KEY)) return false;
  try {
    user = await call("GET", "/api/users/me");
    return true;
  } catch (refusal) {
    if (refusal.status !== 401) throw refusal;
    return false;
  }
}

export async function signOut() {
  try { await send("POST", "/api/auth/logout", undefined, await token()); } catch { /* it ends here all the same */ }
  forget();
}

/** An access token that lives for another half a minute at least. */
export async function token() {
  if (access && Date.now() < expires - 30_000) return access;
  refreshing ??= send("POST", "/api/auth/refresh", { refresh_token: sessionStorage.getItem(KEY) ?? "" })
    .then(keep)
    .finally(() => { refreshing = null; });
  try {
    await refreshing;
  } catch (refusal) {
    if (refusal.status === 401 || refusal.status === 422) { forget(); throw new Refusal(401, { message: "Please sign in again." }); }
    throw refusal;
  }
  return access;
}

/** One request of the API as the signed-in user; its data, or a Refusal. */
export async function call(method, path, body) {
  const answer = await send(method, path, body, await token()).catch(async (refusal) => {
    if (refusal.status !== 401) throw refusal;
    // Revoked or expired earlier than this clock thought: one more try with a new token.
    expires = 0;
    return send(method, path, body, await token());
  });
  return answer;
}

/** A path with a query; empty values are left out. */
export function query(path, values) {
  const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
  return text ? `${path}?${text}` : path;
}
