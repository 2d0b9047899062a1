// The cell's form: changes, adds or takes out an attribute of an item. Words selected in the report go into it.
(() => {
  const page = window.elmtex;
  const { $ } = page;
  let part; // {item, type, at, text} of the cell that is edited
  let span = null; // the offsets of the words, where they were selected

  const form = () => $("#elmtex-cell form");
  const open = (button) => {
    part = JSON.parse(button.dataset.part);
    span = button.dataset.at ? button.dataset.at.split(" ").map(Number) : null;
    page.openDialog("#elmtex-cell", draw);
    form().elements.text.value = part.text;
    form().elements.text.select();
  };
  // Also after gradio has rendered the form anew, closed and empty.
  const draw = (dialog) => {
    const edit = JSON.parse(page.rowOf(part.item)?.dataset.edit ?? "{}");
    const types = JSON.parse(dialog.dataset.types)[edit.category] ?? [];
    const menu = form().elements.type;
    menu.replaceChildren(...types.map(([key, title]) => new Option(title, key)));
    if (part.type) menu.value = part.type;
    dialog.querySelector("[data-choice]").hidden = Boolean(part.type);
    dialog.querySelector("[data-remove]").hidden = !part.text;
    const title = types.find(([key]) => key === part.type)?.[1] ?? dialog.dataset.new;
    $("#elmtex-cell-title").textContent = `${title}: ${edit.text ?? ""}`;
    return form().elements.text;
  };

  const editing = () => page.dialogOpen("#elmtex-cell");
  const close = () => page.closeDialog("#elmtex-cell");
  const save = (text) => {
    const type = part.type ?? form().elements.type.value;
    const [start, end] = (text && span) || [null, null];
    const { item, at, text: was } = part;
    close();
    if (text !== was) page.act({ do: "cell", item, type, at, was, text, start, end });
    page.row()?.querySelector("button.item")?.focus({ preventScroll: true });
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.closest?.("#elmtex-cell")) return;
    event.preventDefault();
    save(form().elements.text.value.trim());
  });
  document.addEventListener("input", (event) => {
    // Words typed by hand are looked up in the report by the server.
    if (event.target.closest?.("#elmtex-cell") && event.target.name === "text") span = null;
  });
  document.addEventListener("click", (event) => {
    const grow = event.target.closest?.("button.cell:is(.grow, .empty)");
    if (event.target.closest?.("#elmtex-cell [data-remove]")) save("");
    else if (grow) open(grow);
  });
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest?.("button.cell[data-part]");
    const item = event.target.closest?.("tr[data-verdict] button.item");
    if (cell) open(cell);
    else if (item) page.edit(item.closest("tr"));
  });
  document.addEventListener("selectionchange", () => {
    const words = editing() && page.selected();
    if (!words) return;
    form().elements.text.value = words.text.trim();
    span = [words.start, words.end];
  });
  Object.assign(page, { editCell: open, editingCell: editing });
})();
