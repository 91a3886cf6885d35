// Stores the choice of light or dark in the footer. Without this script, the choice is not shown.
(() => {
  const root = document.documentElement;
  const known = ["light", "dark"];

  const kept = () => {
    try {
      const theme = localStorage.getItem("theme");
      return known.includes(theme) ? theme : "";
    } catch {
      return ""; // storage is switched off: the device decides
    }
  };

  const keep = (theme) => {
    try {
      theme ? localStorage.setItem("theme", theme) : localStorage.removeItem("theme");
    } catch {
      // the choice applies to this page only
    }
  };

  const show = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  show(kept());

  document.addEventListener("DOMContentLoaded", () => {
    const choices = document.querySelector(".theme");
    if (!choices) return;
    const mark = () => {
      choices.querySelector(`[value="${kept()}"]`).checked = true;
    };
    mark();
    choices.hidden = false;
    choices.addEventListener("change", (event) => {
      keep(event.target.value);
      show(event.target.value);
    });
    addEventListener("storage", () => {
      show(kept()); // another tab chose
      mark();
    });
  });
})();
