// Asks the simulator, and hears from it when a phone has changed.

export async function ask(path, options = {}) {
  const answer = await fetch(`api${path}`, options);
  const document_ = await answer.json();
  if (!answer.ok) throw new Error(document_.error || `The simulator answered ${answer.status}.`);
  return document_;
}

export const send = (path, method, body) =>
  ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export function place(line) {
  return `/phones/${line.channel}/${encodeURIComponent(line.address)}`;
}

export const act = (line, kind, more = {}) =>
  send(`${place(line)}/acts`, "POST", { act: kind, ...more });

export function actWithFiles(line, kind, files, more = {}) {
  const form = new FormData();
  form.append("act", JSON.stringify({ act: kind, ...more }));
  for (const file of files) form.append("file", file, file.name);
  return ask(`${place(line)}/acts`, { method: "POST", body: form });
}

// The browser connects again by itself; each new connection first catches up on everything.
export function listen({ onPhone, onConnect }) {
  const events = new EventSource("api/events");
  events.addEventListener("hello", onConnect);
  events.addEventListener("phone", (event) => onPhone(JSON.parse(event.data)));
}

export const same = (one, other) =>
  Boolean(one && other) && one.channel === other.channel && one.address === other.address;
