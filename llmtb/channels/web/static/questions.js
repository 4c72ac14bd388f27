// Whoever chooses a date means that date, whatever span was chosen before.

const span = document.querySelector(".asked-for [name=range]");
for (const date of document.querySelectorAll(".asked-for [type=date]")) {
  date.addEventListener("input", () => { span.value = "dates"; });
}
