// Copy buttons. If scripts are disabled, they stay hidden, and users can select the text.
function showCopyButtons() {
  for (const button of document.querySelectorAll("button[data-copy][hidden]")) {
    button.hidden = false;
    const words = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select and copy it by hand";
      }
      setTimeout(() => { button.textContent = words; }, 2000);
    });
  }
}
showCopyButtons();
