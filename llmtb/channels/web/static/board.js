// Counts seconds on the board between two words of the server; everything else the server draws.
// The clock goes by the server's beats, at the pace they show: a demo's hours pass faster.

const FAR = 3000; // milliseconds without a beat after which the clock stands still

function boards(root) {
  const language = document.documentElement.lang;
  const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2, useGrouping: false });
  const whole = new Intl.NumberFormat(language, { useGrouping: false });
  const day = new Intl.DateTimeFormat(language, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: root.dataset.zone,
  });
  let at = Date.parse(root.dataset.at);
  let heard = performance.now();
  let pace = 0;

  const now = () => at + Math.min(performance.now() - heard, FAR) * pace;
  const length = (seconds) => `${whole.format(Math.floor(seconds / 60))}:${two.format(seconds % 60)}`;
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const tick = () => {
    const instant = now();
    for (const each of root.querySelectorAll("[data-clock]")) {
      put(each, each.dataset.words.replace("{time}", day.format(instant)));
    }
    for (const each of root.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.floor((instant - Date.parse(each.dataset.since)) / 1000));
      put(each, each.dataset.words.replace("{age}", length(seconds)));
    }
  };

  root.addEventListener("beat", (event) => {
    const told = Date.parse(event.detail.at);
    const here = performance.now();
    if (here - heard > 200) pace = Math.max(0, (told - at) / (here - heard));
    at = told;
    heard = here;
    tick();
  });
  root.addEventListener("drawn", tick);
  setInterval(tick, 500);
  tick();
}

document.querySelectorAll(".board[data-feed]").forEach(boards);
