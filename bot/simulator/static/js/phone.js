// One phone on the page: who holds it, its thread, its composer.

import { bubble, make, ticks } from "./bubble.js";
import { parts } from "./parts.js";
import * as sheets from "./sheets.js";
import { act, ask, place, same } from "./wire.js";

const LOOKS = {
  whatsapp: { name: "WhatsApp", hint: "Message", sub: "Business account", empty: "Nothing here yet. Write first, or wait for the organisation." },
  sms: { name: "SMS", hint: "Text message", sub: "", empty: "No messages yet." },
  telegram: { name: "Telegram", hint: "Message", sub: "bot", empty: "Nobody can write to this phone before its person presses START." },
};
const RECEIPT = { queued: "queued", accepted: "accepted", sending: "sending", sent: "sent", delivered: "delivered", read: "read" };
const day = (at) => new Date(at * 1000).toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
const readable = (number) => number.replace(/^(\+50\d)(\d{4})(\d{4})$/, "$1 $2 $3").replace(/^(\+1)(\d{3})(\d{3})(\d{4})$/, "$1 $2 $3 $4");
const initials = (name) => name.split(/\s+/).filter((word) => word.length > 2).slice(0, 2).map((word) => word[0].toUpperCase()).join("");

export class Phone {
  constructor(channel, setup, onHolder) {
    this.channel = channel;
    this.setup = setup;
    this.line = null;
    this.shown = null;
    this.items = new Map();
    this.quote = null;
    this.payload = null;
    this.onHolder = onHolder;
    this.element = document.getElementById("stand").content.firstElementChild.cloneNode(true);
    this.part = (name) => this.element.querySelector(name);
    this.#dress();
    this.#listen();
  }

