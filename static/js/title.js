// The title grows with its text, but has one line: Enter moves to the text.
(() => {
  const { field } = editor;
  const title = field("title");

  title.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    field("content").focus();
  });

  if (CSS.supports("field-sizing", "content")) return;
  const grow = () => {
    title.style.blockSize = "auto";
    title.style.blockSize = `${title.scrollHeight + title.offsetHeight - title.clientHeight}px`;
  };
  editor.form.addEventListener("input", grow);
  addEventListener("resize", grow);
  grow();
})();
