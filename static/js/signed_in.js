// Tells the browser's other tabs that the person has signed in. In those tabs, waiting.js receives the message.
(() => {
  const channel = new BroadcastChannel("sign-in");
  channel.postMessage("");
  channel.close();
})();
