// Shows new messages without a reload. If scripts are disabled, users reload the page.
const INTERVAL = 2000; // milliseconds

/** Fetch this page, and show its list. A message that the user has opened or is reading stays open. */
async function update() {
  const shown = document.getElementById("inbox");
  const { state } = await (await fetch(`/_emulator/inbox/state${location.search}`)).json();
  if (state === shown.dataset.state) return;
  const response = await fetch(location.href);
  if (!response.ok) return;
  const loaded = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("inbox");
  const list = document.getElementById("messages");
  const focused = shown.contains(document.activeElement) && document.activeElement.getAttribute("href");
  const isOpen = "selected" in shown.dataset || shown.querySelector("article:focus-within");
  if (list && isOpen && loaded.querySelector("#messages")) {
    list.replaceWith(loaded.querySelector("#messages"));
    shown.dataset.state = loaded.dataset.state;
  } else {
    shown.replaceWith(loaded);
    showCopyButtons();
  }
  if (focused) document.querySelector(`#inbox a[href="${CSS.escape(focused)}"]`)?.focus();
  document.getElementById("news").textContent = `Messages in the inbox: ${state.split(" ")[0]}`;
}

setInterval(() => {
  if (!document.hidden) update().catch(() => {}); // the emulator may have stopped or be busy
}, INTERVAL);
