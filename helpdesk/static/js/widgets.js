// The cards are put in order by dragging their grips; the buttons beside them do the same by keyboard.

let dragged = null;
let focused = null;

const list = () => document.querySelector("[data-arranging]");
const rowOf = (element) => element?.closest?.("[data-arranged]");

function save() {
  const form = document.querySelector("[data-arranging-form]");
  const inputs = [...form.querySelectorAll("[name=widget]")];
  const order = [...list().children].map((row) => row.dataset.arranged);
  if (order.every((number, place) => inputs[place].value === number)) return;
  order.forEach((number, place) => { inputs[place].value = number; });
  form.dispatchEvent(new Event("arranged", {bubbles: true}));
}

document.addEventListener("dragstart", (event) => {
  if (!event.target.closest?.("[data-grip]")) return;
  dragged = rowOf(event.target);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.arranged);
  event.dataTransfer.setDragImage(dragged, 16, 16);
  dragged.classList.add("dragged");
});

document.addEventListener("dragover", (event) => {
  const over = rowOf(event.target);
  if (!dragged || !over) return;
  event.preventDefault();
  if (over === dragged) return;
  // A row gives way as soon as a quarter of it is covered, to the side whence the dragged one comes.
  const {top, height} = over.getBoundingClientRect();
  const down = dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
  if (down && event.clientY > top + height / 4) over.after(dragged);
  if (!down && event.clientY < top + 3 * height / 4) over.before(dragged);
});

document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });

document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("dragged");
  dragged = null;
  save();
});

// After a move the button that was pressed keeps the focus, so that one can press it again.
document.addEventListener("submit", (event) => { focused = event.submitter?.id ?? null; });
document.addEventListener("htmx:after:swap", () => {
  if (focused) document.getElementById(focused)?.focus();
});
