// Submits the page's only form immediately. Mail scanners run no scripts, so they do not submit the form. It is not
// submitted if the person has gone back to this page, or if submitting it has led here.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "back_forward" || document.referrer === location.href) return;
  const form = document.querySelector("form[data-submit]");
  if (!form) return;
  // The link's secret must not stay in the history, even if the browser keeps this entry when it opens the next page.
  history.replaceState(null, "", location.pathname);
  form.requestSubmit();
})();
