// The chat in the frame: finds or begins the visitor's session, and talks with the site around it.
// Nothing is kept but the session: in a cookie, or in this frame's own store where cookies are
// refused. The site hears no more than that the chat is ready, is to be closed, or has news.

const body = document.body;
const { mountChat } = await import(body.dataset.module);
const { site, language } = body.dataset;
const HEADER = "X-Visitor";
const KEPT = "session";
const room = document.querySelector("[data-room]");
const fault = document.querySelector("[data-fault]");
const menu = document.querySelector("[data-menu]");
let token = "";
let chat = null;
let source = null;
let shown = true;
let news = 0;
let beginning = null;

const tell = (what, given = {}) => parent.postMessage({ llmtb: what, ...given }, site);
const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
const nonce = () => 2 ** 40 + Math.floor(Math.random() * 2 ** 52);
const say = (why) => {
  fault.textContent = why ? fault.dataset[why] : "";
  fault.hidden = !why;
};

const store = {
  read() { try { return sessionStorage.getItem(KEPT) ?? ""; } catch { return ""; } },
  write(value) { try { sessionStorage.setItem(KEPT, value); } catch { /* kept while it is open */ } },
  clear() { try { sessionStorage.removeItem(KEPT); } catch { /* nothing was kept */ } },
};

// --- the session -------------------------------------------------------------------------------

async function ask(path, given) {
  const answer = await fetch(`/widget/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", [HEADER]: token },
    body: JSON.stringify({ language, ...given }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

// A cookie counts as kept when it comes back.
async function enter() {
  token = store.read();
  if ((await ask("session", {})).held) return;
  token = "";
  if ((await ask("session", { begin: false })).held) { store.clear(); return; }
  token = (await ask("session", { by_page: true })).token;
  store.write(token);
}

function begin() {
  beginning ??= comeIn().finally(() => { beginning = null; });
  return beginning;
}

async function comeIn() {
  for (let wait = 1; ; wait = Math.min(wait * 2, 60)) {
    try {
      await enter();
      say("");
      return open();
    } catch ({ message }) {
      if (message === "403" || message === "404") return say("refused");
      say(message === "429" ? "many" : "lost");
      await pause(wait + Math.random());
    }
  }
}

// --- the chat ----------------------------------------------------------------------------------

// The stream, read by `fetch`: the session may have to go with it, which `EventSource` cannot send.
class Stream {
  constructor() {
    this.last = "";
    this.going = true;
  }

  join(_, joined) {
    this.chat = joined;
  }

  close() {
    this.going = false;
    this.reading?.abort();
  }

  async run() {
    for (let wait = 1; this.going; wait = Math.min(wait * 2, 30)) {
      const before = this.last;
      try {
        const status = await this.read();
        if (status === 401) return this.going && begin();
        say(status === 429 ? "many" : "");
      } catch { /* cut off: it is opened again */ }
      if (!this.going) return;
      this.chat.connected(false);
      if (this.last !== before) wait = 1;
      await pause(wait + Math.random());
    }
  }

  async read() {
    this.reading = new AbortController();
    const address = `/widget/stream${this.last ? `?after=${this.last}` : ""}`;
    const given = { headers: { [HEADER]: token }, signal: this.reading.signal, cache: "no-store" };
    const answer = await fetch(address, given);
    if (!answer.ok) return answer.status;
    say("");
    this.chat.connected(true);
    const parts = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let waiting = ""; ;) {
      const { value, done } = await parts.read();
      if (done) return 200;
      const events = (waiting + value).split("\n\n");
      waiting = events.pop();
      events.forEach((event) => this.take(event));
    }
  }

  take(event) {
    const lines = event.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]);
    const { event: kind, data, id } = Object.fromEntries(lines);
    if (id) this.last = id;
    if (!kind || !data) return;
    const given = JSON.parse(data);
    this.chat.told(kind, given);
    if (kind === "message" && given.from !== "me" && !shown) tell("news", { count: (news += 1) });
  }
}

function open() {
  source?.close();
  source = new Stream();
  chat = mountChat(room, {
    source,
    say: "/widget/say",
    press: "/widget/press",
    before: "/widget/before",
    file: "/widget/file/",
    headers: { [HEADER]: token },
    texts: JSON.parse(room.dataset.texts),
  });
  const post = chat.post.bind(chat);
  chat.post = async (...given) => {
    const answer = await post(...given);
    if (answer.status === 401) begin(); // too old, or forgotten in another tab
    else say(answer.status === 429 ? "many" : "");
    return answer;
  };
  if (shown) chat.text.focus();
  source.run();
}

// --- what the visitor does with the window -----------------------------------------------------

function close() {
  menu.open = false;
  tell("close");
}

async function leave(path) {
  menu.open = false;
  try {
    await ask(path, { nonce: nonce() });
    return true;
  } catch ({ message }) {
    say(message === "429" ? "many" : "lost");
    return false;
  }
}

const on = (name, act) => document.querySelector(`[data-${name}]`).addEventListener("click", act);
on("close", close);
on("size", ({ currentTarget: button }) => {
  const large = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(large));
  menu.open = false;
  tell("size", { large });
});
on("exit", async () => { if (await leave("leave")) chat?.text.focus(); });
on("forget", async () => {
  if (!(await leave("forget"))) return;
  source?.close();
  store.clear();
  [token, chat, source] = ["", null, null];
  const told = document.createElement("p");
  told.className = "note";
  told.setAttribute("role", "status");
  told.textContent = room.dataset.forgotten;
  room.replaceChildren(told);
  document.querySelector("[data-close]").focus();
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (!menu.open) return close();
  menu.open = false;
  menu.querySelector("summary").focus();
});
addEventListener("message", ({ origin, source: from, data }) => {
  if (origin !== site || from !== parent) return;
  if (data?.llmtb === "close") shown = false;
  if (data?.llmtb !== "open") return;
  [shown, news] = [true, 0];
  if (chat) chat.text.focus();
  else begin();
});
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", ({ persisted }) => { if (persisted) begin(); });

begin();
tell("ready");
