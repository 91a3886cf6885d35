// Shows the chosen picture immediately, with its focal point and the part that lists show. A click or drag on the
// picture moves the sliders, and the sliders move the point. Without this script, the sliders work, and the picture is
// shown after saving. The picture is drawn on a canvas, because our Content-Security-Policy allows no blob: images.
(() => {
  const { form, field } = editor;
  const panel = form.querySelector("[data-focal]");
  const frame = panel.querySelector("[data-frame]");
  const file = field("cover");
  const sliders = [field("cover_x"), field("cover_y")];
  const stored = frame.querySelector("img");
  const MIDDLE = 50; // the same values as in posts/cover_sizes.py and posts/covers/images.py
  const [RATIO, MAX_RATIO] = [3 / 2, 2];

  const mark = (name) => {
    const element = document.createElement("span");
    element.className = name;
    element.setAttribute("aria-hidden", "true");
    frame.append(element);
    return element;
  };
  const [crop, point] = [mark("crop"), mark("point")];
  let picture = stored;

  // Returns the start and length of the part that the server keeps around `place`, all as fractions of the whole side.
  const around = (place, least, most) => {
    const share = most >= 1 ? 1 : Math.min(Math.max(2 * Math.min(place, 1 - place), least), most);
    return [Math.min(Math.max(place - share / 2, 0), 1 - share), share];
  };
  const side = (place) => (place <= 0.4 ? 0 : place >= 0.6 ? 1 : 0.5);

  // Draws a frame around the part that lists show. The server crops a picture that is taller than a square or wider than
  // MAX_RATIO before it stores the picture, and crops it again, at one of nine positions, for a list.
  const draw = () => {
    const [width, height] = [picture?.naturalWidth ?? picture?.width, picture?.naturalHeight ?? picture?.height];
    if (!width || !height) return;
    const places = sliders.map(({ value }) => value / 100);
    const flat = width / height;
    const kept = [around(places[0], RATIO / flat, MAX_RATIO / flat), around(places[1], flat / RATIO, flat)];
    const ratio = (kept[0][1] * width) / (kept[1][1] * height);
    const shares = [Math.min(1, RATIO / ratio), Math.min(1, ratio / RATIO)];
    const [[left, wide], [top, tall]] = kept.map(([start, length], axis) => {
      const place = (places[axis] - start) / length;
      return [start + length * (1 - shares[axis]) * side(place), length * shares[axis]];
    });
    const percent = (share) => `${share * 100}%`;
    Object.assign(crop.style, { left: percent(left), top: percent(top), width: percent(wide), height: percent(tall) });
    Object.assign(point.style, { left: percent(places[0]), top: percent(places[1]) });
  };

  const use = (next) => {
    picture?.remove();
    picture = next;
    if (picture) frame.prepend(picture);
    panel.hidden = !picture;
    frame.classList.toggle("ready", Boolean(picture));
    draw();
  };

  const choose = async () => {
    const [chosen] = file.files;
    if (!chosen) {
      for (const slider of sliders) slider.value = slider.defaultValue;
      use(stored);
      return;
    }
    const bitmap = await createImageBitmap(chosen, { resizeWidth: 640, resizeQuality: "medium" }).catch(() => null);
    if (chosen !== file.files[0]) return; // another file has been chosen since
    for (const slider of sliders) slider.value = MIDDLE;
    if (!bitmap) {
      use(null); // the server will report what is wrong with the file
      return;
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", frame.dataset.chosen);
    use(canvas);
  };

  const move = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const places = [(event.clientX - left) / width, (event.clientY - top) / height];
    sliders.forEach((slider, axis) => (slider.value = Math.round(places[axis] * 100)));
    sliders[0].dispatchEvent(new Event("input", { bubbles: true }));
  };

  frame.addEventListener("click", move);
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") return; // a finger scrolls the page
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => frame.hasPointerCapture(event.pointerId) && move(event));
  file.addEventListener("change", choose);
  form.addEventListener("input", draw);
  if (stored) {
    stored.addEventListener("load", draw);
    stored.removeAttribute("width");
    stored.removeAttribute("height");
    stored.src = stored.dataset.whole;
    use(stored);
  }
  if (file.files.length) choose(); // the browser restored the form
})();
