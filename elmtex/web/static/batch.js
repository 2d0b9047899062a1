// The table of many reports: search, and filters by review, status, category and low confidence.
(() => {
  const chosen = { words: "", review: "", status: "", category: "", low: false };
  const has = (row) => row.querySelector("th").textContent.toLowerCase().includes(chosen.words.trim().toLowerCase());
  const filter = () => {
    document.querySelectorAll("#elmtex-many table.batch tbody tr[data-status]").forEach((row) => {
      const fits =
        (!chosen.status || row.dataset.status === chosen.status) &&
        (!chosen.review || row.dataset.reviewIs === chosen.review) &&
        (!chosen.category || row.dataset.categories.split(" ").includes(chosen.category)) &&
        (!chosen.low || row.dataset.low === "1") &&
        (!chosen.words || has(row));
      if (row.hidden === fits) row.hidden = !fits;
    });
  };
  const choose = (event) => {
    const field = event.target.dataset?.filter;
    if (!field) return;
    chosen[field] = field === "low" ? event.target.checked : event.target.value;
    filter();
  };
  document.addEventListener("change", choose);
  document.addEventListener("input", choose);
  // The table is rendered again after each report; the filters stay, and whether the progress is unfolded.
  let unfolded = false;
  document.addEventListener(
    "toggle",
    (event) => event.target.matches?.(".progress-of-reviews") && (unfolded = event.target.open),
    true,
  );
  new MutationObserver(() => {
    document.querySelectorAll("[data-filter]").forEach((field) => {
      const value = chosen[field.dataset.filter];
      if (field.type === "checkbox") field.checked = value;
      else if (field.options && ![...field.options].some((option) => option.value === value)) chosen[field.dataset.filter] = "";
      else if (field.value !== value) field.value = value;
    });
    const progress = document.querySelector(".progress-of-reviews");
    if (progress && progress.open !== unfolded) progress.open = unfolded;
    filter();
  }).observe(document, { childList: true, subtree: true });
})();
