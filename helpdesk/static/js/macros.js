// The macro editor: a placeholder that is chosen comes to where one was writing.

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-insert]");
  if (!choice) return;
  const area = document.getElementById(choice.dataset.into);
  area.setRangeText(`{{${choice.dataset.insert}}}`, area.selectionStart, area.selectionEnd, "end");
  choice.closest("details").open = false;
  area.focus();
  area.dispatchEvent(new Event("input", {bubbles: true}));
});
