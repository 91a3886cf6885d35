// The form of a post, as the other scripts of its page see it. Each of them only adds to a form that works without.
const desk = (() => {
  const form = document.querySelector("form.desk");
  // What the form carries for the server, and what is done to the cover: that is saved by a press of a button only.
  const OURS = ["csrfmiddlewaretoken", "post_id", "state", "version", "form_key"];
  const BY_HAND = [...form.elements].filter((field) => /cover/.test(field.name));

  const field = (name) => form.elements.namedItem(name);

  // The person's words, by the names of their fields.
  const words = () => {
    const said = {};
    for (const { name, value } of form.elements) {
      if (name && name !== "act" && !OURS.includes(name) && !/cover/.test(name)) said[name] = value;
    }
    return said;
  };

  const same = (some, others) => JSON.stringify(some) === JSON.stringify(others);

  // Whether something was done that only a button saves; a picture that came back with the form still waits for one.
  const byHand = () =>
    BY_HAND.some(({ name, type, value, defaultValue, checked }) =>
      type === "checkbox" ? checked : value !== (name === "kept_cover" ? "" : (defaultValue ?? "")),
    );

  // The form as the browser would send it; for a save nobody asked for, with the cover as it is.
  const body = (act) => {
    const data = new FormData(form);
    data.set("act", act);
    if (act === "autosave") {
      for (const { name, type, defaultValue } of BY_HAND) {
        if (["file", "checkbox"].includes(type) || name === "kept_cover") data.delete(name);
        else data.set(name, defaultValue);
      }
    }
    return data;
  };

  const post = (address, data, options) =>
    fetch(address, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" }, ...options });

  // The state of saving, beside the buttons. Screen readers announce changes only in a live region that was there before.
  const status = form.querySelector("[data-said]");
  status.setAttribute("role", "status");
  const say = (text, isBad = false) => {
    if (!text) return;
    status.classList.toggle("error", isBad);
    if (status.textContent !== text) status.textContent = text;
  };

  // Tells the other scripts that the words have changed, as typing does.
  const changed = () => form.dispatchEvent(new Event("input"));

  // Going back, a browser puts in again what was typed, but into a form with the newest version: which one it was typed
  // into is kept with the page's place in the history, lest an old text be taken for a change of what came meanwhile.
  const mark = () => history.replaceState({ version: field("version").value, form_key: field("form_key").value }, "");
  const isTyped = ({ name, type, value, defaultValue = value }) => name && type !== "hidden" && value !== defaultValue;
  addEventListener("pageshow", () => {
    if ([...form.elements].some(isTyped)) {
      for (const [name, value] of Object.entries(history.state ?? {})) field(name).value = value;
    }
    mark();
  });

  return { form, field, words, same, byHand, body, post, changed, mark, status, say };
})();
