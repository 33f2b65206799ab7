// The only door to the server: the control API of the local Bot API server, on the same origin.

export class Refused extends Error {}

async function call(method, path, body) {
  const init = { method, headers: {} };
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(`/_control/${path}`, init);
  const text = await answer.text();
  if (!answer.ok) throw new Refused(explain(text) || `HTTP ${answer.status}`);
  return text ? JSON.parse(text) : {};
}

function explain(text) {
  try {
    const { error, description, detail } = JSON.parse(text);
    return String(error ?? description ?? detail ?? "");
  } catch {
    return text.slice(0, 200);
  }
}

export const state = () => call("GET", "state");
export const chat = (user, bot) => call("GET", `chats/${user}?bot=${bot}`);
export const deed = (user, what, body) => call("POST", `chats/${user}/${what}`, body);
export const addPerson = (firstName, code, bot) => call("POST", "users", { first_name: firstName, language_code: code, bot });
export const advance = (seconds) => call("POST", "clock", { advance: seconds });
export const calls = (since) => call("GET", `calls?since=${since}`);
export const addFaults = (faults) => call("POST", "faults", faults);
export const clearFaults = () => call("DELETE", "faults");
export const reset = () => call("POST", "reset", {});

/**
 * Calls `changed()` whenever the server's version moves. Server-sent events carry the news; while they are broken the page asks each
 * second, and a slow beat covers what changes by time alone (a typing mark that runs out).
 */
export function watch(changed) {
  let polling = null;
  const source = new EventSource("/_control/events");
  source.addEventListener("open", () => { clearInterval(polling); polling = null; changed(); });
  source.addEventListener("message", changed);
  source.addEventListener("error", () => { polling ??= setInterval(changed, 1000); });
  setInterval(changed, 5000);
}
