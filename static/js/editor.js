// The form of a post, for the other scripts of the page. The form also works without them.
const editor = (() => {
  const form = document.querySelector("form.editor");
  // Hidden fields, and the fields of the cover, which only a button saves.
  const OURS = ["csrfmiddlewaretoken", "post_id", "state", "version", "form_key"];
  const BY_HAND = [...form.elements].filter((field) => /cover/.test(field.name));

  const field = (name) => form.elements.namedItem(name);

  // The typed text, by the names of the fields.
  const words = () => {
    const said = {};
    for (const { name, value } of form.elements) {
      if (name && name !== "act" && !OURS.includes(name) && !/cover/.test(name)) said[name] = value;
    }
    return said;
  };

  const same = (some, others) => JSON.stringify(some) === JSON.stringify(others);

  // Whether there are changes that only a button saves, such as a pending cover.
  const byHand = () =>
    BY_HAND.some(({ name, type, value, defaultValue, checked }) =>
      type === "checkbox" ? checked : value !== (name === "pending_cover" ? "" : (defaultValue ?? "")),
    );

  // The form as the browser would send it; for an autosave, with the cover unchanged.
  const body = (act) => {
    const data = new FormData(form);
    data.set("act", act);
    if (act === "autosave") {
      for (const { name, type, defaultValue } of BY_HAND) {
        if (["file", "checkbox"].includes(type) || name === "pending_cover") data.delete(name);
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

  // Tells the other scripts that the text has changed, as typing does.
  const changed = () => form.dispatchEvent(new Event("input"));

  // When a person goes back, the browser restores the typed text, but in a form with the newest version. The version it
  // was typed into is in the history state, so that an old text does not count as a change of a newer version.
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
