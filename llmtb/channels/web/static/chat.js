// A chat in a page: what was said, what is said now, a line to write on.
// data-chat="/base": serves /stream, /before, /say, /press, /file/ID. data-texts: what it says, as
// JSON. Nothing is kept but in memory; a reload reads everything again.

const FIRST = 2 ** 40; // a page numbers its own words and presses from here up, by chance
const AGAIN = 60000; // milliseconds for which words are sent again by themselves
const LOST = 3000; // milliseconds without a connection after which that is said
const GONE = "⟦redacted⟧"; // stands where words were that were destroyed
const NEAR = 60; // pixels from the end that count as being there

function nonce() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return FIRST + (high % 2 ** 20) * 2 ** 32 + low;
}

function make(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === false || value === null || value === undefined) continue;
    if (key === "text") made.textContent = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// One connection for one chat, or for several: then each event says `of` which it is.
export class Source {
  constructor(url) {
    this.url = url;
    this.chats = new Map();
    this.last = "";
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => { if (event.persisted) this.open(); });
  }

  join(name, chat) {
    this.chats.set(name, chat);
  }

  open() {
    this.close();
    const url = new URL(this.url, location.href);
    if (this.last) url.searchParams.set("after", this.last);
    const events = (this.events = new EventSource(url));
    for (const kind of ["start", "message", "change", "gone", "keys", "typing"]) {
      events.addEventListener(kind, (event) => {
        if (event.lastEventId) this.last = event.lastEventId;
        const data = JSON.parse(event.data);
        this.chats.get(data.of ?? "")?.told(kind, data);
      });
    }
    events.onopen = () => this.connected(true);
    events.onerror = () => {
      this.connected(false);
      if (events.readyState === EventSource.CLOSED && this.events === events) {
        this.waiting = setTimeout(() => this.open(), 2000 + Math.random() * 2000);
      }
    };
  }

  close() {
    clearTimeout(this.waiting);
    this.events?.close();
    this.events = undefined;
  }

  connected(is) {
    for (const chat of this.chats.values()) chat.connected(is);
  }
}

class Chat {
  constructor(root, given) {
    this.root = root;
    this.given = given;
    this.texts = given.texts;
    this.messages = new Map(); // by id: the element
    this.own = new Map(); // by nonce: words that no event holds yet
    this.asked = new Set();
    this.stuck = true; // at the end, and to stay there
    this.sending = Promise.resolve();
    this.before = 0;
    this.draw();
  }

