// Leaves the page that waits for an e-mail as soon as the person has signed in in another tab, for instance with the
// link. The check is one request without a call to Appwrite, and is made only after an event.
(() => {
  const { next } = document.currentScript.dataset;

  const check = async () => {
    try {
      const answer = await fetch("/api/auth/check", { cache: "no-store" });
      if (answer.ok && (await answer.json()).isAuthenticated) location.replace(next);
    } catch {
      // no connection: the person can still use the page
    }
  };

  new BroadcastChannel("sign-in").addEventListener("message", check);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && check());
  addEventListener("pageshow", ({ persisted }) => persisted && check());
})();
