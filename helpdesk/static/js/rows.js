// Rows of a form that can be added, removed and moved: headers of a call, lines of a card.

document.querySelectorAll("[data-rows]").forEach((group) => {
  const list = group.querySelector("[data-rows-list]");
  const template = group.querySelector("[data-rows-template]");
  const add = group.querySelector("[data-rows-add]");
  const changed = () => group.dispatchEvent(new Event("change", {bubbles: true}));
  const show = (root) => root.querySelectorAll("[data-row-remove], [data-row-move]").forEach((button) => { button.hidden = false; });
  show(list);
  add.hidden = false;
  add.addEventListener("click", () => {
    list.append(template.content.cloneNode(true));
    const row = list.lastElementChild;
    show(row);
    row.querySelector("input, select").focus();
  });
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    if (event.target.closest("[data-row-remove]")) {
      const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("input") ?? add;
      row.remove();
      next.focus();
      changed();
    }
    const move = event.target.closest("[data-row-move]");
    if (move) {
      const up = move.dataset.rowMove === "up";
      const other = up ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return;
      if (up) other.before(row); else other.after(row);
      move.focus();
      changed();
    }
  });
});
