// Counts down the seconds until the person can request a new e-mail. Without this script, the number does not change.
(() => {
  const left = document.querySelector("[data-cool-down]");
  if (!left) return;
  const button = left.closest("button");
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang);
  const end = Date.now() + left.dataset.coolDown * 1000;

  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds > 0) {
      left.textContent = words.format(seconds, "second");
      return;
    }
    clearInterval(timer);
    left.remove();
    button.removeAttribute("aria-disabled");
  };
  const timer = setInterval(tick, 1000);

  button.addEventListener("click", (event) => {
    if (button.hasAttribute("aria-disabled")) event.preventDefault();
  });
})();
