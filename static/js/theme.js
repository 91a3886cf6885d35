// Stores the theme that a person chooses in the footer, light or dark. Without this script, the footer offers no choice.
(() => {
  const root = document.documentElement;
  const known = ["light", "dark"];

  const kept = () => {
    try {
      const theme = localStorage.getItem("theme");
      return known.includes(theme) ? theme : "";
    } catch {
      return ""; // storage is disabled, so use the device's setting
    }
  };

  const keep = (theme) => {
    try {
      theme ? localStorage.setItem("theme", theme) : localStorage.removeItem("theme");
    } catch {
      // storage is disabled, so the choice applies only to this page
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
      show(kept()); // another tab changed the theme
      mark();
    });
  });
})();
