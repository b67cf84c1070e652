// The list and the ticket beside it: which row is open, which are selected, which tickets wait to be shown, and Back.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const pane = () => document.getElementById("ticket-pane");
const bulk = () => document.querySelector("[data-bulk]");

// ---- The row that is open

const openNumber = () => location.pathname.match(/^\/tickets\/(\d+)$/)?.[1];

function showOpen() {
  const number = openNumber();
  for (const link of all(".row-link[aria-current]")) {
    if (link.closest("[data-row]").dataset.row !== number) link.removeAttribute("aria-current");
  }
  const row = number && document.getElementById(`row-${number}`);
  row?.querySelector(".row-link").setAttribute("aria-current", "true");
  row?.scrollIntoView({block: "nearest"});
}

function closeTicket() {
  const empty = document.getElementById("nothing-open");
  if (!empty) return;
  pane().replaceChildren(empty.content.cloneNode(true));
  const desk = document.querySelector("[data-desk]");
  if (desk) document.title = desk.dataset.title;
  showOpen();
}

// ---- Back and forward: the list stays as it is, with its place, its rows and what is selected in it

let listed = location.search;

document.addEventListener("htmx:before:history:restore", (event) => {
  const path = new URL(event.detail.path, location.href);
  if (!pane() || path.search !== listed || !/^\/tickets(\/\d+)?$/.test(path.pathname)) return;
  event.preventDefault();
  if (openNumber()) window.htmx.ajax("GET", path.pathname + path.search, {target: "#ticket-pane", swap: "innerHTML"});
  else closeTicket();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-to-list]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || new URL(link.href).search !== listed) return;
  event.preventDefault();
  const row = document.querySelector(".row-link[aria-current]");
  history.pushState({htmx: true}, "", link.href);
  closeTicket();
  row?.focus();
});

// ---- Selecting

let last = null; // the box that was ticked last; with Shift everything up to the next one is ticked, too

const boxes = () => all("[data-select]");
const ticked = () => boxes().filter((box) => box.checked);

function showSelection() {
  if (!bulk()) return;
  const isAll = bulk().querySelector("[data-all]").value === "yes";
  const count = ticked().length;
  bulk().dataset.count = isAll ? "1" : String(count);
  bulk().querySelector("[data-selected]").textContent =
    isAll ? bulk().querySelector("[data-select-all]").dataset.selectAll : `${count} selected`;
  bulk().classList.toggle("bulk-all", isAll);
}

function select(chosen, checked = true) {
  for (const box of chosen) box.checked = checked;
  if (bulk()) bulk().querySelector("[data-all]").value = "";
  showSelection();
}

function clearSelection() {
  last = null;
  select(boxes(), false);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-select]");
  if (box) {
    const every = boxes();
    if (event.shiftKey && last?.isConnected) {
      const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((one, other) => one - other);
      for (const between of every.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    select([]);
  } else if (event.target.closest("[data-select-shown]")) {
    select(boxes());
  } else if (event.target.closest("[data-select-none]")) {
    clearSelection();
  } else if (event.target.closest("[data-select-all]")) {
    select(boxes());
    bulk().querySelector("[data-all]").value = "yes";
    showSelection();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.target.closest("input:not([type=checkbox]), textarea, details[open], dialog[open]")) return;
  if (bulk()?.dataset.count > 0) clearSelection();
});

// Enter in a field of the bar presses the button that belongs to it, not the first of the form.
document.addEventListener("keydown", (event) => {
  const field = event.target.closest("[data-bulk] [data-default]");
  if (event.key !== "Enter" || !field) return;
  event.preventDefault();
  field.closest(".menu-panel").querySelector(field.dataset.default)?.click();
});

// ---- Tickets that wait to be shown

function countWaiting() {
  const pill = document.querySelector("[data-pill]");
  if (!pill) return;
  const missing = pill.dataset.waiting.split(",").filter((number) => number && !document.getElementById(`row-${number}`));
  pill.hidden = !missing.length && !("more" in pill.dataset);
  pill.textContent = "more" in pill.dataset ? "Many new or changed: show" : `${missing.length} new or changed: show`;
  if (!pill.hidden && isLeftAlone()) pill.click();
}

// Nothing moves under the eye: only a list that stands at its top, and in which nobody is at work, takes in what is new.
function isLeftAlone() {
  const list = document.getElementById("list-pane");
  const isScrolled = window.scrollY > 0 || list.querySelector("[data-list]").scrollTop > 0;
  const isInUse = list.matches(":hover") || list.contains(document.activeElement) || ticked().length > 0;
  return !isScrolled && !isInUse && !list.querySelector("details[open]");
}

// ---- After each answer

document.addEventListener("htmx:after:request", (event) => {
  const {request, response} = event.detail.ctx;
  const isBulk = request.method === "POST" && request.action.endsWith("/tickets/bulk");
  if (isBulk && response.status < 400 && !response.headers.get("HX-Retarget")) clearSelection();
});

document.addEventListener("htmx:after:swap", (event) => {
  const {target} = event.detail.ctx;
  if (target?.id === "list-pane") {
    last = null;
    listed = location.search;
  }
  if (target?.id === "ticket-pane" || target?.id === "list-pane") showOpen();
  showSelection();
  countWaiting();
});

document.addEventListener("htmx:after:history:push", () => {
  if (!openNumber()) closeTicket();
});

showOpen();
showSelection();
