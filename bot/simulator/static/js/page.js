// Puts three phones on the page and keeps them live.

import { make } from "./bubble.js";
import { openWith, read } from "./links.js";
import * as panel from "./panel.js";
import { Phone } from "./phone.js";
import { prepare } from "./sheets.js";
import { ask, listen, same } from "./wire.js";

const CHANNELS = ["whatsapp", "sms", "telegram"];
const NAMES = { whatsapp: "WhatsApp", sms: "SMS", telegram: "Telegram" };
const find = (id) => document.getElementById(id);
const seen = JSON.parse(localStorage.getItem("seen") || "{}");
const held = JSON.parse(localStorage.getItem("held") || "{}");
const wanted = Object.fromEntries(new URLSearchParams(location.search));
let phones = [];
let lines = [];

const mark = (line) => `${line.channel}/${line.address}`;

function remember(line, last) {
  seen[mark(line)] = last;
  localStorage.setItem("seen", JSON.stringify(seen));
}

// Phones that are not on the page but got something new.
function news() {
  const waiting = lines.filter((line) => line.last > (seen[mark(line)] || 0) && !phones.some((phone) => same(phone.line, line)));
  const chips = waiting.map((line) => {
    const chip = make("button");
    chip.type = "button";
    chip.append(make("span", "dot"), `${line.name} · ${NAMES[line.channel]}`);
    chip.addEventListener("click", () => phones.find((one) => one.channel === line.channel).hold(line.address));
    return chip;
  });
  find("news").replaceChildren(...chips);
  find("news").hidden = chips.length === 0;
}

async function lookAround(choose = {}) {
  try {
    lines = await ask("/phones");
  } catch {
    setTimeout(lookSoon, 1000);
    return;
  }
  for (const phone of phones) phone.people(lines, choose[phone.channel]);
  for (const line of lines) if (phones.some((phone) => same(phone.line, line))) remember(line, line.last);
  news();
}

let looking = 0;
function lookSoon() {
  clearTimeout(looking);
  looking = setTimeout(lookAround, 150);
}

async function onHolder(phone, newcomer) {
  if (newcomer) {
    const address = phone.channel === "telegram" ? newcomer.telegram_id : newcomer.phone;
    await lookAround(address ? { [phone.channel]: String(address) } : {});
    return;
  }
  const line = lines.find((one) => same(one, phone.line));
  if (line) remember(line, line.last);
  held[phone.channel] = phone.line.address;
  localStorage.setItem("held", JSON.stringify(held));
  lookSoon();
}

function open(link) {
  const phone = phones.find((one) => one.channel === link.channel);
  const problem = phone.open(link);
  find("link-said").textContent = problem;
  return !problem;
}

async function begin() {
  const setup = await ask("/setup");
  document.title = `Three phones · ${setup.organisation}`;
  find("console").href = `${setup.product}/console/`;
  prepare(setup);
  panel.faults(setup.faults);
  panel.log();
  phones = CHANNELS.map((channel) => new Phone(channel, setup, onHolder));
  find("stands").append(...phones.map((phone) => phone.element));
  openWith(open);
  find("link").addEventListener("submit", (event) => {
    event.preventDefault();
    const link = read(find("link-text").value);
    if (link) open(link);
    else find("link-said").textContent = "That is no invite link. It begins with https://t.me/ or https://wa.me/.";
  });
  await lookAround({ ...held, ...wanted });
  listen({
    onPhone: (line) => {
      phones.find((phone) => same(phone.line, line))?.refresh();
      lookSoon();
    },
    onConnect: () => {
      for (const phone of phones) phone.refresh();
      lookSoon();
    },
  });
  const tick = () => phones.forEach((phone) => phone.tick());
  tick();
  setInterval(tick, 10000);
  document.body.dataset.ready = "yes";
}

begin();
