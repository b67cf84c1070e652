// What forms for choosing leave open: a list that narrows while one types, a colour that is mixed.

document.querySelectorAll("[data-narrowing]").forEach((group) => {
  const find = group.querySelector("[data-narrow]");
  const options = [...group.querySelectorAll("[data-option]")];
  const count = () => {
    const ticked = group.querySelectorAll("input[type=checkbox]:checked").length;
    group.querySelector("[data-ticked]").textContent = ticked === 1 ? "1 chosen" : `${ticked} chosen`;
  };
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const option of options) option.hidden = !option.dataset.option.toLowerCase().includes(wanted);
    group.querySelector("[data-none]").hidden = options.some((option) => !option.hidden);
  });
  // Enter looks for somebody; it saves nothing.
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  group.addEventListener("change", count);
  group.querySelector("[data-narrowing-head]").hidden = false;
  count();
});

document.querySelectorAll("[data-swatches]").forEach((swatches) => {
  const own = swatches.querySelector("[data-own]");
  const mixed = swatches.querySelector("[data-mixed]");
  const takeOwn = () => { own.checked = true; };
  mixed.addEventListener("input", takeOwn);
  if (mixed.value !== mixed.defaultValue) takeOwn(); // mixed before this was loaded
});
