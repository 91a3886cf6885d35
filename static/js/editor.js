// Functions shared by the scripts of the post form. The form also works without scripts.
const editor = (() => {
  const form = document.querySelector("form.editor");
  // Fields that do not belong to the text (OURS), and the cover's fields (BY_HAND), which are saved only with a button.
  // The fields for an image in the text are not saved.
  const OURS = ["csrfmiddlewaretoken", "post_id", "state", "version", "form_key", "byline", "publish_at"];
  const BY_HAND = [...form.elements].filter((field) => /cover/.test(field.name));

  const field = (name) => form.elements.namedItem(name);

  // Returns the typed text of each field, by field name.
  const words = (valueOf = ({ value }) => value) => {
    const said = {};
    for (const input of form.elements) {
      const { name } = input;
      if (name && name !== "act" && !OURS.includes(name) && !/cover|^image/.test(name)) said[name] = valueOf(input);
    }
    return said;
  };

  // Returns the text that the server sent with the page. The fields may already contain a different text, if the person
  // typed before the scripts started or the browser restored an earlier text.
  const original = () =>
    words(({ options, value, defaultValue }) =>
      options ? ([...options].find(({ defaultSelected }) => defaultSelected)?.value ?? value) : (defaultValue ?? value),
    );

  const same = (some, others) => JSON.stringify(some) === JSON.stringify(others);

  // Returns whether the form has changes that autosaves omit, such as a pending cover.
  const byHand = () =>
    BY_HAND.some(({ name, type, value, defaultValue, checked }) =>
      type === "checkbox" ? checked : value !== (name === "pending_cover" ? "" : (defaultValue ?? "")),
    );

  // Returns the form data that the browser would submit. For an autosave, the data leaves the cover unchanged.
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

  // The save status next to the buttons. Screen readers announce a change only if the live region existed before it.
  const status = form.querySelector("[data-said]");
  status.setAttribute("role", "status");
  const say = (text, isBad = false) => {
    if (!text) return;
    status.classList.toggle("error", isBad);
    if (status.textContent !== text) status.textContent = text;
  };

  // Notifies the other scripts that the text has changed, with the same event as typing.
  const changed = () => form.dispatchEvent(new Event("input"));

  // When a person goes back, the browser restores the typed text, but the hidden fields contain the newest version. The
  // history state contains the version that the person was editing, so that old text does not overwrite a newer version.
  const mark = () => history.replaceState({ version: field("version").value, form_key: field("form_key").value }, "");
  const isTyped = ({ name, type, value, defaultValue = value }) => name && type !== "hidden" && value !== defaultValue;
  addEventListener("pageshow", () => {
    if ([...form.elements].some(isTyped)) {
      for (const [name, value] of Object.entries(history.state ?? {})) field(name).value = value;
    }
    mark();
  });

  return { form, field, words, original, same, byHand, body, post, changed, mark, status, say };
})();