  draw() {
    const { texts, root } = this;
    root.classList.add("chat");
    this.state = make("p", { class: "chat-state", role: "status" });
    this.earlier = make("button", { type: "button", class: "chat-earlier quiet", hidden: true, text: texts.earlier });
    this.log = make("div", { class: "chat-log", role: "log", "aria-live": "off", "aria-relevant": "additions", "aria-label": texts.log });
    this.dots = make("p", { class: "chat-typing", role: "status", hidden: true },
      make("span", { class: "unseen", text: texts.typing }), make("i", {}), make("i", {}), make("i", {}));
    this.scroll = make("div", { class: "chat-scroll", tabindex: "0", role: "group", "aria-label": texts.log }, this.earlier, this.log, this.dots);
    this.newer = make("button", { type: "button", class: "chat-newer main", hidden: true, text: texts.newer });
    this.toast = make("div", { class: "chat-toast", role: "alert", hidden: true });
    this.keys = make("div", { class: "chat-keys", role: "group", "aria-label": texts.keys, hidden: true });
    this.text = make("textarea", { rows: "1", dir: "auto", maxlength: "4096", "aria-label": texts.write, placeholder: texts.write, enterkeyhint: "send" });
    this.switch = make("button", { type: "button", class: "quiet chat-switch", "aria-label": texts.keys, title: texts.keys, "aria-expanded": "true", hidden: true }, make("span", { class: "chat-board", "aria-hidden": "true" }));
    this.form = make("form", { class: "chat-line" }, this.switch, this.text,
      make("button", { class: "main", "aria-label": texts.send, title: texts.send }, make("span", { class: "chat-arrow", "aria-hidden": "true" })));
    root.replaceChildren(this.state, make("div", { class: "chat-middle" }, this.scroll, this.newer, this.toast), this.keys, this.form);

    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.write(); });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.write();
    });
    this.text.addEventListener("input", () => this.fit());
    this.scroll.addEventListener("scroll", () => { if (this.atEnd()) this.newer.hidden = true; }, { passive: true });
    this.newer.addEventListener("click", () => { this.toEnd(); this.scroll.focus({ preventScroll: true }); });
    this.earlier.addEventListener("click", () => this.past());
    this.switch.addEventListener("click", () => {
      this.keys.hidden = !this.keys.hidden;
      this.switch.setAttribute("aria-expanded", String(!this.keys.hidden));
    });
    new ResizeObserver(() => { if (this.stuck) this.toEnd(); }).observe(this.scroll);
  }

  // --- what the server tells --------------------------------------------------------------------

  told(kind, data) {
    const end = this.atEnd();
    const news = this[`on_${kind}`]?.(data);
    if (end || (news && news.classList.contains("from-me"))) this.toEnd();
    else if (news) this.newer.hidden = false;
    clearTimeout(this.quiet);
    // What was there before is not read out; what comes from now on is.
    if (this.log.getAttribute("aria-live") === "off") this.quiet = setTimeout(() => this.log.setAttribute("aria-live", "polite"), 400);
  }

  on_start({ before }) {
    this.before = before;
    this.earlier.hidden = !before;
  }

  on_message(data) {
    const mine = data.nonce ? this.own.get(data.nonce) : this.alike(data);
    if (mine) return this.adopt(mine, data);
    const known = this.messages.get(data.id);
    if (known) {
      this.fill(known, data);
      return null;
    }
    return this.put(data);
  }

  on_change({ id, text, keyboard }) {
    const element = this.messages.get(id);
    if (element) this.fill(element, { text, keyboard, change: true });
  }

  on_gone({ id }) {
    const element = this.messages.get(id);
    if (!element || element.dataset.state) return; // what waits to be sent stays
    this.leave(element);
    element.remove();
    this.messages.delete(id);
  }

  on_keys({ rows }) {
    const drawn = JSON.stringify(rows);
    if (this.keys.dataset.drawn === drawn) return; // whoever presses one just now presses it
    this.keys.dataset.drawn = drawn;
    const held = this.keys.contains(document.activeElement) ? document.activeElement.textContent : null;
    this.keys.replaceChildren(...rows.map((row) => make("div", {}, ...row.map((label) => {
      const key = make("button", { type: "button", dir: "auto", text: label });
      key.addEventListener("click", () => this.say(label));
      return key;
    }))));
    this.switch.hidden = !rows.length;
    this.keys.hidden = !rows.length || this.switch.getAttribute("aria-expanded") === "false";
    if (held) [...this.keys.querySelectorAll("button")].find((key) => key.textContent === held)?.focus();
  }

  on_typing({ question, on }) {
    if (on) this.asked.add(question);
    else this.asked.delete(question);
    this.dots.hidden = !this.asked.size;
  }

  connected(is) {
    if (!is) { // each try that fails says so again: the first one counts
      this.losing ??= setTimeout(() => { this.state.textContent = this.texts.lost; }, LOST);
      return;
    }
    clearTimeout(this.losing);
    this.losing = undefined;
    this.state.textContent = "";
    for (const [number, element] of this.own) {
      if (element.dataset.state === "unsent" && Date.now() - element.since < AGAIN) this.send(number, element);
    }
  }

  // --- messages ---------------------------------------------------------------------------------

  alike(data) {
    if (data.from !== "me" || this.messages.has(data.id)) return undefined;
    const words = (text) => text.split(/\s+/u).join(" ").trim();
    return [...this.own.values()].find((each) => !each.dataset.id && words(each.words) === words(data.text));
  }

  adopt(element, data) { // words that were shown as ours at once are in the chat now
    const twin = this.messages.get(data.id);
    if (twin && twin !== element) {
      twin.remove();
    }
    if (element.dataset.id) this.messages.delete(Number(element.dataset.id));
    if (data.id < FIRST) this.own.delete(Number(element.dataset.nonce));
    this.fill(element, data);
    this.name(element, data);
    this.place(element);
    return null;
  }

  name(element, { id, place }) {
    element.dataset.id = id;
    element.dataset.place = place;
    this.messages.set(id, element);
  }

  put(data) {
    const element = make("div", { class: `chat-message from-${data.from}`, tabindex: "-1" });
    this.fill(element, data);
    this.name(element, data);
    this.place(element);
    return element;
  }

  place(element) { // by the event; what is not in the chat yet stands at the end
    const place = Number(element.dataset.place);
    let next = null;
    for (let each = this.log.lastElementChild; each; each = each.previousElementSibling) {
      if (each === element) continue;
      if (each.dataset.place && Number(each.dataset.place) <= place) break;
      next = each;
    }
    if (next ? element.nextElementSibling !== next : this.log.lastElementChild !== element) this.log.insertBefore(element, next);
  }

  fill(element, data) {
    const held = element.contains(document.activeElement) && document.activeElement !== element;
    const { texts } = this;
    if (data.from) {
      element.who = make("span", { class: "unseen", text: `${texts[data.from] ?? ""}: ` });
      element.bubble = make("div", { class: "chat-bubble", dir: "auto" });
      element.at = make("time", { class: "chat-time", datetime: data.at, text: this.clock(data.at) });
      element.file = this.file(data);
      element.buttons = make("div", { class: "chat-buttons" });
      const over = ["agent", "customer"].includes(data.from) ? [make("b", { class: "chat-who", "aria-hidden": "true", text: texts[data.from] })] : [];
      element.replaceChildren(element.who, make("div", { class: "chat-body" }, ...over, ...(element.file ? [element.file] : []), element.bubble, element.at), element.buttons, ...(element.note ? [element.note] : []));
    }
    const said = data.text === GONE ? texts.gone : data.text;
    if (element.bubble.textContent !== said) element.bubble.textContent = said;
    this.press_buttons(element, data.keyboard ?? []);
    if (held) (element.querySelector(".chat-buttons button") ?? element).focus({ preventScroll: true });
  }

  press_buttons(element, rows) {
    const drawn = JSON.stringify(rows);
    if (element.buttons.dataset.drawn === drawn) return;
    element.buttons.dataset.drawn = drawn;
    element.buttons.replaceChildren(...rows.map((row) => make("div", {}, ...row.map(({ label, token }) => {
      const button = make("button", { type: "button", dir: "auto", text: label });
      button.addEventListener("click", () => this.press(element, button, token));
      return button;
    }))));
  }

  file({ id, attachment }) {
    if (!attachment) return null;
    const url = `${this.given.file}${id}`;
    if (!attachment.picture) return make("a", { class: "chat-file button", href: url, download: attachment.name, text: `↓ ${attachment.name}` });
    const picture = make("img", { src: url, alt: attachment.name, loading: "lazy" });
    picture.addEventListener("load", () => { if (this.stuck) this.toEnd(); });
    return make("a", { class: "chat-picture", href: url, target: "_blank", rel: "noopener" }, picture);
  }

  leave(element) { // the keyboard is not left in the void
    if (element.contains(document.activeElement)) this.scroll.focus({ preventScroll: true });
  }

  clock(at) {
    const given = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: this.given.zone || undefined };
    return new Intl.DateTimeFormat(document.documentElement.lang || undefined, given).format(new Date(at));
  }

  async past() {
    this.earlier.disabled = true;
    const [height, top] = [this.scroll.scrollHeight, this.scroll.scrollTop];
    const live = this.log.getAttribute("aria-live");
    this.log.setAttribute("aria-live", "off");
    try {
      const url = new URL(this.given.before, location.href);
      url.searchParams.set("version", this.before);
      const answer = await fetch(url, { headers: this.given.headers ?? {} });
      if (!answer.ok) throw new Error(answer.status);
      const { events, before } = await answer.json();
      for (const [kind, data] of events) this[`on_${kind}`]?.(data);
      this.on_start({ before });
      this.scroll.scrollTop = top + this.scroll.scrollHeight - height;
      if (!before) this.scroll.focus({ preventScroll: true });
    } catch {
      this.say_toast(this.texts.lost);
    } finally {
      this.earlier.disabled = false;
      setTimeout(() => this.log.setAttribute("aria-live", live), 100);
    }
  }

  // --- what the person does ---------------------------------------------------------------------

  write() {
    const text = this.text.value;
    if (!text.trim()) return;
    this.text.value = "";
    this.fit();
    this.say(text);
  }

  say(text) {
    const number = nonce();
    const element = make("div", { class: "chat-message from-me", tabindex: "-1", "data-nonce": number });
    this.fill(element, { from: "me", text, at: new Date(this.now()).toISOString(), keyboard: null });
    element.words = text;
    element.since = Date.now();
    element.note = make("p", { class: "chat-note", role: "status" });
    element.append(element.note);
    this.own.set(number, element);
    this.log.append(element);
    this.toEnd();
    this.send(number, element);
  }

  now() {
    return Date.now() + (this.given.ahead?.() ?? 0);
  }

  send(number, element) {
    this.mark(element, "sending");
    this.sending = this.sending.then(async () => {
      const { status, body } = await this.post(this.given.say, { nonce: number, text: element.words });
      if (status === 200) return this.taken(number, element, body.id);
      if (status === 400 || status === 413) return this.mark(element, "unfit");
      this.mark(element, status === 401 || status === 403 ? "out" : "unsent");
    });
  }

  taken(number, element, id) {
    this.mark(element, "");
    if (id && this.own.has(number)) {
      const twin = this.messages.get(id);
      if (twin && twin !== element) { // it came by the stream, and nobody knew it was this one
        if (element.dataset.id) this.messages.delete(Number(element.dataset.id));
        element.remove();
      } else {
        this.name(element, { id, place: id });
        this.place(element);
      }
      this.own.delete(number);
    }
    element.dataset.place ||= this.log.lastElementChild?.dataset.place ?? "0";
  }

  mark(element, state) {
    const { texts } = this;
    if (state) element.dataset.state = state;
    else delete element.dataset.state;
    if (!element.note) return;
    const said = { sending: texts.sending, unsent: texts.unsent, unfit: texts.unfit, out: texts.out };
    element.note.textContent = said[state] ?? "";
    if (state !== "unsent" && state !== "out") return;
    const again = make("button", { type: "button", text: texts.again });
    again.addEventListener("click", () => { element.focus({ preventScroll: true }); this.send(Number(element.dataset.nonce), element); });
    element.note.append(" ", again);
  }

  async press(element, button, token) {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    button.number ??= nonce(); // until it is known to be taken, the same press is sent again
    const { status, body } = await this.post(this.given.press, { message: element.dataset.id, button: token, nonce: button.number });
    button.removeAttribute("aria-busy");
    if (status === 200) {
      button.number = undefined;
      if (body.toast) this.say_toast(body.toast, body.alert);
    } else this.say_toast(status === 401 || status === 403 ? this.texts.out : this.texts.unpressed, true);
  }

  async post(url, fields) {
    const body = new URLSearchParams({ ...fields, token: this.given.token ?? "" });
    try {
      const answer = await fetch(url, { method: "POST", body, headers: this.given.headers ?? {}, redirect: "error" });
      return { status: answer.status, body: await answer.json().catch(() => ({})) };
    } catch {
      return { status: 0, body: {} };
    }
  }

  say_toast(text, alert = false) {
    clearTimeout(this.fading);
    this.toast.replaceChildren(make("p", { dir: "auto", text }));
    this.toast.hidden = false;
    if (alert) {
      const held = document.activeElement;
      const close = make("button", { type: "button", text: this.texts.close });
      close.addEventListener("click", () => { this.toast.hidden = true; if (held?.isConnected) held.focus({ preventScroll: true }); });
      this.toast.append(close);
    } else this.fading = setTimeout(() => { this.toast.hidden = true; }, 2500 + 60 * text.length);
  }

  // --- looks ------------------------------------------------------------------------------------

  atEnd() {
    this.stuck = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
    return this.stuck;
  }

  toEnd() {
    this.stuck = true;
    this.newer.hidden = true;
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  fit() {
    this.text.rows = Math.min(5, this.text.value.split("\n").length);
  }
}

// Mounts a chat. given: stream, say, press, before, file (addresses), token, texts, zone; source:
// a Source shared with other chats, and `of`, its name there.
export function mountChat(root, given) {
  const chat = new Chat(root, given);
  const source = given.source ?? new Source(given.stream);
  source.join(given.of ?? "", chat);
  if (!given.source) source.open();
  return chat;
}

export function given(root) {
  const base = root.dataset.chat;
  return {
    stream: root.dataset.stream ?? `${base}/stream`,
    say: `${base}/say`,
    press: `${base}/press`,
    before: `${base}/before`,
    file: `${base}/file/`,
    token: root.dataset.token,
    zone: root.dataset.zone,
    texts: JSON.parse(root.dataset.texts),
  };
}

for (const root of document.querySelectorAll("[data-chat]:not([data-of])")) mountChat(root, given(root));
