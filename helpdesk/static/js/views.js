// Views are put in order by dragging their grips; the buttons beside them do the same by keyboard.

let dragged = null;
let from = null;
let focused = null;

const lineOf = (element) => element?.closest?.("[data-view]");

document.addEventListener("dragstart", (event) => {
  if (!event.target.closest?.("[data-grip]")) return;
  dragged = lineOf(event.target);
  from = dragged.nextElementSibling;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.view);
  event.dataTransfer.setDragImage(dragged, 16, 16);
  dragged.classList.add("dragged");
});

document.addEventListener("dragover", (event) => {
  const over = lineOf(event.target);
  if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const {top, height} = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged); else over.after(dragged);
});

document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });

document.addEventListener("dragend", () => {
  if (!dragged) return;
  const line = dragged;
  dragged = null;
  line.classList.remove("dragged");
  if (line.nextElementSibling === from) return;
  const form = line.querySelector("[data-drop]");
  form.elements.before.value = line.nextElementSibling?.dataset.view ?? "0";
  form.dispatchEvent(new Event("dropped", {bubbles: true}));
});

// The button that was pressed keeps the focus, so that one can press it again; a new row gets it.
document.addEventListener("click", (event) => { focused = event.target.closest?.("button[id]")?.id ?? null; });
document.addEventListener("htmx:after:swap", () => {
  if (!focused) return;
  const rows = document.querySelectorAll(".view-field");
  const next = focused === "add-row" ? rows[rows.length - 1] : document.getElementById(focused);
  if (next && document.activeElement !== next) next.focus();
  else if (!next && focused.startsWith("remove-")) document.getElementById("add-row")?.focus();
  focused = null;
});

// What is ticked in a menu of choices stands on its button at once.
document.addEventListener("change", (event) => {
  const menu = event.target.closest(".view-choices");
  if (!menu) return;
  const ticked = [...menu.querySelectorAll("input:checked")].map((input) => input.parentElement.textContent.trim());
  const chips = ticked.map((text) => Object.assign(document.createElement("span"), {className: "chip", textContent: text}));
  menu.querySelector(".view-chosen").replaceChildren(...(chips.length ? chips : ["Choose…"]));
  const summary = menu.querySelector("summary");
  summary.setAttribute("aria-label", summary.getAttribute("aria-label").replace(/\d+ chosen/, `${ticked.length} chosen`));
});
