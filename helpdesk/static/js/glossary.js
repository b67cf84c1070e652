// The cards' own hands: a call is copied with one press.

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  if (!button) return;
  await navigator.clipboard.writeText(button.closest("figure").querySelector("pre").textContent);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
