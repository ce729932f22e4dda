// Sends one file with its progress; fetch cannot tell how much of a body has gone, XMLHttpRequest can.

import { Refusal, token } from "./session.js";

/**
 * Uploads a file; `progress(fraction)` is told what has been sent. The key lets a repeated try of the same file give the
 * same document. Returns {done: Promise, cancel()}.
 */
export function upload(path, file, key, progress) {
  const request = new XMLHttpRequest();
  let cancelled = false;
  const done = (async () => {
    const access = await token();
    if (cancelled) throw new Refusal(0, { message: "Cancelled." });
    return new Promise((resolve, reject) => {
      const form = new FormData();
      form.append("file", file);
      request.open("POST", path);
      request.responseType = "json";
      request.setRequestHeader("Authorization", `Bearer ${access}`);
      request.setRequestHeader("Idempotency-Key", key);
      request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
      request.onload = () => {
        const answer = request.response;
        if (request.status === 201) resolve(answer.data);
        else reject(new Refusal(request.status, answer?.error, request.getResponseHeader("X-Request-Id")));
      };
      request.onerror = () => reject(new Refusal(0, { message: "The connection broke." }));
      request.onabort = () => reject(new Refusal(0, { message: "Cancelled." }));
      request.send(form);
    });
  })();
  return { done, cancel() { cancelled = true; request.abort(); } };
}
