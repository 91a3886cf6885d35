// The Back button may show a page from memory, without a request, so check whether the person is still signed in.
addEventListener("pageshow", async ({ persisted }) => {
  if (!persisted) return;
  document.body.hidden = true;
  try {
    const answer = await fetch("/api/auth/check", { cache: "no-store" });
    if (answer.ok && !(await answer.json()).hasSession) return location.reload();
  } catch {
    // no connection: show the page, because typed text must not be lost
  }
  document.body.hidden = false;
});

// Signing out deletes the copies that copies.js has stored in this browser, so that the next person does not see them.
addEventListener("submit", ({ target }) => {
  if (!target.matches("form[data-leaves]")) return;
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith("text:")) localStorage.removeItem(name);
  } catch {
    // storage is disabled, so nothing was stored
  }
});
