// Copies and saves exports.
(() => {
  const { $ } = window.elmtex;
  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https, as in a local network, the clipboard API is not available; execCommand still works.
      const box = document.createElement("textarea");
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    const label = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = label), 1500);
  };

  const TYPES = {
    json: "application/json",
    jsonl: "application/jsonl;charset=utf-8",
    ndjson: "application/fhir+ndjson;charset=utf-8",
    csv: "text/csv;charset=utf-8",
    html: "text/html;charset=utf-8",
    pdf: "application/pdf",
  };
  const save = (name, text) => {
    const link = document.createElement("a");
    const mark = name.endsWith(".csv") ? "\ufeff" : ""; // byte order mark: Excel recognises UTF-8 by it
    // A PDF comes as Base64: the answer is text.
    const parts = name.endsWith(".pdf") ? [Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0))] : [mark, text];
    link.href = URL.createObjectURL(new Blob(parts, { type: TYPES[name.split(".").pop()] }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  // The server makes a review's file at the click, after all earlier clicks: the page may be older than the last
  // decision. An incomplete document has no decisions yet and is taken from the page.
  const handOut = async (button) => {
    const shown = button.closest(".document").querySelector("pre");
    const file = button.dataset.file
      ? await window.elmtex.send(JSON.parse(button.dataset.file))
      : { name: button.dataset.download, text: shown.textContent };
    if (file?.name === undefined) return; // the server says why
    if ("copy" in button.dataset) copy(button, file.text);
    else save(file.name, file.text);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy], [data-download]");
    if (button) handOut(button);
    else if (event.target.closest?.("[data-print]"))
      window.elmtex.sent().then(() => window.elmtex.moment(100)).then(() => $("#elmtex-summary")?.contentWindow.print());
  });
  window.elmtex.save = save;
  window.elmtex.export = () => $(".document button[data-download][data-file]")?.click();
})();
