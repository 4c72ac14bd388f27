// The chat on a company's own site: one button, and a frame that the site cannot look into.
// <script src="https://console.example/widget.js" data-language="fa" async></script>
(() => {
  "use strict";
  const WORDS = {}; // the server puts the button's words here, language by language
  const TAG = "llmtb-chat";
  const script = document.currentScript ?? document.querySelector("script[src*='/widget.js']");
  const known = Symbol.for(TAG);
  if (!script || window[known]) return; // the tag stands twice: one button is enough
  window[known] = true;
  const home = new URL(script.src).origin;
  const asked = script.dataset;

  const LOOK = `
    :host { all: initial; display: block; position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 2147483000; font: 16px/1.4 system-ui, sans-serif; }
    :host([data-position="start"]) { inset-inline-end: auto; inset-inline-start: 1rem; }
    button { all: unset; box-sizing: border-box; position: relative; display: inline-flex; align-items: center; gap: .5rem; min-block-size: 3.25rem; min-inline-size: 3.25rem; padding-inline: 1rem; justify-content: center; border-radius: 2rem; cursor: pointer; color: var(--on, #fff); background: var(--own, #0b6b5d); box-shadow: 0 .25rem 1rem #0004; font-weight: 600; }
    button:hover { filter: brightness(1.1); }
    button:focus-visible { outline: 3px solid var(--own, #0b6b5d); outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
    svg { inline-size: 1.5rem; block-size: 1.5rem; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .news { position: absolute; inset-block-start: -.35rem; inset-inline-end: -.35rem; min-inline-size: 1.4rem; padding-inline: .3rem; border-radius: 1rem; text-align: center; font-size: .85rem; color: #fff; background: #a3182b; }
    .panel { position: absolute; inset-block-end: 4rem; inset-inline-end: 0; inline-size: min(24rem, calc(100vw - 2rem)); block-size: min(38rem, calc(100vh - 6rem)); overflow: hidden; border-radius: .9rem; background: Canvas; box-shadow: 0 .5rem 2rem #0005; }
    :host([data-position="start"]) .panel { inset-inline: 0 auto; }
    .panel.large { inline-size: min(44rem, calc(100vw - 2rem)); block-size: calc(100vh - 6rem); }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; color-scheme: light dark; }
    [hidden] { display: none !important; }
    @media (max-width: 30rem), (max-height: 26rem) {
      .panel, .panel.large { position: fixed; inset: 0 !important; inline-size: 100%; block-size: 100%; border-radius: 0; }
      .panel.ready { z-index: 1; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .panel { animation: rise .15s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(.5rem); } }
    }
    @media (forced-colors: active) { button, .panel { border: 1px solid; } }
    @media print { :host { display: none; } }
  `;

  const spoken = [asked.language, document.documentElement.lang, ...navigator.languages]
    .map((code) => (code || "").toLowerCase().split(/[-_]/)[0])
    .find((code) => code in WORDS) ?? "en";
  const words = WORDS[spoken] ?? { open: "Chat", close: "Close", title: "Chat", dir: "ltr" };
  const label = (asked.label ?? "").trim().slice(0, 40);

  const made = (name, given = {}) => Object.assign(document.createElement(name), given);

  function icon() {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    path.setAttribute("d", "M4 5h16v11H9l-5 4z");
    picture.append(path);
    return picture;
  }

  function start() {
    const host = made(TAG);
    const inside = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet(); // a sheet made by script: no site's policy refuses it
    sheet.replaceSync(LOOK);
    inside.adoptedStyleSheets = [sheet];
    host.dataset.position = asked.position === "start" ? "start" : "end";
    host.dir = getComputedStyle(document.documentElement).direction;

    const button = made("button", { type: "button", dir: words.dir });
    const text = made("span", { textContent: label, lang: spoken });
    const news = made("span", { className: "news", hidden: true });
    const panel = made("div", { className: "panel", hidden: true, id: "panel" });
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-controls", "panel");
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-label", words.title);
    button.append(icon(), text, news);
    text.hidden = !label;
    inside.append(panel, button);

    let frame = null;
    let ready = false;
    const tell = (what) => { if (ready) frame.contentWindow?.postMessage({ llmtb: what }, home); };
    const name = () => {
      const says = panel.hidden ? words.open : words.close;
      const waiting = panel.hidden && !news.hidden ? ` (${news.textContent})` : "";
      button.setAttribute("aria-label", (label && panel.hidden ? label : says) + waiting);
      button.setAttribute("aria-expanded", String(!panel.hidden));
    };
    const load = () => {
      frame = made("iframe", { title: words.title, referrerPolicy: "origin" });
      frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox");
      const address = new URL("/widget/frame", home);
      address.searchParams.set("site", location.origin);
      address.searchParams.set("speak", spoken);
      frame.src = address.href;
      panel.append(frame);
    };
    const open = () => {
      panel.hidden = false;
      news.hidden = true;
      if (!frame) load(); // nothing is fetched, and no chat begun, before somebody wants one
      name();
      frame.focus();
      tell("open");
    };
    const close = () => {
      panel.hidden = true;
      name();
      tell("close");
      button.focus();
    };

    button.addEventListener("click", () => (panel.hidden ? open() : close()));
    host.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !panel.hidden) { event.stopPropagation(); close(); }
    });
    addEventListener("message", ({ origin, source, data }) => {
      if (!frame || origin !== home || source !== frame.contentWindow) return;
      switch (data?.llmtb) {
        case "ready": ready = true; panel.classList.add("ready"); if (!panel.hidden) tell("open"); break;
        case "close": if (!panel.hidden) close(); break;
        case "size": panel.classList.toggle("large", data.large === true); break;
        case "news":
          if (!panel.hidden || !Number.isSafeInteger(data.count) || data.count < 1) break;
          news.textContent = data.count.toLocaleString(spoken);
          news.hidden = false;
          name();
          break;
      }
    });

    name();
    document.body.append(host);
    paint(host, asked.color);
  }

  // The words on a colour of the site's own are black or white, whichever can be read.
  function paint(host, color) {
    if (!color || !CSS.supports("color", color)) return;
    host.style.setProperty("color", color);
    const parts = getComputedStyle(host).color.match(/[\d.]+/g)?.slice(0, 3).map(Number);
    host.style.removeProperty("color");
    const light = (part) => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = (parts ?? [0, 0, 0]).map(light);
    host.style.setProperty("--own", color);
    host.style.setProperty("--on", 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff");
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start, { once: true });
})();
