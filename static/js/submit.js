// Sends the only form of the page at once. The form exists so that mail scanners, which run no scripts, do not send it.
// Not when a person comes back to the page, and not after the form itself has led here.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "back_forward" || document.referrer === location.href) return;
  const form = document.querySelector("form[data-submit]");
  if (!form) return;
  // The link's secret must not stay in the history, whether or not the browser replaces this entry by the next page.
  history.replaceState(null, "", location.pathname);
  form.requestSubmit();
})();
