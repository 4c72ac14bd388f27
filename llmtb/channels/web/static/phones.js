// The demo: phones over one stream, the clock, and on a small screen one thing at a time.

const script = document.querySelector("script[data-chat-script]");
const { Source, given, mountChat } = await import(script.dataset.chatScript);
const play = document.querySelector("[data-phones]");

const source = new Source(play.dataset.phones);
for (const root of play.querySelectorAll("[data-of]")) {
  mountChat(root, { ...given(root), source, of: root.dataset.of, ahead: () => ahead() });
}
source.open();

// --- the clock: what the floor's stream last said, and on from there at its speed -----------------

const form = play.querySelector(".play-clock");
const shown = play.querySelector("[data-play-time]");
const zone = play.querySelector("[data-zone]").dataset.zone;
const reads = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone });
let speed = Number(form.dataset.speed);
let [at, heard] = [Date.parse(play.querySelector("[data-at]")?.dataset.at ?? new Date().toISOString()), performance.now()];

const instant = () => at + (performance.now() - heard) * speed;
function ahead() {
  return instant() - Date.now();
}

let reached = 0;
play.addEventListener("beat", (event) => {
  if (event.detail.seq < reached) location.reload(); // the demo began anew: another company, other chats
  reached = event.detail.seq;
  [at, heard] = [Date.parse(event.detail.at), performance.now()];
});
setInterval(() => { shown.textContent = reads.format(new Date(instant())); }, 250);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("speed", event.submitter.value);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    [at, heard] = [instant(), performance.now()];
    speed = (await answer.json()).speed;
    for (const button of form.querySelectorAll("[name=speed]")) {
      button.setAttribute("aria-pressed", String(Number(button.value) === speed));
    }
  } catch {
    location.reload(); // an old page, or a server that is gone: the next one says so
  }
});

// --- one thing at a time --------------------------------------------------------------------------

const tabs = [...play.querySelectorAll("[data-shows]")];
function show(id) {
  for (const tab of tabs) {
    const is = tab.dataset.shows === id;
    tab.setAttribute("aria-pressed", String(is));
    document.getElementById(tab.dataset.shows).classList.toggle("is-shown", is);
  }
}
for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.shows));
