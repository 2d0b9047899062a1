// The dialogs of the review screen. They are not modal: words can be selected in the report beside them. gradio renders
// attributes anew, also `open`: a dialog that a late answer has closed is opened again, else what is typed next would be
// taken for shortcuts.
(() => {
  const page = window.elmtex;
  const { $ } = page;
  const shown = new Map(); // the selector of each open dialog: what writes into it and gives it the focus

  const show = (selector) => {
    const dialog = $(selector);
    if (!dialog || dialog.open) return;
    dialog.show();
    shown.get(selector)(dialog);
  };
  const open = (selector, draw) => {
    $(selector)?.close();
    shown.set(selector, draw);
    show(selector);
  };
  const close = (selector) => {
    shown.delete(selector);
    $(selector)?.close();
    if (document.activeElement.closest(selector)) document.activeElement.blur(); // else the next keys would be words
  };
  new MutationObserver(() => [...shown.keys()].forEach(show)).observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["open"],
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && [...shown.keys()].forEach(close), true);
  document.addEventListener("click", (event) => {
    const dialog = event.target.closest?.("[data-close]")?.closest("dialog");
    if (dialog) close(`#${dialog.id}`);
  });
  Object.assign(page, { openDialog: open, closeDialog: close, dialogOpen: (selector) => shown.has(selector) });
})();
