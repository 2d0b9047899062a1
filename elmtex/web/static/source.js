// Where something stands in the report: lights up an item's words or a cell's, brings them into view, and finds back.
// It only reads what templates/ wrote and never turns text into markup.
(() => {
  const { $, all } = window.elmtex;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const idsOf = (row) => row.dataset.ids?.split(" ") ?? [row.dataset.row];
  const rowOf = (id) => $(`tr[data-ids~="${CSS.escape(id)}"], tr[data-row="${CSS.escape(id)}"]`);
  const wordsOf = (row) => idsOf(row).flatMap((id) => all(`[data-items~="${CSS.escape(id)}"]`));

  const bring = (top, height) => {
    const frame = $("#elmtex-report");
    const inside = top - frame.getBoundingClientRect().top;
    // Scroll the report only, and the page no further than is needed to show it.
    if (inside < 0 || inside + height > frame.clientHeight)
      frame.scrollTo({ top: frame.scrollTop + inside - frame.clientHeight / 3, behavior: "auto" });
    frame.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  };
  // Offsets are code points of the report, and the report's element holds exactly its text.
  const rangeOf = (start, end) => {
    const walker = document.createTreeWalker($("#elmtex-report"), NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let seen = 0, node; (node = walker.nextNode()); ) {
      const points = [...node.data];
      const place = (offset) => points.slice(0, offset - seen).join("").length;
      if (seen <= start && start < seen + points.length) range.setStart(node, place(start));
      if (seen < end && end <= seen + points.length) {
        range.setEnd(node, place(end));
        return range;
      }
      seen += points.length;
    }
    return null;
  };
  const mark = (name, range) => (range ? CSS.highlights?.set(name, new Highlight(range)) : CSS.highlights?.delete(name));
  // Words that are no item of their own: a cell's, or a sentence's.
  const showSpan = (at, name = "elmtex-cell") => {
    const [start, end] = at ? at.split(" ").map(Number) : [];
    const range = end ? rangeOf(start, end) : null;
    mark(name, range);
    if (!range) return;
    const box = range.getBoundingClientRect();
    bring(box.top, box.height);
  };
  const showRow = (row) => {
    mark("elmtex-cell", null);
    const words = wordsOf(row)[0];
    if (!words) return;
    const box = words.getBoundingClientRect();
    bring(box.top, box.height);
  };

  const light = (elements, on) => elements.forEach((element) => element.classList.toggle("lit", on));
  const point = (event, on) => {
    const row = event.target.closest?.("button.item")?.closest("tr");
    const words = event.target.closest?.("[data-items]");
    if (row) light([row, ...wordsOf(row)], on);
    else if (words)
      words.dataset.items.split(" ").forEach((id) => {
        const found = rowOf(id);
        if (found) light([found, ...wordsOf(found)], on);
      });
  };
  for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]])
    document.addEventListener(name, (event) => point(event, on));

  Object.assign(window.elmtex, { idsOf, rowOf, wordsOf, rangeOf, showSpan, showRow });
})();
