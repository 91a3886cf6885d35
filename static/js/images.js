// Uploads images and inserts them into the text at the caret, when the person uses the button, pastes or drops files.
// Without this script, the form's own fields add an image at the end of the text.
(() => {
  const { form, field, post } = editor;
  const section = form.querySelector("[data-images]");
  if (!section) return;
  const text = field("content");
  const file = section.querySelector("[data-image-upload]");
  const status = form.querySelector("[data-image-status]");
  const alert = form.querySelector("[data-image-error]");
  const details = form.querySelector("[data-describe]");
  const { address, uploading, added, unreachable } = section.dataset;
  const PATIENCE = 120_000; // milliseconds; uploading 8 MB takes this long on a slow connection
  let running = null; // the promise of the uploads in progress
  let waiting = null; // the button pressed during an upload

  // An element without text has no role, so that the page has only one status and one alert.
  const tell = (element, role, text) => {
    text ? element.setAttribute("role", role) : element.removeAttribute("role");
    element.textContent = text;
  };

  // `execCommand` is the only way to change the text so that Ctrl+Z can undo the change.
  const replace = (start, end, words) => {
    text.focus();
    text.setSelectionRange(start, end);
    const command = words ? "insertText" : "delete";
    if (!document.execCommand(command, false, words)) {
      text.setRangeText(words, start, end, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  // Inserts a paragraph at the caret. If the caret is in an image's description, inserts it after the image.
  const insertParagraph = (words) => {
    const { value } = text;
    let { selectionStart: start, selectionEnd: end } = text;
    for (const { 0: image, index } of value.matchAll(/!\[[^\]]*\]\([^)"]*(?:"(?:\\.|[^"\\])*")?\)/g)) {
      if (index < end && start < index + image.length) start = end = index + image.length;
    }
    const before = value.slice(0, start);
    const after = value.slice(end);
    const lead = !before.trim() || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const trail = !after.trim() || after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
    replace(start, end, lead + words + trail);
  };

  const send = async (picture) => {
    const data = new FormData();
    for (const name of ["csrfmiddlewaretoken", "post_id", "state"]) data.set(name, field(name).value);
    data.set("image", picture, picture.name || "image");
    try {
      const answer = await post(address, data, { signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.headers.get("Content-Type")?.startsWith("application/json")) return { said: unreachable };
      return await answer.json();
    } catch {
      return { said: unreachable };
    }
  };

  // -- the description and the caption -------------------------------------------------------------------------------
  let url = ""; // the URL of the image that was uploaded last
  const openDetails = (markdown) => {
    [url] = markdown.match(/\/posts\/image\/[^/]+\//);
    for (const input of details.querySelectorAll("input")) input.value = "";
    details.hidden = false;
  };
  const closeDetails = () => {
    details.hidden = true;
    text.focus();
  };
  const setDetails = () => {
    const image = text.value.match(new RegExp(`!\\[((?:\\\\.|[^\\]\\\\])*)\\]\\(${url}(?: "(?:\\\\.|[^"\\\\])*")?\\)`));
    const [alt, caption] = [...details.querySelectorAll("input")].map(({ value }) => value.trim());
    closeDetails();
    if (!image) return;
    const words = alt.replace(/[\\`*_~[\]<>&!]/g, "\\$&") || image[1];
    const title = caption && ` "${caption.replace(/[\\"&]/g, "\\$&")}"`;
    replace(image.index, image.index + image[0].length, `![${words}](${url}${title})`);
  };
  details.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key) || event.target.type === "button") return;
    event.preventDefault();
    event.key === "Enter" ? setDetails() : closeDetails();
  });
  details.querySelector("[data-set]").addEventListener("click", setDetails);
  details.querySelector("[data-close]").addEventListener("click", closeDetails);

  const placeholderFor = ({ name }) => {
    const words = uploading.replace("{name}", (name || "").replace(/[[\]\\()]/g, "")).trim();
    const named = (number) => `![${words} …${number > 1 ? ` (${number})` : ""}]()`;
    let number = 1;
    while (text.value.includes(named(number))) number += 1;
    return named(number);
  };

  // Uploads the image. During the upload, a placeholder marks the image's place in the text.
  const upload = async (picture, placeholder) => {
    tell(status, "status", placeholder.slice(2, -3));
    const { markdown = "", said } = await send(picture);
    let place = text.value.indexOf(placeholder);
    const { selectionStart: start, selectionEnd: end } = text;
    if (place < 0) {
      if (markdown) insertParagraph(markdown); // the placeholder was deleted
    } else {
      let { length } = placeholder;
      const isWaiting = start === end && start === place + length; // the caret has not moved since
      if (!markdown && text.value.slice(0, place).endsWith("\n\n")) {
        place -= 2;
        length += 2;
      }
      replace(place, place + length, markdown);
      const shift = (at) => (at > place ? Math.max(place, at + markdown.length - length) : at);
      if (isWaiting && markdown) text.setSelectionRange(place + 2, place + 2); // between the description's brackets
      else text.setSelectionRange(shift(start), shift(end));
    }
    tell(status, "status", markdown ? added : "");
    if (markdown) openDetails(markdown);
    if (!markdown) {
      tell(alert, "alert", said || unreachable);
      alert.scrollIntoView({ block: "nearest" });
    }
  };

  const add = (pictures) => {
    tell(alert, "alert", "");
    for (const picture of pictures) {
      const placeholder = placeholderFor(picture);
      insertParagraph(placeholder);
      running = (running ?? Promise.resolve()).then(() => upload(picture, placeholder));
    }
    const mine = running;
    mine?.then(() => {
      if (running !== mine) return;
      running = null;
      const pressed = waiting;
      waiting = null;
      if (pressed && !alert.textContent) form.requestSubmit(pressed);
    });
  };

  // -- the button ----------------------------------------------------------------------------------------------------
  section.querySelector("details").hidden = true;
  addEventListener("DOMContentLoaded", () => {
    const buttons = [...form.querySelectorAll("[data-insert-image]")];
    const button = buttons.find((each) => !section.contains(each)) ?? buttons[0]; // the toolbar's button, if there is one
    button.hidden = false;
  });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-insert-image]")) file.click();
  });
  file.addEventListener("change", () => {
    const pictures = [...file.files];
    file.value = ""; // the form must not submit the file as well
    add(pictures);
  });

  // -- pasting and dropping ------------------------------------------------------------------------------------------
  // Spreadsheets copy cells both as text and as a picture. Leave the paste to the browser, which pastes the text.
  text.addEventListener(
    "paste",
    (event) => {
      const { files, types } = event.clipboardData;
      if (!files.length || types.includes("text/plain")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      add([...files]);
    },
    true,
  );
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  text.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    text.classList.add("dropping");
  });
  for (const name of ["dragleave", "drop"]) text.addEventListener(name, () => text.classList.remove("dropping"));
  text.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    text.focus();
    add([...event.dataTransfer.files]);
  });

  // -- saving waits for the uploads ----------------------------------------------------------------------------------
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form || !running) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      waiting = event.submitter;
    },
    true,
  );
})();
