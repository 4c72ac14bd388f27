// A sign-in link carries its code behind `#`, which no server ever sees: put it in the form, and send that.
const form = document.querySelector("[data-sign-in]");
const code = decodeURIComponent(location.hash.slice(1));
if (form && code && form.elements.code && form.elements.code.type !== "hidden") {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.code.value = code;
  form.requestSubmit();
}
