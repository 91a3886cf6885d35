// Keeps the form's buttons above the on-screen keyboard in browsers that do not support `interactive-widget` (Safari).
(() => {
  const { visualViewport: seen } = window;
  const move = () => {
    const covered = seen.scale > 1.01 ? 0 : Math.max(0, innerHeight - seen.height - seen.offsetTop);
    editor.form.style.setProperty("--keyboard", `${Math.round(covered)}px`);
  };
  seen?.addEventListener("resize", move);
  seen?.addEventListener("scroll", move);
})();
