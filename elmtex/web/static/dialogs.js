// The dialogs of the review screen. They are not modal: words can be selected in the report beside them. gradio renders
// attributes anew, also `open`: a dialog that a late answer has closed is opened again, else what is typed next would be
// taken for shortcuts.
(() => {
  const page = window.elmtex;
  const { $ } = page;
  const shown = new Map(); // by the selector of each open dialog: {draw, field}, what writes into it, and where its focus is
  let showing = false; // the browser gives the focus to the first field, which nobody chose

  const show = (selector) => {
    const dialog = $(selector);
    if (!dialog || dialog.open) return;
    const one = shown.get(selector);
    showing = true;
    dialog.show();
    showing = false;
    one.field = one.draw(dialog, one.field) ?? one.field;
    one.field?.focus();
  };
  const open = (selector, draw) => {
    if (!$(selector)) return;
    $(selector).close();
    shown.set(selector, { draw, field: null });
    show(selector);
  };
  const close = (selector) => {
    shown.delete(selector);
    $(selector)?.close();
    $(`${selector} form`)?.reset(); // a patient's words
    if (document.activeElement?.closest(selector)) document.activeElement.blur(); // else the next keys would be words
  };
  const closeAll = () => [...shown.keys()].forEach(close);
  document.addEventListener("focusin", (event) => {
    const one = shown.get(`#${event.target.closest?.("dialog")?.id}`);
    if (one && !showing) one.field = event.target;
  });
  new MutationObserver(() => [...shown.keys()].forEach(show)).observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["open"],
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeAll(), true);
  document.addEventListener("click", (event) => {
    const dialog = event.target.closest?.("[data-close]")?.closest("dialog");
    if (dialog) close(`#${dialog.id}`);
  });
  // `draw(dialog, field)` returns the field to focus; `field` is the one that had the focus, null at first.
  Object.assign(page, { openDialog: open, closeDialog: close, closeDialogs: closeAll, dialogOpen: (selector) => shown.has(selector) });
})();
