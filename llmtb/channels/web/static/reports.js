// Printing needs a script; without one, the browser's own menu does it, and the button stays away.
const button = document.querySelector("[data-print]");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
