// Sends the page's one form at once, where only a mail scanner would need to be kept from doing so.
// Not when somebody comes back to the page, and not when its own form has led here: once is enough.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "back_forward" || document.referrer === location.href) return;
  document.querySelector("form[data-submit]")?.requestSubmit();
})();
