// Saves the form without leaving the page: with its buttons, with Ctrl+S, and automatically while the post is a draft.
// If only a page can show the response (errors at their fields, two versions side by side), submits the form normally.
(() => {
  const { form, field, words, original, same, byHand, body, post, changed, mark, status, say } = editor;
  const alert = form.querySelector("[data-alert]"); // the notes above the form
  const stopped = form.querySelector("[data-stopped]");
  const buttons = [...form.querySelectorAll(".bar button")];
  const saver = buttons.find(({ value }) => value === "save");
  const PATIENCE = 30_000; // milliseconds; longer than the server waits for Appwrite

  let stored = form.hasAttribute("data-unsaved") ? null : original();
  let running = null; // the promise of the save in progress; there is at most one
  let sent; // the text in the latest save
  let halted = false; // whether autosaves are stopped until the person acts
  let leaving = false;
  let timer;

  const dirty = () => !same(words(), stored) || byHand();

  alert.setAttribute("role", "alert");

  // -- one save ------------------------------------------------------------------------------------------------------
  const send = async (act) => {
    const keepalive = document.visibilityState === "hidden" && field("content").value.length < 15_000; // at most 64 kB
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const answer = await post(form.getAttribute("action"), body(act), { signal, keepalive });
      const ours = answer.headers.get("Content-Type")?.startsWith("application/json");
      // Our responses are JSON. An HTML page with status 200 comes from, for example, a hotel's captive portal.
      return ours ? { status: answer.status, ...(await answer.json()) } : { status: answer.ok ? 0 : answer.status };
    } catch {
      return { status: 0 };
    }
  };

  const save = async (act) => {
    clearTimeout(timer);
    say(status.dataset.saving);
    sent = words();
    running = send(act);
    const answer = await running;
    running = null;
    if (answer.status === 200) accept(answer, act);
    else refuse(answer);
    return answer;
  };

  const accept = (answer, act) => {
    stored = sent;
    halted = false;
    for (const note of alert.children) note.hidden ||= !note.matches("[data-errors]"); // errors.js removes these
    if (field("state").value === "new") becomeEdit(answer);
    else if (location.search) history.replaceState(history.state, "", answer.action); // the form no longer shows an earlier version
    field("version").value = answer.version;
    field("state").value = answer.state;
    mark();
    say(dirty() ? status.dataset.unsaved : answer.said);
    form.dispatchEvent(new CustomEvent("post:saved", { detail: { words: sent, act } }));
  };

  // The post now exists, so turn the form for a new post into the edit form for this post.
  const becomeEdit = ({ action }) => {
    form.setAttribute("action", action);
    history.replaceState(history.state, "", action);
    for (const here of document.querySelectorAll("header [name=next]")) here.value = action; // used when the person changes language
    for (const part of form.querySelectorAll("[data-once-saved]")) {
      const title = part.dataset.onceSaved;
      if (title) {
        document.title = document.title.replace(part.textContent, title);
        part.textContent = title;
      }
      part.hidden = false;
    }
  };

  const reason = ({ status: code, said }) => {
    if (said) return said;
    if (!code) return status.dataset.unreachable;
    return code < 500 ? status.dataset.unsaved : status.dataset.maybe; // a proxy may respond with its own error page after a successful save
  };

  const refuse = (answer) => {
    const { status: code } = answer;
    const why = reason(answer);
    say(answer.said && code !== 400 ? why.match(/^.+?[.?](?=\s|$)|.+/)[0] : why, true); // the note above the form shows the rest
    halted = code >= 400 && code < 500 && code !== 400 && code !== 429;
    if (halted) explain(answer);
  };

  const explain = (answer) => {
    const { way, signedOut } = answer;
    for (const note of alert.children) note.hidden = !note.matches("[data-errors]");
    stopped.querySelector("[data-why]").textContent = reason(answer);
    stopped.querySelector("[data-signed-out]").hidden = !signedOut;
    const button = stopped.querySelector("[data-way]");
    button.textContent = way ?? "";
    button.hidden = !way;
    stopped.hidden = false;
  };

  // -- autosave ------------------------------------------------------------------------------------------------------
  const savesItself = () => "saveAfter" in form.dataset && field("state").value !== "published" && !halted;

  const autosave = async () => {
    if (running || !savesItself() || same(words(), stored)) return;
    if (!field("title").value.trim() || !field("content").value.trim()) {
      say(status.dataset.unfinished);
      return;
    }
    const { status: code } = await save("autosave");
    if (code !== 200 && code !== 400) soon(form.dataset.againAfter);
    else if (code === 200 && !same(words(), stored)) soon(form.dataset.saveAfter);
  };

  const soon = (after) => {
    clearTimeout(timer);
    timer = setTimeout(autosave, after);
  };

  form.addEventListener("input", () => {
    if (!running && !halted) say(dirty() ? status.dataset.unsaved : "");
    soon(form.dataset.saveAfter);
  });
  form.addEventListener("focusout", ({ relatedTarget }) => {
    if (!relatedTarget?.closest("button, [data-alert]")) autosave(); // these elements save the text, or explain why it is not saved
  });
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && autosave());
  addEventListener("online", autosave);

  // -- by a button ---------------------------------------------------------------------------------------------------
  const busy = (pressed) => {
    for (const button of buttons) {
      button.setAttribute("aria-disabled", "true");
      if (button.value !== pressed || !button.dataset.busy) continue;
      button.dataset.name ??= button.textContent;
      button.textContent = button.dataset.busy;
    }
  };

  const idle = () => {
    for (const button of buttons) {
      button.removeAttribute("aria-disabled");
      button.textContent = button.dataset.name ?? button.textContent;
    }
  };

  // When the button was pressed, a save may have been in progress. Returns whether its response also answers the button,
  // so that no other save is needed.
  const isFinal = (answer, act) => {
    if (answer?.status === 200) return act === "save" && !dirty();
    if (answer?.status === 400) return same(words(), sent); // otherwise the errors may have been corrected
    return answer && answer.status !== 429;
  };

  const press = async (submitter) => {
    const act = submitter.value;
    busy(act);
    let answer = await running; // its response has the version that the next save must contain
    if (!isFinal(answer, act)) answer = await save(act);
    if (answer.status === 200 && (answer.location || byHand())) go(answer.location ?? answer.action);
    else if (hasPage(answer)) asPage(submitter);
    else {
      idle();
      if (answer.status !== 200) lead(answer);
    }
  };

  // Scrolls to the note that explains the failure, which may be far above the button.
  const lead = (answer) => {
    explain(answer);
    alert.scrollIntoView();
    alert.focus({ preventScroll: true });
  };

  const hasPage = ({ status: code, said }) => [400, 404, 409].includes(code) || (code >= 400 && code < 500 && !said);

  const go = (address) => {
    leaving = true;
    location.assign(address);
  };

  const asPage = (submitter) => {
    leaving = true;
    form.requestSubmit(submitter);
  };

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || leaving) return; // preview.js handles it, or the page is changing
    const pressed = event.submitter ?? saver;
    if (!pressed || pressed.matches("[data-way], [data-asks]") || !["save", "publish"].includes(pressed.value)) {
      leaving = true;
      return;
    }
    event.preventDefault();
    if (!pressed.form.querySelector(".bar [aria-disabled]")) press(pressed);
  });

  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    if (saver) form.requestSubmit(saver); // missing if the person cannot edit the published text
  });

  // -- leaving -------------------------------------------------------------------------------------------------------
  addEventListener("beforeunload", (event) => {
    if (dirty() && !leaving) event.preventDefault();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) {
      if (!same(words(), original())) changed(); // typed before the scripts started, or restored by the browser
      return;
    }
    leaving = false; // `persisted`: the browser restored the page from memory
    idle();
  });
})();
