// What plain HTML and htmx leave open: menus and dialogs that close, toasts that go, clocks that run, drafts that stay.

const TOAST_STAYS = 6000;
const MOST_TOASTS = 2; // more would lie on what is to be pressed next

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

// ---- Time

let anchor = null;

function readClock() {
  const face = document.querySelector("[data-desk-clock]");
  if (!face) return;
  anchor = {at: Date.parse(face.dateTime), rate: Number(face.dataset.rate), zone: face.dataset.zone, seen: performance.now()};
}

function deskNow() {
  return anchor ? anchor.at + (performance.now() - anchor.seen) * anchor.rate : Date.now();
}

function showTime() {
  const face = document.querySelector("[data-desk-clock]");
  if (!face || !anchor) return;
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: anchor.zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  }).formatToParts(new Date(deskNow()));
  const part = (type) => parts.find((piece) => piece.type === type)?.value ?? "";
  const text = `${part("weekday")} ${part("day")} ${part("month").slice(0, 3)} ${part("hour")}:${part("minute")}`;
  if (face.textContent !== text) face.textContent = text;
}

function showAges() {
  each("time[data-ago]", (time) => {
    const seconds = (deskNow() - Date.parse(time.dateTime)) / 1000;
    const text = seconds < 60 ? "now" : seconds < 3600 ? `${Math.floor(seconds / 60)} min`
      : seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : seconds < 604800 ? `${Math.floor(seconds / 86400)} d` : null;
    if (text && time.textContent !== text) time.textContent = text;
  });
}

function showUntil() {
  each("[data-until]", (word) => {
    const seconds = (Date.parse(word.dataset.until) - deskNow()) / 1000;
    const [length, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([size]) => seconds >= size) ?? [1, "s"];
    const text = seconds <= 0 ? "now" : `in ${Math.floor(seconds / length)} ${unit}`;
    if (word.textContent !== text) word.textContent = text;
  });
}

// ---- Toasts

function ageToast(toast) {
  if (toast.dataset.aging) return;
  toast.dataset.aging = "true";
  if (toast.matches(".toast-error, :has([data-stays-to-be-read])")) return; // until somebody has read it
  let timer;
  const leave = () => { timer = setTimeout(() => dropToast(toast), toast.querySelector("[data-undo]") ? TOAST_STAYS * 2 : TOAST_STAYS); };
  leave();
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", leave);
  toast.addEventListener("focusin", () => clearTimeout(timer));
}

// What can be undone can be undone by key after its toast is gone, too.
function dropToast(toast) {
  const undo = toast.querySelector("[data-undo]");
  if (undo) {
    let holder = document.getElementById("last-undo");
    if (!holder) {
      holder = Object.assign(document.createElement("div"), {id: "last-undo", hidden: true});
      document.body.append(holder);
    }
    holder.replaceChildren(undo);
  }
  toast.remove();
}

// ---- Menus and the dialog

function closeMenus(except) {
  each("details[data-menu][open]", (menu) => { if (menu !== except && !menu.contains(except)) menu.open = false; });
}

const dialog = () => document.getElementById("dialog");

// ---- Drafts: what is being written survives a reload, and is forgotten once it was sent

const draftKey = (area) => `draft:${area.dataset.draft}`;

function restoreDraft(area) {
  if (area.dataset.restored) return;
  area.dataset.restored = "true";
  const kept = sessionStorage.getItem(draftKey(area));
  if (kept && !area.value) area.value = kept;
}

function refresh(root = document) {
  each("[data-toast]", ageToast, root.parentNode ?? root);
  [...document.querySelectorAll("[data-toast]:not(.toast-error)")].slice(0, -MOST_TOASTS).forEach((toast) => toast.remove());
  each("textarea[data-draft]", restoreDraft);
  const head = document.querySelector("#ticket-head[data-title]") ?? document.querySelector("[data-title]");
  if (head) document.title = head.dataset.title;
  readClock();
  showTime();
  showAges();
  showUntil();
}

// ---- Listening

