// The sheets that open over a phone: attaching, choosing from a list, editing, adding someone.

import { hasWords, make } from "./bubble.js";
import { act, actWithFiles, send } from "./wire.js";

const TOWNS = [
  ["Nebaj, Quiché, Guatemala", 15.4058, -91.1461],
  ["Todos Santos Cuchumatán, Huehuetenango, Guatemala", 15.5086, -91.6053],
  ["San Pedro Carchá, Alta Verapaz, Guatemala", 15.4771, -90.3106],
  ["La Esperanza, Intibucá, Honduras", 14.3068, -88.1767],
  ["Chalatenango, El Salvador", 14.0406, -88.9381],
  ["Matagalpa, Nicaragua", 12.9256, -85.9175],
  ["Ocosingo, Chiapas, Mexico", 16.9071, -92.0947],
];
const find = (id) => document.getElementById(id);
let line = null;

function under(device) {
  const box = device.getBoundingClientRect();
  return (sheet) => {
    sheet.showModal();
    if (window.innerWidth < 700) return;
    const height = sheet.getBoundingClientRect().height;
    sheet.style.margin = "0";
    sheet.style.left = `${Math.max(8, Math.min(box.left - 4, window.innerWidth - sheet.offsetWidth - 8))}px`;
    sheet.style.top = `${Math.max(8, Math.min(box.bottom, window.innerHeight) - height - 20)}px`;
  };
}

async function sending(work) {
  find("attach-said").textContent = "";
  try {
    await work();
    find("attach").close();
  } catch (problem) {
    find("attach-said").textContent = problem.message;
  }
}

export function prepare(setup) {
  for (const sample of setup.samples.filter((one) => one.kind === "photo")) {
    const label = make("label");
    const box = make("input");
    box.type = "checkbox";
    box.value = sample.name;
    const image = make("img");
    image.src = `static/samples/${sample.file}`;
    image.alt = "";
    label.append(box, image, sample.title);
    find("gallery").append(label);
  }
  const chosen = () => [...find("gallery").querySelectorAll("input:checked")].map((one) => one.value);
  find("gallery").addEventListener("change", () => {
    const count = chosen().length;
    find("send-samples").disabled = count === 0;
    find("send-samples").textContent = count > 1 ? `Send ${count} photos` : "Send photo";
  });
  find("send-samples").addEventListener("click", () =>
    sending(() => act(line, "photos", { files: chosen().map((sample) => ({ sample })) })));
  find("pick-photos").addEventListener("change", (event) =>
    sending(() => actWithFiles(line, "photos", [...event.target.files])));
  find("pick-document").addEventListener("change", (event) =>
    sending(() => actWithFiles(line, "document", [...event.target.files])));
  find("send-letter").addEventListener("click", () =>
    sending(() => act(line, "document", { files: [{ sample: "letter" }] })));
  find("send-voice").addEventListener("click", () => sending(() => act(line, "voice")));
  TOWNS.forEach(([name], number) => find("town").append(new Option(name, number)));
  find("town").append(new Option("Somewhere else", ""));
  const filled = () => {
    const town = TOWNS[find("town").value];
    find("latitude").value = town ? town[1] : "";
    find("longitude").value = town ? town[2] : "";
    if (!town) find("latitude").focus();
  };
  find("town").addEventListener("change", filled);
  filled();
  find("send-pin").addEventListener("click", () =>
    sending(() => {
      const town = TOWNS[find("town").value];
      const label = town && line.channel === "whatsapp" ? { label: town[0].split(",")[0] } : {};
      return act(line, "pin", { latitude: find("latitude").value, longitude: find("longitude").value, ...label });
    }));
  for (const button of document.querySelectorAll(".sheet .close")) {
    button.addEventListener("click", () => button.closest("dialog").close(""));
  }
}

export function attach(where, device) {
  line = where;
  for (const box of find("gallery").querySelectorAll("input")) box.checked = false;
  for (const id of ["pick-photos", "pick-document"]) find(id).value = "";
  find("send-samples").disabled = true;
  find("send-samples").textContent = "Send photos";
  find("attach-said").textContent = "";
  under(device)(find("attach"));
}

export function chooseFrom(message, device) {
  return new Promise((choose) => {
    const sheet = find("list");
    const { button } = message.choices;
    find("list-title").textContent = hasWords(button) ? button : "Choose one";
    const rows = message.choices.rows.flat().map((row, number) => {
      const label = make("label");
      const dot = make("input");
      Object.assign(dot, { type: "radio", name: "row", value: row.id, checked: number === 0 });
      label.append(dot, make("span", "", row.label));
      if (row.description) label.append(make("small", "", row.description));
      return label;
    });
    find("list-rows").replaceChildren(...rows);
    sheet.returnValue = "";
    sheet.onclose = () =>
      choose(sheet.returnValue === "send" ? sheet.querySelector("input:checked").value : null);
    under(device)(sheet);
  });
}

export function edited(message, device) {
  return new Promise((save) => {
    const sheet = find("edit");
    find("edit-text").value = message.text;
    sheet.returnValue = "";
    sheet.onclose = () => save(sheet.returnValue === "save" ? find("edit-text").value.trim() : null);
    under(device)(sheet);
  });
}

export function newcomer(device, onAdded) {
  const sheet = find("newcomer");
  const form = sheet.querySelector("form");
  form.reset();
  find("newcomer-said").textContent = "";
  form.onsubmit = async (event) => {
    event.preventDefault();
    const phone = find("newcomer-phone").value.replace(/\s/g, "");
    const channels = [...(phone ? ["whatsapp", "sms"] : []), ...(find("newcomer-telegram").checked ? ["telegram"] : [])];
    try {
      const people = await send("/book", "POST", { name: find("newcomer-name").value, phone, channels });
      sheet.close();
      onAdded(people.at(-1));
    } catch (problem) {
      find("newcomer-said").textContent = problem.message;
    }
  };
  under(device)(sheet);
}
