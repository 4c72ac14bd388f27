// Keeps a page up to date: regions drawn by the server take the place of those that differ.
// data-feed="URL": the stream. A region is any element whose id the stream names.

const state = document.querySelector("[data-feed-state]");
const STALE = 12000; // milliseconds without a beat after which the page says that it is old
const CUT = 4000; // the same, once the connection was refused or cut off
const PRESS = 3000; // milliseconds that a press may take, after which the page is drawn all the same

const late = new Map(); // regions that came during a press, which must end on what it began on
let press = 0;

function released() {
  press = 0;
  const waiting = [...late];
  late.clear();
  for (const [id, html] of waiting) put(id, html);
}

function until(event) {
  if (event.repeat) return;
  clearTimeout(press);
  press = setTimeout(released, event.type.endsWith("down") ? PRESS : 0);
}
for (const each of ["pointerdown", "pointerup", "pointercancel", "keydown", "keyup"]) {
  addEventListener(each, until, true);
}

function put(id, html) {
  if (press) {
    late.set(id, html);
    return;
  }
  const region = document.getElementById(id);
  if (!region || region.dataset.drawn === html) return;
  const held = region.contains(document.activeElement) ? document.activeElement : null;
  if (held && held.matches("input, select, textarea")) return; // nobody loses what they type
  const key = held && (held.id || held.dataset.key);
  const open = [...region.querySelectorAll("details[open][id]")].map((each) => each.id);
  region.innerHTML = html;
  region.dataset.drawn = html;
  for (const each of open) document.getElementById(each)?.setAttribute("open", "");
  if (key) region.querySelector(`#${CSS.escape(key)}, [data-key="${CSS.escape(key)}"]`)?.focus();
  region.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
}

function follow(root) {
  let beat = Date.now();
  let cut = false;
  let source;
  const say = (lost) => {
    document.documentElement.classList.toggle("stale", lost);
    if (state) state.textContent = lost ? state.dataset.lost : "";
  };
  const open = () => {
    source?.close();
    source = new EventSource(root.dataset.feed);
    source.addEventListener("region", (event) => {
      const { id, html } = JSON.parse(event.data);
      put(id, html);
    });
    source.addEventListener("beat", (event) => {
      beat = Date.now();
      cut = false;
      say(false);
      root.dispatchEvent(new CustomEvent("beat", { detail: JSON.parse(event.data), bubbles: true }));
    });
    source.onerror = () => {
      cut = true;
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 2000 + Math.random() * 2000);
    };
  };
  open();
  setInterval(() => { if (Date.now() - beat > (cut ? CUT : STALE)) say(true); }, 1000);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}

document.querySelectorAll("[data-feed]").forEach(follow);

document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});
