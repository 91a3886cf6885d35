// Stores typed text in this browser until it is saved, and offers to restore it when the form is opened again, for
// example after a crash, an ended session or a lost connection. Each person sees only their own text. Signing out
// deletes the copies (leave.js).
(() => {
  const { form, field, words, same, changed } = editor;
  const MONTH = 30 * 24 * 3600 * 1000;
  const user = form.dataset.user;
  const region = form.querySelector("[data-copy]");
  const note = region.firstElementChild;
  if (!user) return; // the person was signed out; copies stored before that remain

  const mine = `text:${user}:`;
  const key = () => mine + field("post_id").value;

  const read = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null; // storage is disabled, or a different script wrote this value
    }
  };
  const write = (name, copy) => {
    try {
      copy ? localStorage.setItem(name, JSON.stringify(copy)) : localStorage.removeItem(name);
    } catch {
      // storage is full or disabled; only text saved on the server is safe
    }
  };
  const names = () => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith("text:"));
    } catch {
      return [];
    }
  };

  const copy = () => {
    const ours = Object.fromEntries(["post_id", "version", "form_key"].map((name) => [name, field(name).value]));
    return { at: Date.now(), state: field("state").value, ours, words: words() };
  };

  // Returns the text without the details that the server may change when it saves: letter case, spaces and commas.
  const squeezed = (said) => Object.values(said).map((text) => text.toLowerCase().replace(/[\s,]+/g, " ").trim());
  const differs = (kept) => kept?.words && !same(squeezed(kept.words), squeezed(words()));

  // Returns the newest unsaved copy of this post. In the form for a new post, also considers the copies of other new
  // posts that were never saved.
  const found = () => {
    const here = [key(), `${key()}:old`];
    const never = (name) => name.startsWith(mine) && read(name)?.state === "new";
    const others = field("state").value === "new" ? names().filter(never) : [];
    const all = [...here, ...others].map((name) => ({ name, kept: read(name) }));
    return all.filter(({ kept }) => differs(kept)).sort((a, b) => b.kept.at - a.kept.at)[0];
  };

  // Formats a time as the site does, in the site's time zone.
  const when = (moment) => {
    const isNorwegian = document.documentElement.lang === "nb";
    const written = (at, options) =>
      new Intl.DateTimeFormat(isNorwegian ? "nb" : "en-GB", { timeZone: form.dataset.zone, ...options }).format(at);
    const day = (at) => written(at, { day: "numeric", month: "long", year: "numeric" });
    const time = written(moment, { hour: "2-digit", minute: "2-digit" });
    const clock = isNorwegian ? `kl. ${time.replace(":", ".")}` : time;
    return day(moment) === day(Date.now()) ? clock : `${day(moment)}${isNorwegian ? "" : ","} ${clock}`;
  };

  const offer = ({ name, kept }) => {
    // Store the copy under a different key, so that further typing does not overwrite the copy.
    const aside = name.endsWith(":old") ? name : `${name}:old`;
    write(name, null);
    write(aside, kept);
    region.setAttribute("role", "status");
    setTimeout(() => {
      // Screen readers announce a change only if the live region existed before it.
      const text = note.querySelector("[data-text]");
      text.textContent = text.dataset.text.replace("{when}", when(kept.at));
      note.hidden = !differs(kept);
    });
    const remove = () => {
      write(aside, null);
      note.hidden = true;
    };
    const done = () => {
      remove();
      field("title").focus();
    };
    addEventListener("pageshow", () => differs(kept) || remove()); // the browser may have restored the same text
    note.querySelector("[data-discard]").addEventListener("click", done);
    note.querySelector("[data-restore]").addEventListener("click", () => {
      const back = { ...kept.words, ...kept.ours };
      for (const name of Object.keys(back)) if (field(name)) field(name).value = back[name];
      done();
      changed();
    });
  };

  for (const name of names()) if (!(read(name)?.at > Date.now() - MONTH)) write(name, null);
  const kept = form.hasAttribute("data-unsaved") ? null : found();
  if (kept) offer(kept);
  else if (!form.hasAttribute("data-unsaved")) write(key(), null);

  form.addEventListener("input", () => write(key(), copy()));
  form.addEventListener("post:saved", ({ detail }) => write(key(), same(detail.words, words()) ? null : copy()));
})();
