// Shows a preview of the post, rendered by the server: beside the form in wide windows, in place of the form in narrow
// ones. Without this script, a button shows the preview.
(() => {
  const { form, field, post } = editor;
  const section = form.querySelector("[data-preview]");
  if (!section) return; // the page shows a version to merge instead of the preview
  const shown = section.querySelector("[data-shown]");
  const old = section.querySelector("[data-old]");
  const whole = section.querySelector("[data-whole]"); // the button that shows the preview in the full width
  const button = form.querySelector(".bar [value=preview]");
  const panes = form.querySelector(".panes");
  const LONG = 5000; // characters; longer text is rendered less often, because the server allows twenty a minute
  // The names of the fields that readers see, and of those that tell the server the author and the cover.
  const SENT = [
    ...["csrfmiddlewaretoken", "post_id", "byline", "title", "content", "excerpt", "language", "campus", "tags"],
    ...["cover_id", "pending_cover", "cover_alt", "cover_x", "cover_y"],
  ];
  let timer;
  let request;
  let last;

  // Replace the preview and keep the focus in it. Otherwise the next Tab would start at the top of the page.
  const replace = (html) => {
    const links = () => [...shown.querySelectorAll("a[href]")];
    const hadFocus = shown.contains(document.activeElement);
    const place = links().indexOf(document.activeElement);
    shown.innerHTML = html;
    for (const link of links()) link.target = "_blank"; // keeps the form open
    if (hadFocus) (links()[place] ?? section).focus({ preventScroll: true });
  };

  const show = async () => {
    clearTimeout(timer);
    const data = new FormData();
    for (const name of SENT) data.set(name, field(name).value);
    if (field("remove_cover")?.checked) data.set("remove_cover", "on");
    const asked = JSON.stringify([...data]);
    if (asked === last) return;
    request?.abort();
    request = new AbortController();
    try {
      const answer = await post(section.dataset.preview, data, { signal: request.signal });
      if (!answer.ok) throw new Error(answer.status);
      replace(await answer.text());
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

  // -- the preview alone ---------------------------------------------------------------------------------------------
  const isAlone = () => form.classList.contains("previewing");
  const isNarrow = () => getComputedStyle(panes).gridTemplateColumns.split(" ").length === 1;
  let before; // the scroll position in the form

  const rename = (element, isBack) => {
    element.dataset.front ??= element.textContent;
    element.textContent = isBack ? element.dataset.back : element.dataset.front;
  };

  const setAlone = (alone) => {
    if (alone === isAlone()) return;
    if (alone) {
      whole.hidden = isNarrow();
      before = scrollY;
    }
    form.classList.toggle("previewing", alone);
    rename(button, alone);
    rename(whole, alone);
    if (!alone) {
      whole.hidden = isNarrow();
      scrollTo(0, before);
    }
  };

  const lead = () => {
    section.scrollIntoView();
    section.focus({ preventScroll: true });
  };

  const toggle = (alone) => {
    setAlone(alone);
    if (alone) lead();
    else field("content").focus({ preventScroll: true });
  };

  whole.addEventListener("click", () => toggle(!isAlone()));

  section.hidden = false;
  whole.hidden = isNarrow();
  addEventListener("resize", () => {
    if (!isAlone()) whole.hidden = isNarrow();
  });
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "preview" || field("cover")?.files.length) return; // a picture must be uploaded by submitting the form
    event.preventDefault();
    if (isAlone()) return toggle(false);
    show();
    isNarrow() ? toggle(true) : lead();
  });
  show();
})();
