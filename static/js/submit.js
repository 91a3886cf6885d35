// Sends the page's one form at once, where only a mail scanner would need to be kept from doing so.
// Not when somebody comes back to the page: the link has been used by then.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "back_forward") return;
  document.querySelector("form[data-submit]")?.requestSubmit();
})();
