// Pastes formatted text as Markdown. If an address is pasted over selected words, turns the words into a link. Without
// this script, and for plain text and code, the browser pastes plain text. Ctrl+Shift+V always pastes plain text.
(() => {
  const { input, insert, complete, isAddress, linkOf, linkAt } = format;
  const SKIPPED = "script, style, head, meta, link, title, template, noscript, svg, button, input, select, textarea, iframe";
  const BLOCKS =
    "address, article, aside, blockquote, dd, details, div, dl, dt, fieldset, figcaption, figure, footer, form, h1, h2, " +
    "h3, h4, h5, h6, header, hr, li, main, nav, ol, p, pre, section, summary, table, tbody, td, tfoot, th, thead, tr, ul";
  const MONOSPACE = /font-family:[^;]*(mono|consolas|menlo|courier)/i;

  const styleOf = (element) => element.getAttribute("data-style") ?? "";
  const isSkipped = (node) =>
    node.matches(SKIPPED) || /display:\s*none/i.test(styleOf(node)) || /mso-list:\s*ignore/i.test(styleOf(node));
  const isElement = (node) => node.nodeType === Node.ELEMENT_NODE;
  const hasBlocks = (node) => node.matches(BLOCKS) || node.querySelector(BLOCKS);

  // -- words ---------------------------------------------------------------------------------------------------------
  // Returns the formatting of an element's text. Google Docs wraps everything in a <b> that is not bold, and both
  // Google Docs and Word format words with styles.
  const formatOf = (element, outer) => {
    const { localName } = element;
    const css = styleOf(element);
    const inner = { ...outer };
    if (["b", "strong"].includes(localName)) inner.bold = true;
    if (["i", "em"].includes(localName)) inner.italic = true;
    if (["s", "strike", "del"].includes(localName)) inner.struck = true;
    if (["code", "kbd", "samp", "tt"].includes(localName)) inner.code = true;
    const [, weight] = css.match(/(?:^|[;\s])font-weight:\s*(\w+)/i) ?? [];
    if (/^(?:bold|normal|lighter|\d)/i.test(weight)) inner.bold = /^bold/i.test(weight) || weight >= 600;
    const [, slant] = css.match(/(?:^|[;\s])font-style:\s*(\w+)/i) ?? [];
    if (slant) inner.italic = /^(italic|oblique)/i.test(slant);
    if (/text-decoration[^;]*line-through/i.test(css)) inner.struck = true;
    if (localName === "a") inner.url = addressOf(element);
    return inner;
  };

  // Returns the link's address, or "" if our pages would not show such a link. If the address is a Google redirect, as
  // in Google Docs, returns the redirect's target.
  const addressOf = (link) => {
    const url = link.getAttribute("href") ?? "";
    if (/^https:\/\/www\.google\.com\/url\?/.test(url)) return new URL(url).searchParams.get("q") ?? "";
    return isAddress(url) ? url : "";
  };

  const runsOf = (node, outer) => {
    if (node.nodeType === Node.TEXT_NODE) return [{ ...outer, text: node.data.replace(/[ \t\r\n\f]+/g, " ") }];
    if (!isElement(node) || isSkipped(node)) return [];
    if (node.localName === "br") return [{ text: "\n" }];
    const inner = formatOf(node, outer);
    return [...node.childNodes].flatMap((child) => runsOf(child, inner));
  };

  const escaped = (text) => text.replace(/[\\`*[\]<]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\$&");

  // Puts a mark around text, but not around the spaces at its ends: “** word**” is not bold in Markdown.
  const marked = (text, mark) => {
    const [, before, words, after] = text.match(/^(\s*)([^]*?)(\s*)$/);
    return words ? before + mark + words + mark + after : text;
  };

  const codeOf = (text) => {
    const ticks = "`".repeat(1 + Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length)));
    return ticks.length > 1 ? `${ticks} ${text} ${ticks}` : ticks + text + ticks;
  };

  // The formats from the outermost to the innermost. Adjacent runs with the same format share one mark.
  const LAYERS = ["url", "bold", "italic", "struck", "code"];
  const WRAP = {
    url: (text, url) => text.replace(/^(\s*)([^]*?)(\s*)$/, `$1[$2](${complete(url).replace(/\$/g, "$$$$")})$3`),
    bold: (text) => marked(text, "**"),
    italic: (text) => marked(text, "*"),
    struck: (text) => marked(text, "~~"),
  };

  const written = (runs, [layer, ...inside] = LAYERS) => {
    if (!layer) return escaped(textOf(runs));
    const groups = [];
    for (const run of runs) {
      const value = run[layer] || "";
      if (groups.at(-1)?.value === value) groups.at(-1).same.push(run);
      else groups.push({ value, same: [run] });
    }
    const texts = groups.map(({ value, same }) => {
      if (!value || !textOf(same).trim()) return written(same, inside);
      return layer === "code" ? codeOf(textOf(same)) : WRAP[layer](written(same, inside), value);
    });
    return texts.join("");
  };

  const textOf = (runs) => runs.map(({ text }) => text).join("");

  const paragraph = (runs, breakAs = "  \n") =>
    written(runs)
      .replace(/[ \u00a0]*\n[ \u00a0]*/g, "\n")
      .replace(/ {2,}/g, " ")
      .trim()
      .replace(/^(#{1,6}\s|>|[-+]\s|~~~|=+$|-+$)/gm, "\\$1")
      .replace(/^(\d+)([.)]\s)/gm, "$1\\$2")
      .replace(/\n+/g, breakAs);

  // -- blocks --------------------------------------------------------------------------------------------------------
  const indent = (text, space) => text.replace(/\n(?=.)/g, `\n${space}`);
  const join = (blocks) => {
    const isSameList = (place) => blocks[place].isItem && blocks[place - 1].isItem;
    return blocks.map(({ text }, place) => (place ? (isSameList(place) ? "\n" : "\n\n") : "") + text).join("");
  };

  const listOf = (list, outer) => {
    const isNumbered = list.localName === "ol";
    let number = Number(list.getAttribute("start") ?? 1);
    const items = [];
    for (const child of list.children) {
      if (isSkipped(child)) continue;
      if (child.matches("ul, ol")) {
        // Google Docs puts a nested list after its item, not inside it.
        const nested = listOf(child, outer);
        items.push(items.length ? indent(`\n${nested}`, "   ").slice(1) : nested);
        continue;
      }
      const sign = isNumbered ? `${number++}.` : "-";
      const parts = blocksOf(child, formatOf(child, outer));
      const text = parts.map(({ text: part, isList }, place) => (place ? (isList ? "\n" : "\n\n") : "") + part).join("");
      if (text) items.push(`${sign} ${indent(text, " ".repeat(sign.length + 1))}`);
    }
    return items.join("\n");
  };

  const tableOf = (table, outer) => {
    const rows = [...table.querySelectorAll("tr")].map((row) => [...row.cells]);
    const width = Math.max(...rows.map((row) => row.length));
    if (width < 2 || table.querySelector("table")) return null; // a table that is used only for layout
    const cell = (each) => join(blocksOf(each, outer)).replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|");
    const lines = rows.map((row) => `| ${Array.from({ length: width }, (_, place) => (row[place] ? cell(row[place]) : "")).join(" | ")} |`);
    return [lines[0], `|${" --- |".repeat(width)}`, ...lines.slice(1)].join("\n");
  };

  // Word writes a list as paragraphs. The bullet or number of each item is in an element that is marked as ignored.
  const wordItem = (element, outer) => {
    const [, level] = styleOf(element).match(/mso-list:[^;]*level(\d)/i) ?? [];
    if (!level) return null;
    const sign = [...element.querySelectorAll("[data-style]")].find((each) => /mso-list:\s*ignore/i.test(styleOf(each)));
    const isNumbered = /^\s*[\da-z]{1,3}[.)]/i.test(sign?.textContent ?? "");
    const text = `${isNumbered ? "1." : "-"} ${paragraph(runsOf(element, outer))}`;
    return { text: "   ".repeat(level - 1) + text, isItem: true };
  };

  const blockOf = (element, outer) => {
    const { localName } = element;
    const inner = formatOf(element, outer);
    const [, level] = localName.match(/^h([1-6])$/) ?? (/\bMsoTitle\b/.test(element.className) ? ["", 1] : []);
    if (level) {
      const words = runsOf(element, {}).map(({ text, url }) => ({ text, url })); // a heading is bold anyway
      const text = paragraph(words, " ");
      return text ? [{ text: `${"#".repeat(level)} ${text}`, level: Number(level) }] : [];
    }
    if (localName === "hr") return [{ text: "---" }];
    if (localName === "pre") {
      const text = element.textContent.replace(/\n$/, "");
      const fence = "`".repeat(Math.max(3, 1 + Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length))));
      return [{ text: `${fence}\n${text}\n${fence}` }];
    }
    if (localName === "blockquote") {
      const text = join(blocksOf(element, inner));
      return text ? [{ text: text.replace(/^/gm, "> ").replace(/ +$/gm, "") }] : [];
    }
    if (["ul", "ol"].includes(localName)) {
      const text = listOf(element, inner);
      return text ? [{ text, isList: true }] : [];
    }
    if (localName === "table") {
      const text = tableOf(element, inner);
      if (text) return [{ text }];
    }
    const item = wordItem(element, inner);
    return item ? [item] : blocksOf(element, inner);
  };

  const blocksOf = (element, outer) => {
    const blocks = [];
    let runs = [];
    const flush = () => {
      const text = paragraph(runs);
      if (text) blocks.push({ text });
      runs = [];
    };
    for (const child of element.childNodes) {
      if (isElement(child) && !isSkipped(child) && hasBlocks(child)) {
        flush();
        blocks.push(...blockOf(child, outer));
      } else {
        runs.push(...runsOf(child, outer));
      }
    }
    flush();
    return blocks;
  };

  // Returns the HTML as Markdown, or null if the plain text is just as good.
  const markdownOf = (html) => {
    // Browsers apply our Content-Security-Policy to this document too, and would report each style and event handler.
    const bare = html
      .replace(/<style\b[^]*?<\/style>/gi, "")
      .replace(/<[^>]*>/g, (tag) => tag.replace(/\s(style|on\w+)\s*=/gi, " data-$1="));
    const { body } = new DOMParser().parseFromString(bare, "text/html");
    const wrapper = body.querySelector("[data-style]");
    if (wrapper && MONOSPACE.test(styleOf(wrapper)) && /white-space:\s*pre/i.test(styleOf(wrapper))) return null; // a code editor
    const blocks = blocksOf(body, {});
    const highest = Math.min(...blocks.map(({ level }) => level ?? 6));
    for (const block of blocks) if (block.level && highest === 1) block.text = `#${block.text}`; // level 1 is for the post's title
    const text = join(blocks);
    const isPlain = text === escaped(body.textContent.replace(/\s+/g, " ").trim());
    const isLines = blocks.every((block) => Object.keys(block).length === 1) && !/[*[`~>|]|^---$/m.test(text.replace(/\\./g, ""));
    if (isPlain || (isLines && !body.querySelector("p + p"))) return null;
    return isLines ? text.replace(/\\(?=[^\p{L}\p{N}\s])/gu, "") : text;
  };

  // Returns whether the caret is in a fenced code block, where Markdown is shown as typed.
  const isInCode = () => (input.value.slice(0, input.selectionStart).match(/^\s{0,3}(?:```|~~~)/gm) ?? []).length % 2 === 1;

  // Returns the pasted text. If it contains blocks, adds the blank lines that must separate them from the other text.
  const separated = (text) => {
    const { selectionStart: start, selectionEnd: end, value } = input;
    if (!/\n|^(?:#{1,6} |> |- |\d+\. |\||```)/.test(text)) return text;
    const before = value.slice(0, start);
    const after = value.slice(end);
    const lead = !before.trim() || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const trail = !after.trim() || after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
    return lead + text + trail;
  };

  input.addEventListener("paste", (event) => {
    if (event.defaultPrevented || isInCode()) return;
    const plain = event.clipboardData.getData("text/plain").trim();
    const html = event.clipboardData.getData("text/html");
    const { selectionStart: start, selectionEnd: end, value } = input;
    const words = value.slice(start, end);
    const isLinkable = words.trim() && !words.includes("\n") && !isAddress(words.trim()) && !linkAt(start, end);
    const text = isAddress(plain) ? (isLinkable ? linkOf(words, plain) : null) : html ? markdownOf(html) : null;
    if (!text) return;
    event.preventDefault();
    insert(isAddress(plain) ? text : separated(text));
  });
})();
