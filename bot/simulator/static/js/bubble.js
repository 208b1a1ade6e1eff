// One message as its phone shows it.

import { followed } from "./links.js";

const TICK = "M1.5 6.2 4.6 9.3 11 1.8";
const SECOND = "M6.3 8 7.5 9.3 14 1.8";
const STATUS = {
  sent: "handed to the network",
  delivered: "taken by the organisation",
  lost: "given up: the organisation did not take it",
};

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function ticks(status, title) {
  const span = make("span", `ticks ${status}`);
  span.setAttribute("role", "img");
  span.setAttribute("aria-label", title);
  span.title = title;
  const double = status === "delivered" || status === "read";
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 16 11");
  for (const path of double ? [TICK, SECOND] : [TICK]) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", path);
    line.setAttribute("fill", "none");
    line.setAttribute("stroke", "currentColor");
    line.setAttribute("stroke-width", "1.6");
    drawing.append(line);
  }
  span.append(drawing);
  return span;
}

export const clock = (at) =>
  new Date(at * 1000).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

function words(text) {
  const block = make("div", "words");
  const pattern = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    block.append(text.slice(from, match.index));
    const link = make("a", "", match[0]);
    link.href = match[0];
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.addEventListener("click", (event) => {
      if (followed(match[0])) event.preventDefault();
    });
    block.append(link);
    from = match.index + match[0].length;
  }
  block.append(text.slice(from));
  return block;
}

function attached(file, kind, mine) {
  if (kind === "photo" && file.type.startsWith("image/")) {
    const link = make("a", "photo");
    link.href = file.url;
    link.target = "_blank";
    const image = make("img");
    image.src = file.url;
    image.alt = mine ? "Photo that was sent" : "Photo from the organisation";
    if (file.width) image.style.aspectRatio = `${file.width} / ${Math.min(file.height, file.width * 1.1)}`;
    link.append(image);
    return link;
  }
  if (file.type.startsWith("audio/")) {
    const sound = make("audio", "sound");
    sound.controls = true;
    sound.preload = "metadata";
    sound.src = file.url;
    sound.setAttribute("aria-label", "Voice note");
    return sound;
  }
  const link = make("a", "file");
  link.href = file.url;
  link.target = "_blank";
  link.dataset.kind = (file.name.split(".").pop() || "file").slice(0, 4).toUpperCase();
  const label = make("span", "", file.name);
  label.append(make("small", "", `${Math.max(1, Math.round(file.size / 1024))} kB`));
  link.append(label);
  return link;
}

function spot(place) {
  const where = `${place.latitude.toFixed(4)}, ${place.longitude.toFixed(4)}`;
  const block = make("div", "spot");
  block.innerHTML =
    '<svg viewBox="0 0 220 96" preserveAspectRatio="xMidYMid slice" aria-hidden="true"><path d="M0 70 60 40 130 60 220 20V96H0z" fill="#c4d9b4"/><path d="M-5 30 70 62 150 44 225 80M90-5 110 100" fill="none" stroke="#fff" stroke-width="6"/><path d="M0 88Q60 60 120 84T225 60" fill="none" stroke="#9cc5e0" stroke-width="7"/><path d="M110 62c-13-17-18-24-18-31a18 18 0 0 1 36 0c0 7-5 14-18 31z" fill="#d93025"/><circle cx="110" cy="31" r="6.5" fill="#fff"/></svg>';
  block.append(make("span", "", place.label ? `${place.label} · ${where}` : where));
  return block;
}

export const hasWords = (text) => /[\p{L}\p{N}]/u.test(text);

function keys(message, onTap) {
  const { choices } = message;
  const block = make("div", `keys ${choices.kind}`);
  if (choices.kind === "list") {
    const open = make("button", hasWords(choices.button) ? "" : "bare", choices.button);
    if (!hasWords(choices.button)) open.setAttribute("aria-label", "Show the choices");
    open.type = "button";
    open.addEventListener("click", () => onTap(message, null));
    block.append(open);
    return block;
  }
  for (const row of choices.rows) {
    const line = make("div", "line");
    for (const choice of row) line.append(key(message, choice, onTap));
    block.append(line);
  }
  return block;
}

function key(message, choice, onTap) {
  if (choice.url) {
    const link = make("a", "", choice.label);
    link.href = choice.url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }
  const button = make("button", message.pressed === choice.label ? "pressed" : "", choice.label);
  button.type = "button";
  button.addEventListener("click", () => onTap(message, choice));
  return button;
}

function quoted(quote) {
  const block = make("div", "said-before");
  block.append(make("b", "", quote.author === "person" ? "You" : "The organisation"));
  block.append(make("span", "", quote.text));
  return block;
}

function meta(message, mine) {
  const line = make("div", "meta");
  line.append(message.edited ? `edited ${clock(message.at)}` : clock(message.at));
  if (mine) line.append(ticks(message.status, STATUS[message.status] || message.status));
  return line;
}

function under(message, mine, channel) {
  if (channel !== "sms") return null;
  const parts = message.segments === 1 ? "1 part" : `${message.segments} parts`;
  const status = mine ? { sent: "Sent", delivered: "Delivered", lost: "Not delivered" }[message.status] : parts;
  const line = make("div", "under", `${clock(message.at)} · ${status}`);
  return line;
}

// Buttons for what can be done with a message; each phone can do what its app can.
function acts(message, channel, doing) {
  const row = make("div", "acts");
  const add = (label, run) => {
    const button = make("button", "", label);
    button.type = "button";
    button.setAttribute("aria-label", `${label}: ${message.text.slice(0, 40) || message.kind}`);
    button.addEventListener("click", () => run(message));
    row.append(button);
  };
  if (channel !== "sms") add("Quote", doing.onQuote);
  const editable = message.author === "person" && message.kind === "text";
  if (channel === "telegram" && editable) add("Edit", doing.onEdit);
  return row;
}

export function bubble(message, channel, doing) {
  const mine = message.author === "person";
  const carrier = message.author === "carrier";
  const item = make("div", `item${mine ? " mine" : ""}${carrier ? " carrier" : ""}`);
  item.dataset.id = message.id;
  const body = make("div", "bubble");
  if (message.quoted) body.append(quoted(message.quoted));
  for (const file of message.files) body.append(attached(file, message.kind, mine));
  if (message.place) body.append(spot(message.place));
  if (message.text) body.append(words(message.text));
  body.append(meta(message, mine));
  if (!carrier) body.append(acts(message, channel, doing));
  item.append(body);
  if (message.choices) item.append(keys(message, doing.onTap));
  const below = under(message, mine, channel);
  if (below) item.append(below);
  return item;
}
