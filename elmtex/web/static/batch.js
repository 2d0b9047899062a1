// The table of many reports: filters by status, category and low confidence. Other tabs have tables of its look.
(() => {
  const chosen = { status: "", category: "", low: false };
  const filter = () => {
    document.querySelectorAll("#elmtex-many table.batch tbody tr").forEach((row) => {
      const fits =
        (!chosen.status || row.dataset.status === chosen.status) &&
        (!chosen.category || row.dataset.categories.split(" ").includes(chosen.category)) &&
        (!chosen.low || row.dataset.low === "1");
      if (row.hidden === fits) row.hidden = !fits;
    });
  };
  document.addEventListener("change", (event) => {
    const field = event.target.dataset?.filter;
    if (!field) return;
    chosen[field] = field === "low" ? event.target.checked : event.target.value;
    filter();
  });
  // The table is rendered again after each report; the filters stay.
  new MutationObserver(() => {
    document.querySelectorAll("[data-filter]").forEach((field) => {
      const value = chosen[field.dataset.filter];
      if (field.type === "checkbox") field.checked = value;
      else if (![...field.options].some((option) => option.value === value)) chosen[field.dataset.filter] = "";
      else if (field.value !== value) field.value = value;
    });
    filter();
  }).observe(document, { childList: true, subtree: true });
})();
