// Leaves the waiting page as soon as the person has signed in in another tab, for instance with the link. Checks
// for the sign-in only after an event. While the person is not signed in, a check does not call Appwrite.
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
