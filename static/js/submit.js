// Submits the page's only form immediately. Mail scanners run no scripts, so they do not submit the form. It is not
// submitted if the person has gone back to this page, or if submitting it has led here; data-submit="again" marks a
// form that needs several requests.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  const form = document.querySelector("form[data-submit]");
  if (!form || visit?.type === "back_forward") return;
  if (document.referrer === location.href && form.dataset.submit !== "again") return;
  // The link's secret must not stay in the history, even if the browser keeps this entry when it opens the next page.
  history.replaceState(null, "", location.pathname);
  form.requestSubmit();
})();
