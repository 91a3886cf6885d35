// A browser may show a page again as it was left, without asking the server: is the person still signed in?
addEventListener("pageshow", async ({ persisted }) => {
  if (!persisted) return;
  document.body.hidden = true;
  try {
    const answer = await fetch("/api/auth/check", { cache: "no-store" });
    if (answer.ok && !(await answer.json()).hasSession) return location.reload();
  } catch {
    // no connection: nobody can say, and a text that was being typed must not be lost
  }
  document.body.hidden = false;
});

// Whoever signs out leaves no text behind in this browser for the next person: see copies.js.
addEventListener("submit", ({ target }) => {
  if (!target.matches("form[data-leaves]")) return;
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith("text:")) localStorage.removeItem(name);
  } catch {
    // storage is switched off: nothing was kept
  }
});
