// Sets the chosen look before anything is drawn, so that nothing flashes.
const kept = localStorage.getItem("theme");
if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