document.addEventListener("click", (event) => {
  const menu = event.target.closest("details[data-menu]");
  if (!event.target.closest("#toasts")) closeMenus(menu); // Undo brings back what was shown there
  if (event.target.closest("[data-close-toast]")) dropToast(event.target.closest("[data-toast]"));
  if (event.target.closest("[data-close-dialog]") && dialog()?.open) {
    event.preventDefault();
    dialog().close();
  }
  if (event.target === dialog()) dialog().close(); // the backdrop
  const drawer = document.querySelector("[data-drawer][open]");
  if (drawer && !drawer.contains(event.target)) drawer.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details[data-menu][open]");
    if (open) {
      event.preventDefault(); // it closes the menu, and nothing else
      open.open = false;
      open.querySelector("summary").focus();
    }
    if (event.target.matches?.("[data-revert]")) {
      event.target.form.reset();
      event.target.blur();
    }
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const composer = event.target.closest?.("[data-composer]");
    const button = composer && [...composer.querySelectorAll("[data-send]")].find((each) => each.checkVisibility());
    button?.click();
  }
});

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-draft]")) sessionStorage.setItem(draftKey(event.target), event.target.value);
});

// A page that nobody sees does not ask for news, and a menu that closes not for what is in it.
document.addEventListener("htmx:config:request", (event) => {
  if (event.detail.ctx.sourceEvent?.type === "toggle" && !event.detail.ctx.sourceElement.open) event.preventDefault();
  if (document.hidden && event.detail.ctx.sourceEvent?.type === "every") event.preventDefault();
});

document.addEventListener("htmx:after:request", (event) => {
  const {sourceElement, request, response} = event.detail.ctx;
  if (request.method !== "POST" || sourceElement.matches?.("[data-only-looks]")) return;
  if (!sourceElement.matches?.("[data-stays]")) closeMenus(null);
  if (dialog()?.contains(sourceElement)) dialog().close();
  if (response.status >= 400) return;
  // What fell due meanwhile is news for the list and the ticket that are open.
  if (sourceElement.matches?.("[data-moves-clock]")) document.body.dispatchEvent(new Event("desk-moved"));
  each("[data-clear]", (input) => { input.value = ""; }, sourceElement);
  const area = sourceElement.form?.querySelector("textarea[data-draft]");
  if (area) sessionStorage.removeItem(draftKey(area));
});

document.addEventListener("htmx:after:swap", (event) => {
  const {sourceElement, target} = event.detail.ctx;
  // Not earlier: what asks must still be there when the answer comes.
  if (sourceElement?.matches("[data-undo]")) (sourceElement.closest("[data-toast]") ?? sourceElement).remove();
  if ((target === dialog() || target === "#dialog") && !dialog().open) dialog().showModal();
  if (target?.id === "ticket-pane") each("[data-thread]", showNewest, target);
  refresh();
});

// No connection: what is on the page stays, and who did something learns once that it was not done. What the page asks
// by itself is quiet: at its own times, or from where nobody can have pressed anything.
const BY_ITSELF = ["every", "load", "recount"];
const NO_ANSWER = "The desk did not answer, so nothing was done. Check your connection and try again.";

document.addEventListener("htmx:error", (event) => {
  const {sourceElement, sourceEvent, request, response} = event.detail.ctx ?? {};
  if (response || BY_ITSELF.includes(sourceEvent?.type)) return;
  if (request?.method === "GET" && sourceElement.matches?.("[hidden]")) return;
  each("[data-no-answer]", (told) => told.remove());
  const toast = document.createElement("div");
  toast.className = "toast toast-error";
  toast.dataset.toast = "";
  toast.dataset.noAnswer = "";
  toast.setAttribute("role", "alert");
  toast.append(Object.assign(document.createElement("p"), {className: "toast-said", textContent: NO_ANSWER}));
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), TOAST_STAYS);
});

// A menu that somebody has open stays open while the ticket around it is made fresh.
window.htmx?.registerExtension("keep-open", {
  htmx_before_morph_attr: (element, {attrName, newValue}) =>
    !(attrName === "open" && newValue === null && element.matches("details")),
});

// ---- The size of everything

const isBig = () => "big" in document.documentElement.dataset;

function showSize() {
  each("[data-big]", (button) => button.setAttribute("aria-pressed", String(isBig())), document.body);
  each("[data-big-switch]", (box) => { box.checked = isBig(); });
}

function setSize(big) {
  if (big) document.documentElement.dataset.big = "";
  else delete document.documentElement.dataset.big;
  localStorage.setItem("big", big ? "yes" : "no");
  showSize();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("button[data-big]")) setSize(!isBig());
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-big-switch]")) setSize(event.target.checked);
});

function showNewest(thread) {
  if (!location.hash) thread.scrollTop = thread.scrollHeight;
}

showSize();
refresh();
each("[data-thread]", showNewest);
setInterval(() => { showTime(); showUntil(); }, 1000);
setInterval(showAges, 15000);
