// Shows how many characters are left when the text is near its limit. Without this script, text over the limit is
// reported only after the form is submitted.
const numbers = new Intl.NumberFormat(document.documentElement.lang);

for (const input of editor.form.querySelectorAll("[data-limit]")) {
  const told = document.createElement("span");
  told.className = "help";
  told.id = `${input.id}_left`;
  told.setAttribute("aria-live", "polite");
  input.after(told);
  input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${told.id}`.trim());

  const count = () => {
    const left = input.dataset.limit - [...input.value.trim()].length; // counts code points, as Python does
    const near = left <= Math.max(20, input.dataset.limit / 10);
    const { left: inside, over } = editor.form.dataset;
    told.textContent = near ? (left < 0 ? over : inside).replace("{n}", numbers.format(Math.abs(left))) : "";
  };
  editor.form.addEventListener("input", count);
  count();
}

// Counts the words as `posts.models` does. Without this script, the page shows the word count of the stored text.
for (const count of editor.form.querySelectorAll("[data-count]")) {
  const show = () => {
    const words = editor.field("content").value.match(/\S+/g)?.length ?? 0;
    const text = words === 1 ? count.dataset.one : count.dataset.count;
    const minutes = Math.ceil(words / count.dataset.wordsAMinute);
    count.textContent = words ? text.replace("{n}", numbers.format(words)).replace("{m}", numbers.format(minutes)) : "";
  };
  editor.form.addEventListener("input", show);
  show();
}
