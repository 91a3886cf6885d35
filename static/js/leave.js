// Whoever signs out leaves no text behind in this browser for the next person: see copies.js.
addEventListener("submit", ({ target }) => {
  if (!target.matches("form[data-leaves]")) return;
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith("text:")) localStorage.removeItem(name);
  } catch {
    // storage is switched off: nothing was kept
  }
});
