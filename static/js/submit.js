// Submits the page's only form immediately. Mail scanners run no scripts, so they do not submit the form. Does nothing
// if the person has gone back to this page. If submitting the form led back to this page, submits the form again only
// if it has data-submit="again", which means that it needs several requests.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  const form = document.querySelector("form[data-submit]");
  if (!form || visit?.type === "back_forward") return;
  if (document.referrer === location.href && form.dataset.submit !== "again") return;
  // The link's secret must not stay in the history, even if the browser keeps this entry when it opens the next page.
  history.replaceState(null, "", location.pathname);
  form.requestSubmit();
})();
