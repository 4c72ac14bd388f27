// Opens the desk's forms over the page, and lets cards of people be dragged between shifts.
// Without it every form is a page of its own.

const dialog = document.querySelector("[data-sheet-dialog]");

async function open(address) {
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    const text = await answer.text();
    const content = new DOMParser().parseFromString(text, "text/html").querySelector("[data-sheet-content]");
    if (!content) throw new Error("no form");
    dialog.replaceChildren(document.adoptNode(content));
    dialog.showModal();
    dialog.querySelector("input:not([type=hidden]), select, button")?.focus();
  } catch {
    location.href = address;
  }
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const close = event.target.closest("[data-sheet-close]");
  if (close && dialog?.contains(close)) {
    event.preventDefault();
    dialog.close();
    return;
  }
  const link = event.target.closest("a[data-sheet]");
  if (link && dialog) {
    event.preventDefault();
    open(link.href);
  }
});

// Whoever sends a form twice has it done once; the button says that it was heard.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button) setTimeout(() => { button.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const each of document.querySelectorAll("button[disabled]")) each.disabled = false;
});

const columns = [...document.querySelectorAll("[data-column]")];
let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-card]") ?? null;
  if (dragged) event.dataTransfer.setData("text/plain", dragged.dataset.card);
});
document.addEventListener("dragend", () => {
  dragged = null;
  for (const each of columns) each.classList.remove("over");
});
for (const column of columns) {
  column.addEventListener("dragover", (event) => {
    if (!dragged || column.contains(dragged)) return;
    event.preventDefault();
    column.classList.add("over");
  });
  column.addEventListener("dragleave", (event) => {
    if (!column.contains(event.relatedTarget)) column.classList.remove("over");
  });
  column.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    open(`${dragged.dataset.card}&to=${encodeURIComponent(column.dataset.column)}`);
  });
}
