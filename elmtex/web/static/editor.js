// The editor: adds an item from words selected in the report, or changes one.
(() => {
  const page = window.elmtex;
  const { $ } = page;
  let picked = null; // {text, start, end} of the words last selected in the report
  let editing = null; // the item's id; null adds one
  let span = null; // the offsets that belong to the words in the form
  let guessed = false; // nobody has chosen the category: it follows the words

  // Offsets are code points of the report, and the report's element holds exactly its text.
  const length = (text) => [...text].length;
  const selected = () => {
    const report = $("#elmtex-report");
    const selection = window.getSelection();
    if (!report || !selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!report.contains(range.startContainer) || !report.contains(range.endContainer)) return null;
    const before = document.createRange();
    before.setStart(report, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const text = range.toString();
    if (!text.trim()) return null;
    const start = length(before.toString());
    return { text, start, end: start + length(text), box: range.getBoundingClientRect() };
  };

  // The category that words at this place belong to first, by the heading above them.
  const categoryAt = (start) => {
    const sections = JSON.parse($("#elmtex-editor").dataset.sections);
    return sections.filter(([begin]) => start !== undefined && start !== null && begin <= start).at(-1)?.[1];
  };

  const open = (title, item) => {
    const dialog = $("#elmtex-editor");
    if (!dialog) return;
    const form = dialog.querySelector("form");
    form.elements.text.value = item.text;
    guessed = !item.category;
    form.elements.category.value = item.category ?? categoryAt(item.start) ?? "";
    form.elements.assertion.value = item.assertion ?? "present";
    span = { start: item.start ?? null, end: item.end ?? null };
    editing = item.item ?? null;
    $("#elmtex-add-here").hidden = true;
    dialog.querySelector("[data-take]").disabled = true;
    const first = title === "add" && item.text ? form.elements.category : form.elements.text;
    page.openDialog("#elmtex-editor", (dialog, field) => {
      $("#elmtex-editor-title").textContent = dialog.dataset[title];
      return field?.isConnected ? field : first;
    });
  };
  const add = () => {
    picked = selected();
    open("add", { text: "", ...(picked ?? {}) });
  };
  // The selected words as an item of a category, without the form; false where nothing is selected.
  const addTo = (category) => {
    const words = selected();
    if (!words) return false;
    const { text, start, end } = words;
    page
      .act({ do: "add", text, start, end, category, assertion: "present" })
      .then(() => page.choose(page.all('tr[data-verdict="added"]').find((row) => stands(row, start, end)), { focus: false }));
    window.getSelection().removeAllRanges();
    return true;
  };
  // Whether a row's item lies inside a selection, whose ends may be blanks.
  const stands = (row, start, end) => {
    const item = JSON.parse(row.dataset.edit);
    return item.start !== null && start <= item.start && item.end <= end;
  };
  // The next sentence from which nothing was taken is selected: its words can be added, or fewer of them.
  let sentence = -1;
  const nextSentence = () => {
    const all = page.all("#elmtex-report .in-untaken");
    if (!all.length) return;
    sentence = (sentence + 1) % all.length;
    const range = document.createRange();
    range.selectNodeContents(all[sentence]);
    const words = document.createTreeWalker(all[sentence], NodeFilter.SHOW_TEXT).nextNode();
    const bullet = words.data.match(/^\s*[-*•·–]\s+/)?.[0].length ?? 0;
    if (bullet && bullet < words.length) range.setStart(words, bullet);
    window.getSelection().removeAllRanges();
    window.getSelection().addRange(range);
    $("#elmtex-report").focus({ preventScroll: true });
    all[sentence].scrollIntoView({ block: "nearest" });
  };
  Object.assign(page, {
    selected,
    edit: (row) => open("edit", JSON.parse(row.dataset.edit)),
    add,
    addTo,
    nextSentence,
    // Another report is shown: nothing of the previous one may get into its form.
    leaveEditor: () => {
      picked = null;
      sentence = -1;
    },
  });

  document.addEventListener("selectionchange", () => {
    if (!$("#elmtex-review")) return;
    const now = selected();
    const here = $("#elmtex-add-here");
    const dialog = $("#elmtex-editor");
    if (now) picked = now;
    if (page.editingCell()) return;
    if (dialog.open) {
      if (now) dialog.querySelector("[data-take]").disabled = false;
      return;
    }
    if (!now) {
      picked = null;
      here.hidden = true;
      return;
    }
    here.hidden = false;
    here.style.left = `${Math.max(8, Math.min(now.box.left, window.innerWidth - 180))}px`;
    here.style.top = `${Math.min(now.box.bottom + 6, window.innerHeight - 48)}px`;
  });
  // Pressing the button must not clear the selection before it is used.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest?.("#elmtex-add-here, [data-take], [data-add]")) event.preventDefault();
  });
  document.addEventListener("scroll", () => {
    const here = $("#elmtex-add-here");
    if (here) here.hidden = true;
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target;
    const dialog = $("#elmtex-editor");
    if (target.closest?.("#elmtex-add-here, button[data-add]")) add();
    else if (target.closest?.("[data-edit-item]")) page.edit(target.closest("tr"));
    else if (target.closest?.("[data-take]") && picked) {
      dialog.querySelector("textarea").value = picked.text.trim();
      span = { start: picked.start, end: picked.end };
    }
  });
  document.addEventListener("input", (event) => {
    // Words typed by hand are looked up in the report by the server.
    if (!event.target.closest?.("#elmtex-editor")) return;
    const { text, category } = event.target.form.elements;
    if (event.target === category) guessed = false;
    if (event.target !== text) return;
    span = { start: null, end: null };
    if (!guessed || !text.value.trim()) return;
    const at = $("#elmtex-report").textContent.indexOf(text.value.trim());
    if (at >= 0) category.value = categoryAt(length($("#elmtex-report").textContent.slice(0, at))) ?? "";
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.closest?.("#elmtex-editor")) return;
    event.preventDefault();
    const { text, category, assertion } = event.target.elements;
    if (!text.value.trim()) {
      text.focus();
      return;
    }
    const command = { text: text.value, ...span, category: category.value, assertion: assertion.value };
    page.act(editing ? { do: "edit", item: editing, ...command } : { do: "add", ...command });
    page.closeDialog("#elmtex-editor");
    window.getSelection().removeAllRanges();
    picked = null;
  });
  // Enter saves, as in every small form; Shift and Enter begins a new line.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || !event.target.matches?.("#elmtex-editor textarea")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
})();
