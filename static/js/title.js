// Lets the title's field grow with its text. The title has no line breaks, so Enter moves to the text of the post.
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
