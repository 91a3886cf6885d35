// Submits the form as soon as the code has six digits. Never submits it twice, because a code works only once.
(() => {
  const field = document.querySelector("input[autocomplete=one-time-code]");
  let isSent = false;

  field.form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  field.addEventListener("input", ({ isComposing }) => {
    const code = field.value.replace(/[\s\p{Pd}\p{Cf}]/gu, "");
    if (!isComposing && !isSent && /^[0-9]{6}$/.test(code)) field.form.requestSubmit();
  });
  // The browser may restore this page from its back/forward cache, with `isSent` still true.
  addEventListener("pageshow", () => (isSent = false));
})();
