// Lets lists of rules grow by rows; without it there are always a few empty ones.

for (const button of document.querySelectorAll("[data-add-row]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const body = document.querySelector(`[data-rows="${CSS.escape(button.dataset.addRow)}"] tbody`);
    const row = body.lastElementChild.cloneNode(true);
    const number = body.children.length;
    for (const field of row.querySelectorAll("input")) {
      field.name = field.name.replace(/\[\d+\]/, `[${number}]`);
      field.value = "";
      field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\S+$/, new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false }).format(number + 1)));
    }
    for (const fault of row.querySelectorAll(".fault")) fault.remove();
    body.append(row);
    row.querySelector("input").focus();
  });
}
document.getElementById("preview-of-rules")?.scrollIntoView({ block: "start" });
