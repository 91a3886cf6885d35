// Shows a preview beside the form, rendered by the server. Without this script, a button shows the preview.
(() => {
  const { form, field, post } = editor;
  const section = form.querySelector("[data-preview]");
  if (!section) return; // the page shows a version to merge in place of the preview
  const shown = section.querySelector("[data-shown]");
  const old = section.querySelector("[data-old]");
  const LONG = 5000; // characters; longer texts are rendered less often, because the server allows twenty a minute
  let timer;
  let request;
  let last;

  const show = async () => {
    clearTimeout(timer);
    const data = new FormData();
    for (const name of ["csrfmiddlewaretoken", "title", "content", "language", "cover_id", "pending_cover", "cover_alt"]) {
      data.set(name, field(name).value);
    }
    if (field("remove_cover")?.checked) data.set("remove_cover", "on");
    const asked = JSON.stringify([...data]);
    if (asked === last) return;
    request?.abort();
    request = new AbortController();
    try {
      const answer = await post(section.dataset.preview, data, { signal: request.signal });
      if (!answer.ok) throw new Error(answer.status);
      shown.innerHTML = await answer.text();
      last = asked;
      old.hidden = true;
    } catch (error) {
      if (error.name !== "AbortError") old.hidden = false;
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(show, form.dataset.previewAfter * (field("content").value.length > LONG ? 8 : 1));
  };

  const help = form.querySelector("details.always");
  if (help) {
    help.classList.remove("always"); // the preview needs the space
    help.open = !field("content").value;
  }
  section.hidden = false;
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "preview" || field("cover")?.files.length) return; // a picture must be uploaded by submitting the form
    event.preventDefault();
    show();
    section.scrollIntoView();
    section.focus({ preventScroll: true });
  });
  show();
})();
