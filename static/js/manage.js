// Closes an open menu with the Escape key, or when the person clicks elsewhere.
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
})();
