// Closes an open menu when the person presses Escape or clicks elsewhere. Adds a checkbox that selects all posts, and
// shows the number of selected posts.
(() => {
  const openMenu = () => document.querySelector(".menu[open]");

  addEventListener("keydown", ({ key }) => {
    const menu = key === "Escape" && openMenu();
    if (!menu) return;
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  });
  addEventListener("click", ({ target }) => {
    const menu = openMenu();
    if (menu && !menu.contains(target)) menu.open = false;
  });

  const form = document.querySelector("#bulk");
  if (!form) return;
  const all = form.querySelector("[data-all] input");
  const label = form.querySelector("[data-chosen]");
  const without = label.textContent;
  const boxes = [...form.elements].filter(({ name }) => name === "posts");
  const count = () => {
    const chosen = boxes.filter(({ checked }) => checked).length;
    label.textContent = chosen ? label.dataset.chosen.replace("{n}", chosen) : without;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && !all.checked;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  for (const box of boxes) box.addEventListener("change", count);
  addEventListener("pageshow", count);
  all.closest("label").hidden = !boxes.length;
})();
