// The toolbar above the text, its keyboard shortcuts, and lists that continue on Enter. Without this script, the
// toolbar is hidden (editor.css), and people type the Markdown. Every change uses the browser's own editing command, so
// that Ctrl+Z undoes it.
const format = (() => {
  const { form, field } = editor;
  const input = field("content");
  const toolbar = form.querySelector("[role=toolbar]");
  const buttons = [...toolbar.querySelectorAll("button")];
  const linkPanel = form.querySelector("[data-link]");
  const address = linkPanel.querySelector("input");
  const remover = linkPanel.querySelector("[data-remove]");
  const WORD = /[\p{L}\p{N}_'’-]/u;
  const PREFIX = /^\s*(?:(?:>|[-*+]|\d+[.)]|#{1,6})\s+(?:\[[ xX]\]\s+)?)*/;
  const ITEM = /^(\s*(?:>\s*)*)([-*+]|(\d+)([.)]))(\s+)(\[[ xX]\]\s+)?/;
  const QUOTATION = /^(\s*>\s?)+/;
  const LINK = /\[((?:\\.|[^\]\\])*)\]\(([^\s)]*)\)/g;

  // Replaces the characters from `start` to `end`, and selects the characters from `from` to `to`.
  const replace = (start, end, text, from = start + text.length, to = from) => {
    input.focus();
    input.setSelectionRange(start, end);
    if (text !== input.value.slice(start, end)) {
      const isDone = document.execCommand(text ? "insertText" : "delete", false, text);
      if (!isDone) {
        input.setRangeText(text, start, end, "end");
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
    input.setSelectionRange(from, to);
  };

  // Replaces the selection, as typing does.
  const insert = (text) => replace(input.selectionStart, input.selectionEnd, text);

  // Returns the positions at which the selected lines start and end.
  const lineRange = (start = input.selectionStart, end = input.selectionEnd) => {
    const first = input.value.lastIndexOf("\n", start - 1) + 1;
    const last = input.value.indexOf("\n", Math.max(start, end));
    return [first, last < 0 ? input.value.length : last];
  };

  // -- bold and italic -----------------------------------------------------------------------------------------------
  // One asterisk marks italic text, two mark bold text, and three mark text that is both.
  const contains = (asterisks, mark) => (mark.length === 2 ? asterisks >= 2 : asterisks % 2 === 1);

  // Returns the text with the mark if `isMarked` is true, and otherwise without it.
  const setMark = (text, mark, isMarked) => {
    const [, before, words, after] = text.match(/^(\s*)([^]*?)(\s*)$/);
    if (!words || hasMark(words, mark) === isMarked) return text;
    return before + (isMarked ? mark + words + mark : words.slice(mark.length, -mark.length)) + after;
  };

  const hasMark = (words, mark) => {
    const asterisks = Math.min(words.match(/^\**/)[0].length, words.match(/\**$/)[0].length);
    return words.length > 2 * asterisks && contains(asterisks, mark);
  };

  const toggleMark = (mark) => {
    let { selectionStart: start, selectionEnd: end, value } = input;
    if (start === end) {
      while (start > 0 && WORD.test(value[start - 1])) start--;
      while (end < value.length && WORD.test(value[end])) end++;
    }
    while (start < end && /\s/.test(value[start])) start++;
    while (end > start && /\s/.test(value[end - 1])) end--;
    const outside = Math.min(value.slice(0, start).match(/\**$/)[0].length, value.slice(end).match(/^\**/)[0].length);
    if (contains(outside, mark)) {
      const { length } = mark;
      replace(start - length, end + length, value.slice(start, end), start - length, end - length);
    } else if (start === end) {
      replace(start, end, mark + mark, start + mark.length);
    } else if (value.slice(start, end).includes("\n")) {
      toggleMarkOfLines(mark);
    } else {
      const words = value.slice(start, end);
      const isMarked = hasMark(words, mark);
      const text = setMark(words, mark, !isMarked);
      const [from, to] = isMarked ? [start, start + text.length] : [start + mark.length, end + mark.length];
      replace(start, end, text, from, to);
    }
  };

  // Marks each line separately, because a mark that begins and ends in different paragraphs is shown as asterisks.
  const toggleMarkOfLines = (mark) => {
    const [start, end] = lineRange(input.selectionStart, input.selectionEnd - 1);
    const lines = input.value.slice(start, end).split("\n").map((line) => {
      const { length } = line.match(PREFIX)[0];
      return [line.slice(0, length), line.slice(length)];
    });
    const isMarked = lines.every(([, words]) => !words.trim() || hasMark(words.trim(), mark));
    const text = lines.map(([prefix, words]) => prefix + setMark(words, mark, !isMarked)).join("\n");
    replace(start, end, text, start, start + text.length);
  };

  // -- headings, lists and quotations --------------------------------------------------------------------------------
  const BLOCKS = {
    heading: {
      change: (lines) => {
        const level = lines.find((line) => line.trim())?.match(/^#*/)[0].length ?? 0;
        const next = { 0: "## ", 2: "### " }[level] ?? "";
        return lines.map((line) => (line.trim() || lines.length === 1 ? next + line.replace(/^#+\s*/, "") : line));
      },
    },
    list: {
      is: (line) => /^\s*[-*+]\s/.test(line),
      change: (lines) => togglePrefix(lines, /^\s*[-*+]\s+/, () => "- ", /^\s*\d+[.)]\s+/),
    },
    numbers: {
      is: (line) => /^\s*\d+[.)]\s/.test(line),
      change: (lines) => togglePrefix(lines, /^\s*\d+[.)]\s+/, (number) => `${number}. `, /^\s*[-*+]\s+/),
    },
    quotation: {
      is: (line) => /^\s*>/.test(line),
      change: (lines) => togglePrefix(lines, /^\s*>\s?/, () => "> "),
    },
  };

  // Adds the prefix to each line with text, in place of any prefix that matches `other`. If all lines already have the
  // prefix, removes it.
  const togglePrefix = (lines, pattern, prefix, other = /^$/) => {
    const used = lines.filter((line) => line.trim());
    const isOn = used.length > 0 && used.every((line) => pattern.test(line));
    let number = 0;
    return lines.map((line) => {
      if (!line.trim() && lines.length > 1) return line;
      return isOn ? line.replace(pattern, "") : prefix(++number) + line.replace(pattern, "").replace(other, "");
    });
  };

  const toggleBlock = ({ is, change }) => {
    const { selectionStart: caret, selectionEnd, value } = input;
    const isSelected = caret !== selectionEnd;
    const [start, end] = lineRange(caret, isSelected ? selectionEnd - 1 : selectionEnd);
    const old = value.slice(start, end);
    let text = change(old.split("\n")).join("\n");
    const { length } = text;
    // Without a blank line in between, the next line would become part of the list item or quotation.
    const next = value.slice(end + 1).split("\n", 1)[0];
    if (is?.(text) && next.trim() && !is(next)) text += "\n";
    if (isSelected) replace(start, end, text, start, start + length);
    else replace(start, end, text, Math.max(start, caret + length - old.length));
  };

  // -- links ---------------------------------------------------------------------------------------------------------
  let linked; // the part of the text that the link will replace, and the link's words and address

  const isAddress = (text) => /^(?:https?:\/\/|mailto:|tel:)[^\s<>]+$/i.test(text);

  // Returns the address with a scheme, encoded for Markdown, or "" if `text` is blank.
  const complete = (text) => {
    let url = text.trim();
    if (url && !/^(?:[a-z][a-z\d+.-]*:|\/|#)/i.test(url)) {
      url = /^[^\s@/]+@[^\s@/]+$/.test(url) ? `mailto:${url}` : `https://${url}`;
    }
    return url.replace(/[\s()<>\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`);
  };

  const linkOf = (words, url) => `[${words.replace(/(?<!\\)[[\]]/g, "\\$&")}](${complete(url)})`;

  // Returns the Markdown link that contains the selection, or null if there is none.
  const linkAt = (start, end) => {
    const [first, last] = lineRange(start, end);
    for (const match of input.value.slice(first, last).matchAll(LINK)) {
      const from = first + match.index;
      const to = from + match[0].length;
      if (from <= start && end <= to && (start !== end || (from < start && start < to))) {
        return { start: from, end: to, words: match[1], url: match[2], isOld: true };
      }
    }
    return null;
  };

  const openLink = () => {
    let { selectionStart: start, selectionEnd: end, value } = input;
    linked = linkAt(start, end);
    if (!linked) {
      if (start === end) {
        while (start > 0 && WORD.test(value[start - 1])) start--;
        while (end < value.length && WORD.test(value[end])) end++;
      }
      const words = value.slice(start, end);
      linked = { start, end, words: isAddress(words) ? "" : words, url: isAddress(words) ? words : "" };
    }
    address.value = linked.url;
    remover.hidden = !linked.isOld;
    linkPanel.hidden = false;
    address.focus();
    address.select();
  };

  const closeLink = () => {
    linkPanel.hidden = true;
    input.focus();
    input.setSelectionRange(linked.start, linked.end);
  };

  const setLink = () => {
    const { start, end, words, url } = linked;
    if (!address.value.trim()) return address.focus();
    linkPanel.hidden = true;
    const isBare = !words.trim();
    const text = isBare ? complete(address.value) : linkOf(words.trim(), address.value);
    const [before, after] = isBare && !url ? ["", ""] : [words.match(/^\s*/)[0], words.match(/\s*$/)[0]];
    replace(start, end, isBare ? text : before + text + after);
  };

  const removeLink = () => {
    linkPanel.hidden = true;
    const { start, end, words } = linked;
    replace(start, end, words, start, start + words.length);
  };

  linkPanel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && !(event.key === "Enter" && event.target === address)) return;
    event.preventDefault(); // Enter would submit the form
    if (event.isComposing) return;
    if (event.key === "Escape") closeLink();
    else setLink();
  });
  linkPanel.querySelector("[data-set]").addEventListener("click", setLink);
  linkPanel.querySelector("[data-close]").addEventListener("click", closeLink);
  remover.addEventListener("click", removeLink);

  // -- the toolbar: one Tab stop, and arrow keys between its buttons ------------------------------------------------
  const ACTIONS = {
    bold: () => toggleMark("**"),
    italic: () => toggleMark("*"),
    link: openLink,
    heading: () => toggleBlock(BLOCKS.heading),
    list: () => toggleBlock(BLOCKS.list),
    numbers: () => toggleBlock(BLOCKS.numbers),
    quotation: () => toggleBlock(BLOCKS.quotation),
  };

  const isUsable = (button) => !button.hidden;
  const select = (button) => {
    for (const each of buttons) each.tabIndex = each === button ? 0 : -1;
  };

  for (const button of toolbar.querySelectorAll("[data-insert-image]")) {
    button.hidden = !form.querySelector("[data-image-upload]");
  }
  select(buttons.find(isUsable));
  toolbar.addEventListener("keydown", (event) => {
    const usable = buttons.filter(isUsable);
    const place = usable.indexOf(document.activeElement);
    const steps = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 };
    if (place < 0 || !(event.key in steps)) return;
    event.preventDefault();
    const next = usable.at(steps[event.key] % usable.length);
    select(next);
    next.focus();
  });
  // Otherwise, the text would lose its selection, and a phone would close its keyboard.
  toolbar.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-format]");
    if (!button) return;
    select(button);
    ACTIONS[button.dataset.format]();
  });

  // -- keys in the text ----------------------------------------------------------------------------------------------
  const SHORTCUTS = { b: "bold", i: "italic", k: "link" };
  let withShift = false;

  input.addEventListener("keydown", (event) => {
    withShift = event.shiftKey;
    const action = SHORTCUTS[event.key.toLowerCase()];
    if (!action || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ACTIONS[action]();
  });

  // On Enter, continues a list or quotation, or ends it if the item is empty. On-screen keyboards may send no `keydown`
  // event with the key, but they send `beforeinput`.
  input.addEventListener("beforeinput", (event) => {
    if (event.inputType !== "insertLineBreak" || event.isComposing || withShift) return;
    const { selectionStart: caret, selectionEnd, value } = input;
    if (caret !== selectionEnd) return;
    const [start, end] = lineRange();
    const line = value.slice(start, end);
    const item = line.match(ITEM) ?? line.match(QUOTATION);
    if (!item || caret - start < item[0].length) return;
    event.preventDefault();
    if (!line.slice(item[0].length).trim()) {
      replace(start, end, "");
      return;
    }
    const [prefix, quotation, sign, number, dot, space, task] = item;
    const next = !sign ? prefix : `${quotation}${number ? Number(number) + 1 + dot : sign}${space}${task ? "[ ] " : ""}`;
    replace(caret, caret, `\n${next}`);
  });

  return { input, insert, replace, complete, isAddress, linkOf, linkAt };
})();
