// The switches for what goes wrong, and the log of the wire.

import { make } from "./bubble.js";
import { ask, send } from "./wire.js";

const SHARES = [
  ["too_many", "Answer “too many requests” (429)"],
  ["fail_after", "Accept, then answer badly"],
  ["unavailable", "Be unavailable (503)"],
  ["duplicate", "Deliver every webhook twice"],
  ["reorder", "Shuffle bursts"],
  ["drop_inbound", "Lose incoming messages"],
  ["drop_status", "Lose status callbacks"],
];
const NAMES = { twilio: "Twilio (WhatsApp and SMS)", telegram: "Telegram" };
const TWILIO_ONLY = ["drop_status"];
const find = (id) => document.getElementById(id);

function isOn(faults) {
  const shares = SHARES.filter(([name]) => faults[name] > 0).length;
  return shares + (faults.delay > 0) + (faults.webhook_delay > 0) + Boolean(faults.whatsapp_window) + (faults.approval !== "approved");
}

function check(label, checked, onChange) {
  const row = make("label");
  const box = make("input");
  box.type = "checkbox";
  box.checked = checked;
  box.addEventListener("change", () => onChange(box.checked));
  row.append(box, label);
  return row;
}

function value(label, now, onChange) {
  const row = make("label", "value", label);
  const field = make("input");
  Object.assign(field, { type: "number", min: 0, max: 60, step: 0.5, value: now });
  field.addEventListener("change", () => onChange(Number(field.value) || 0));
  row.append(field);
  return row;
}

function board(provider, faults, change) {
  const set = make("fieldset");
  set.append(make("legend", "", NAMES[provider]));
  for (const [name, label] of SHARES) {
    if (provider === "telegram" && TWILIO_ONLY.includes(name)) continue;
    set.append(check(label, faults[name] > 0, (on) => change({ [name]: on ? 1 : 0 })));
  }
  const how = make("select");
  for (const [key, text] of [["500", "with an error 500"], ["cut", "with half an answer"], ["silence", "with no answer at all"]]) how.append(new Option(text, key));
  how.value = faults.fail_how;
  how.addEventListener("change", () => change({ fail_how: how.value }));
  const row = make("label", "value", "Answer badly");
  row.append(how);
  set.append(row);
  if (provider === "twilio") {
    const says = make("select");
    for (const state of ["approved", "pending", "rejected", "paused"]) says.append(new Option(state, state));
    says.value = faults.approval;
    says.addEventListener("change", () => change({ approval: says.value }));
    const approval = make("label", "value", "WhatsApp says of templates");
    approval.append(says);
    set.append(approval);
    set.append(check("Hold WhatsApp to its 24 hours (63016)", faults.whatsapp_window, (on) => change({ whatsapp_window: on })));
  }
  set.append(value("Seconds before each answer", faults.delay, (seconds) => change({ delay: seconds })));
  set.append(value("Seconds before each webhook", faults.webhook_delay, (seconds) => change({ webhook_delay: seconds })));
  return set;
}

export function faults(all) {
  const state = { ...all };
  const count = () => {
    const on = Object.values(state).reduce((sum, one) => sum + isOn(one), 0);
    find("faults-on").textContent = on ? `${on} on` : "";
  };
  const draw = () => {
    const boards = Object.keys(state).map((provider) =>
      board(provider, state[provider], async (change) => {
        state[provider] = await send(`/faults/${provider}`, "PATCH", change);
        count();
      }));
    const reset = make("button", "", "Let everything work again");
    reset.type = "button";
    reset.addEventListener("click", async () => {
      for (const provider of Object.keys(state)) state[provider] = await ask(`/faults/${provider}`, { method: "DELETE" });
      draw();
    });
    find("faults-body").replaceChildren(...boards, reset);
    count();
  };
  draw();
}

function entry(one) {
  const row = make("tr");
  row.dataset.id = one.id;
  row.append(make("td", "", new Date(one.at * 1000).toLocaleTimeString()));
  row.append(make("td", "", one.kind === "request" ? `product → ${one.provider}` : `${one.provider} → product`));
  row.append(make("td", "", one.name));
  row.append(make("td", /^[23]/.test(one.answer) ? "" : "bad", one.answer));
  const cell = make("td");
  const more = make("details");
  more.append(make("summary", "", "show"));
  more.addEventListener("toggle", () => {
    if (more.open && more.children.length === 1) {
      const text = make("pre", "", JSON.stringify(one.detail, null, 1));
      text.tabIndex = 0;
      more.append(text);
    }
  });
  cell.append(more);
  row.append(cell);
  return row;
}

export function log() {
  const rows = find("log-rows");
  const refresh = async () => {
    if (!find("log").open) return;
    const { entries } = await ask("/log?latest=40").catch(() => ({ entries: null }));
    if (!entries) return;
    const known = new Map([...rows.children].map((row) => [Number(row.dataset.id), row]));
    rows.replaceChildren(...entries.map((one) => known.get(one.id) || entry(one)));
  };
  find("log").addEventListener("toggle", refresh);
  setInterval(refresh, 2000);
}