  #dress() {
    const look = LOOKS[this.channel];
    const mine = (name) => `${this.channel}-${name}`;
    this.element.classList.add(this.channel);
    this.element.setAttribute("aria-label", `${look.name} phone`);
    this.part(".holder label").textContent = look.name;
    this.part(".holder label").htmlFor = mine("holder");
    this.part("select").id = mine("holder");
    this.part(".add").setAttribute("aria-label", `Add someone to the ${look.name} phone`);
    this.part("h2").textContent = this.channel === "sms" ? readable(this.setup.sms) : this.setup.organisation;
    this.part(".sub").textContent = look.sub;
    this.part(".avatar").textContent = this.channel === "sms" ? "#" : initials(this.setup.organisation);
    this.part(".menu").setAttribute("aria-label", `${look.name} menu`);
    this.part(".thread").setAttribute("aria-label", `${look.name} conversation`);
    this.part("textarea").setAttribute("aria-label", `${look.name} message`);
    this.part("textarea").placeholder = look.hint;
    this.part(".send").setAttribute("aria-label", `Send by ${look.name}`);
    this.part(".attach").setAttribute("aria-label", `Attach on ${look.name}`);
  }

  #listen() {
    const words = this.part("textarea");
    this.part("select").addEventListener("change", (event) => this.hold(event.target.value));
    this.part(".add").addEventListener("click", () => sheets.newcomer(this.part(".device"), (one) => this.onHolder(this, one)));
    this.part(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
    words.addEventListener("input", () => this.#measure());
    words.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.say();
      }
    });
    this.part(".attach").addEventListener("click", () => this.line && sheets.attach(this.line, this.part(".device")));
    this.part(".unquote").addEventListener("click", () => this.#quoting(null));
    this.part(".gate button").addEventListener("click", () => this.#start());
    this.part(".menu").addEventListener("click", () => this.#menu());
    this.part(".app").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#menu(false);
      const items = [...this.part(".menu-items").children];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const now = items.indexOf(document.activeElement);
      if (step && now >= 0) {
        event.preventDefault();
        items[(now + step + items.length) % items.length].focus();
      }
    });
    document.addEventListener("click", (event) => {
      if (!this.part(".app").contains(event.target)) this.#menu(false);
    });
    const looks = () => this.#read();
    new ResizeObserver(() => {
      if (this.down) this.part(".thread").scrollTop = this.part(".thread").scrollHeight;
    }).observe(this.part(".thread"));
    this.part(".thread").addEventListener("scroll", () => (this.down = this.#isDown()));
    this.element.addEventListener("pointerdown", looks);
    document.addEventListener("visibilitychange", looks);
  }

  // The people who can hold this phone; keeps the present one if there still is one.
  people(lines, wanted) {
    const mine = lines.filter((one) => one.channel === this.channel);
    const options = mine.map((one) => new Option(one.name === one.address ? one.address : `${one.name} · ${this.#number(one)}`, one.address));
    this.part("select").replaceChildren(...options);
    const address = [wanted, this.line?.address, mine[0]?.address].find((one) => mine.some((line) => line.address === one));
    this.part("select").value = address || "";
    this.element.classList.toggle("nobody", !address);
    if (address && address !== this.line?.address) this.hold(address);
  }

  #number(line) {
    return this.channel === "telegram" ? `id ${line.address}` : readable(line.address);
  }

  hold(address) {
    this.line = { channel: this.channel, address };
    this.part("select").value = address;
    this.shown = null;
    this.items.clear();
    this.#quoting(null);
    this.payload = null;
    this.part(".thread").replaceChildren();
    this.refresh();
    this.onHolder(this, null);
  }

  // Fetches the phone and changes only what changed; one fetch at a time, and one more if needed.
  async refresh() {
    if (!this.line) return;
    if (this.fetching) {
      this.again = true;
      return;
    }
    this.fetching = true;
    const { line } = this;
    try {
      const phone = await ask(`${place(line)}?limit=200`);
      if (same(line, this.line)) this.#show(phone);
      this.element.classList.remove("cut-off");
    } catch {
      // No connection: what changed meanwhile is fetched as soon as there is one.
      this.element.classList.add("cut-off");
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.refresh(), 1000);
    } finally {
      this.fetching = false;
      if (this.again) {
        this.again = false;
        this.refresh();
      }
    }
  }

  #show(phone) {
    const first = this.shown === null;
    const thread = this.part(".thread");
    const down = first || this.#isDown();
    const known = new Set(this.items.keys());
    const news = phone.messages.filter((one) => !known.has(one.id) && one.author !== "person");
    this.shown = phone;
    this.#draw(phone, first ? new Set() : new Set(news.map((one) => one.id)));
    this.#footer(phone);
    this.#receipt(phone.receipt);
    if (down || news.length) thread.scrollTop = thread.scrollHeight;
    if (!first && news.length) this.#ring();
    if (phone.notice && !first && phone.notice.id !== this.notice) this.#toast(phone.notice.text);
    this.notice = phone.notice?.id;
    this.#read();
  }

  #isDown() {
    const thread = this.part(".thread");
    return thread.scrollHeight - thread.scrollTop - thread.clientHeight < 120;
  }

  #draw(phone, news) {
    const doing = {
      onTap: (message, choice) => this.#tap(message, choice),
      onQuote: (message) => this.#quoting(message),
      onEdit: (message) => this.#edit(message),
    };
    const wanted = [];
    let before = null;
    let date = "";
    const items = new Map();
    for (const message of phone.messages) {
      if (day(message.at) !== date) {
        date = day(message.at);
        wanted.push(this.#divider(date));
      }
      const signature = JSON.stringify(message);
      const old = this.items.get(message.id);
      const element = old?.signature === signature ? old.element : bubble(message, this.channel, doing);
      element.classList.toggle("same", before?.author === message.author && message.at - before.at < 300);
      if (news.has(message.id)) element.classList.add("new");
      items.set(message.id, { signature, element });
      wanted.push(element);
      before = message;
    }
    if (!phone.messages.length) wanted.push(make("p", "empty", this.#empty(phone)));
    if (phone.typing * 1000 > Date.now()) {
      const item = make("div", "item");
      item.append(make("div", "bubble", "typing…"));
      wanted.push(item);
      setTimeout(() => this.refresh(), phone.typing * 1000 - Date.now() + 50);
    }
    const thread = this.part(".thread");
    const focused = document.activeElement;
    const successor = this.#successor(focused, items);
    this.items = items;
    wanted.forEach((element, place_) => {
      if (thread.children[place_] !== element) thread.insertBefore(element, thread.children[place_] || null);
    });
    while (thread.children.length > wanted.length) thread.lastElementChild.remove();
    const next = focused?.isConnected ? focused : successor;
    if (next && document.activeElement !== next) next.focus({ preventScroll: true });
  }

  // A bubble is drawn anew when its ticks change; whoever was on one of its buttons stays there.
  #successor(focused, items) {
    for (const [id, { element }] of this.items) {
      if (!element.contains(focused)) continue;
      const at = [...element.querySelectorAll("button")].indexOf(focused);
      return at < 0 ? null : items.get(id)?.element.querySelectorAll("button")[at];
    }
    return null;
  }

  #divider(date) {
    this.days ??= new Map();
    if (!this.days.has(date)) this.days.set(date, make("div", "day", date));
    return this.days.get(date);
  }

  #empty(phone) {
    return this.channel === "telegram" && phone.started ? "Nothing here yet." : LOOKS[this.channel].empty;
  }

  #footer(phone) {
    const closed = this.channel === "telegram" && (!phone.started || phone.blocked || this.payload !== null);
    this.part(".composer").hidden = closed;
    this.part(".gate").hidden = !closed;
    this.part(".gate button").textContent = phone.blocked ? "RESTART BOT" : "START";
    this.part(".sub").textContent = phone.blocked ? "blocked" : LOOKS[this.channel].sub;
  }

  #receipt(receipt) {
    const line = this.part(".receipt");
    if (!receipt) {
      line.replaceChildren();
      return;
    }
    const bad = ["failed", "undelivered"].includes(receipt.status);
    const said = RECEIPT[receipt.status] || receipt.status;
    const words = make("span", bad ? "bad" : receipt.status === "read" ? "read" : "", receipt.error ? `${said} (${receipt.error})` : said);
    line.replaceChildren("The sender sees: ", ...(bad ? [] : [ticks(receipt.status, said)]), words);
  }

  #ring() {
    const device = this.part(".device");
    device.classList.add("rings");
    clearTimeout(this.ringing);
    this.ringing = setTimeout(() => device.classList.remove("rings"), 1800);
  }

  #toast(text) {
    this.part(".toast").textContent = text;
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => (this.part(".toast").textContent = ""), 3500);
  }

  #measure() {
    const words = this.part("textarea");
    words.style.height = "auto";
    words.style.height = `${Math.min(104, words.scrollHeight + 2)}px`;
    if (this.channel !== "sms") return;
    const { count, used, room } = parts(words.value);
    this.part(".parts").textContent = words.value ? `${used}/${room}${count > 1 ? ` · ${count}` : ""}` : "";
    this.part(".parts").classList.toggle("many", count > 1);
    this.part(".parts").title = count > 1 ? `${count} parts` : "one part";
  }

  // WhatsApp tells the sender that a message was read once the person looks at the phone.
  #read() {
    const unread = this.shown?.messages.some((one) => one.author === "organisation" && one.status === "delivered");
    if (this.channel === "whatsapp" && unread && document.visibilityState === "visible") this.#do("read");
  }

  async #do(kind, more = {}) {
    try {
      await act(this.line, kind, more);
    } catch (problem) {
      this.#toast(problem.message);
    }
    this.refresh();
  }

  say() {
    const words = this.part("textarea");
    const text = words.value.trim();
    if (!text || !this.line) return;
    words.value = "";
    this.#measure();
    this.#do("say", { text, ...(this.quote ? { message: this.quote.id } : {}) });
    this.#quoting(null);
    words.focus();
  }

  async #tap(message, choice) {
    const wanted = choice ? choice.id : await sheets.chooseFrom(message, this.part(".device"));
    if (wanted) this.#do("tap", { message: message.id, choice: wanted });
  }

  #quoting(message) {
    this.quote = message;
    this.part(".quoting").hidden = !message;
    if (!message) return;
    this.part(".quoting-text").textContent = message.text || message.kind;
    this.part("textarea").focus();
  }

  async #edit(message) {
    const text = await sheets.edited(message, this.part(".device"));
    if (text) this.#do("edit", { message: message.id, text });
  }

  #start() {
    const text = this.payload || "";
    this.payload = null;
    this.#do("start", { text });
    this.part("textarea").focus();
  }

  #menu(open = this.part(".menu-items").hidden) {
    const items = this.part(".menu-items");
    const was = !items.hidden;
    items.hidden = !open;
    this.part(".menu").setAttribute("aria-expanded", String(open));
    if (!open) {
      if (was && items.contains(document.activeElement)) this.part(".menu").focus();
      return;
    }
    const { blocked, commands, started } = this.shown || { commands: [] };
    const writes = started && !blocked ? commands : [];
    const entries = [
      ...writes.map((one) => [`/${one.command}  ${one.description}`, () => this.#do("say", { text: `/${one.command}` })]),
      [blocked ? "Unblock" : this.channel === "telegram" ? "Block bot" : "Block this number", () => this.#do(blocked ? "unblock" : "block")],
    ];
    items.replaceChildren(...entries.map(([label, run]) => {
      const button = make("button", "", label);
      button.type = "button";
      button.setAttribute("role", "menuitem");
      button.addEventListener("click", () => {
        this.#menu(false);
        run();
      });
      return button;
    }));
    items.firstElementChild.focus();
  }

  // Opens a link on this phone; says what is wrong with it, or nothing.
  open(link) {
    if (!this.line) return "Nobody holds this phone.";
    if (this.channel === "telegram") {
      if (link.to.toLowerCase() !== this.setup.bot.toLowerCase()) return `That link is for ${link.to || "nobody"}, not for ${this.setup.bot}.`;
      this.payload = link.payload;
      if (this.shown) this.#footer(this.shown);
      this.part(".gate button").focus();
    } else {
      this.part("textarea").value = link.text;
      this.#measure();
      this.part("textarea").focus();
    }
    this.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
    return "";
  }

  tick() {
    this.part(".clock").textContent = new Date().toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  }
}
