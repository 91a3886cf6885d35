// Removes an error once its field is corrected, because the error describes the value that was submitted.
(() => {
  const { prefix } = document.currentScript.dataset; // prefix of the page's title while there are errors
  const summary = document.querySelector("[data-errors]");

  const remove = (field) => {
    field.removeAttribute("aria-invalid");
    document.getElementById(`${field.id}_error`)?.remove();
    const described = (field.getAttribute("aria-describedby") ?? "").replace(`${field.id}_error`, "").trim();
    if (described) field.setAttribute("aria-describedby", described);
    else field.removeAttribute("aria-describedby");
    summary?.querySelector(`[href="#${field.id}"]`)?.closest("li").remove();
    if (document.querySelector("[aria-invalid=true]")) return;
    document.title = document.title.replace(prefix, "");
    summary?.remove();
  };

  for (const field of document.querySelectorAll("[aria-invalid=true]")) {
    const sent = field.defaultValue ?? field.value; // `value` may already be corrected when this script starts
    const { limit = Infinity } = field.dataset;
    const isCorrected = () => {
      const text = field.value.trim();
      return field.value !== sent && (text || !field.required) && [...text].length <= limit && field.checkValidity();
    };
    if (field.value && isCorrected()) {
      remove(field);
      continue;
    }
    field.addEventListener("input", () => isCorrected() && remove(field));
    // An autosave submits only the text, so it does not remove an error of the cover.
    field.form.addEventListener("post:saved", ({ detail }) => {
      if (detail.act !== "autosave" || field.name in detail.words) remove(field);
    });
  }
})();
