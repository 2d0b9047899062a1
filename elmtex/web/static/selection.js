// Which rows are chosen: one, or several by Shift or Ctrl; and the cell that the arrow keys have reached.
(() => {
  const { $, all, idsOf, rowOf, wordsOf, showRow, showSpan } = window.elmtex;
  let current = null; // the chosen row's id
  let several = new Set(); // ids of rows that are chosen with it
  let anchor = null; // where a range of rows began

  const rows = () => all("tr[data-verdict]").filter((row) => row.offsetParent !== null);
  const named = (id) => $(`tr[data-row="${CSS.escape(id ?? "")}"]`);
  const row = () => named(current);
  const chosen = () => {
    const list = [...several].map(named).filter(Boolean);
    const one = row();
    return one && !list.includes(one) ? [...list, one] : list;
  };

  // The looks of what is chosen, also after gradio has rendered it anew.
  const restore = () => {
    const list = chosen();
    const lit = new Set(list.flatMap((one) => [one, ...wordsOf(one)]));
    all(".chosen").forEach((element) => lit.has(element) || element.classList.remove("chosen"));
    lit.forEach((element) => element.classList.add("chosen"));
    all("button.item[aria-pressed]").forEach((button) => {
      const pressed = String(list.includes(button.closest("tr")));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    });
  };
  const count = () => {
    const said = $("#elmtex-review")?.dataset.selected;
    const many = chosen().length;
    if (said) window.elmtex.tell(many > 1 ? said.replace("{count}", many) : "");
  };

  // Which words of which row: the keyboard goes there as well.
  const choose = (one, { focus = true, show = true } = {}) => {
    if (!one) return;
    window.elmtex.unfold?.(one);
    if (several.size) {
      several = new Set();
      window.elmtex.tell("");
    }
    current = anchor = one.dataset.row;
    restore();
    if (focus) one.querySelector("button.item")?.focus({ preventScroll: true });
    one.scrollIntoView({ block: "nearest" });
    if (show) showRow(one);
  };
  const extend = (to) => {
    const list = rows();
    const from = list.findIndex((one) => one.dataset.row === (anchor ?? current));
    const end = list.indexOf(to);
    if (from < 0 || end < 0) return choose(to);
    several = new Set(list.slice(Math.min(from, end), Math.max(from, end) + 1).map((one) => one.dataset.row));
    current = to.dataset.row;
    restore();
    to.querySelector("button.item")?.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
    showRow(to);
    count();
  };
  const toggle = (one) => {
    const id = one.dataset.row;
    if (current && current !== id) several.add(current);
    if (!several.delete(id)) several.add(id);
    current = anchor = several.has(id) ? id : ([...several].at(-1) ?? null);
    restore();
    count();
  };
  const leave = () => {
    if (several.size) window.elmtex.tell("");
    several = new Set();
    restore();
  };
  const step = (by, extending) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((one) => one.dataset.row === current);
    const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1);
    if (extending && at >= 0) extend(list[next]);
    else choose(list[next]);
  };
  // The next row that passes, after the chosen ones, and from the beginning again.
  const next = (passes) => {
    const list = rows();
    const last = Math.max(...chosen().map((one) => list.indexOf(one)), -1);
    return [...list.slice(last + 1), ...list.slice(0, Math.max(last, 0))].find(passes) ?? null;
  };
  // Along the row: its words, then its cells.
  const along = (by) => {
    const one = row();
    if (!one) return;
    const stops = [...one.querySelectorAll("button.item, button.cell")];
    const at = stops.indexOf(document.activeElement);
    const stop = stops[Math.min(Math.max((at < 0 ? 0 : at) + by, 0), stops.length - 1)];
    stop.focus({ preventScroll: true });
    if (stop.matches(".cell")) showSpan(stop.dataset.at);
    else showRow(one);
  };

  document.addEventListener("mousedown", (event) => {
    // Shift and a click would select the page's text.
    if (event.shiftKey && event.target.closest?.("tr[data-verdict]")) event.preventDefault();
  });
  // The row whose words these are: the innermost that is not rejected, though the report still shows it until the answer.
  const rowAt = (element) => {
    const words = element?.closest?.("[data-items]:not(.off)");
    if (!words) return element?.closest?.("tr[data-row]");
    const found = words.dataset.items.split(" ").map(rowOf).find((one) => one && one.dataset.verdict !== "rejected");
    return found ?? rowAt(words.parentElement);
  };
  document.addEventListener("click", (event) => {
    // Words were selected inside an item's: they are to be added, and the item is not meant.
    if (event.target.closest?.("#elmtex-report") && window.elmtex.selected()) return;
    const one = rowAt(event.target);
    const go = event.target.closest?.("[data-go]");
    if (go) choose(named(go.dataset.go), { focus: false });
    if (!one || event.target.closest?.("[data-edit-item]")) return one && choose(one, { focus: false });
    const decides = event.target.closest?.(".actions button, .kind button, select");
    if (event.shiftKey && !decides) extend(one);
    else if ((event.ctrlKey || event.metaKey) && !decides) toggle(one);
    else if (decides && chosen().includes(one) && several.size) return;
    else {
      const cell = event.target.closest?.("button.cell");
      choose(one, { focus: false, show: !cell });
      if (cell) showSpan(cell.dataset.at);
    }
  });
  const forget = () => {
    current = anchor = null;
    several = new Set();
  };
  Object.assign(window.elmtex, { rows, row, chosen, choose, step, next, along, leave, forget, restoreSelection: restore, ids: () => chosen().flatMap(idsOf) });
})();
