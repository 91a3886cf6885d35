// Tells the browser's other tabs that the person has signed in. waiting.js listens.
(() => {
  const channel = new BroadcastChannel("sign-in");
  channel.postMessage("");
  channel.close();
})();
