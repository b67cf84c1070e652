// What plain HTML and htmx leave open: menus and dialogs that close, toasts that go, clocks that run, drafts that stay.

const LARGEST = 20 * 1024 * 1024;
const TOAST_STAYS = 6000;

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

// ---- Toasts

function ageToast(toast) {
  if (toast.dataset.aging) return;
  toast.dataset.aging = "true";
  if (toast.classList.contains("toast-error")) return; // stays until it was read
  let timer = setTimeout(() => toast.remove(), TOAST_STAYS);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => { timer = setTimeout(() => toast.remove(), TOAST_STAYS); });
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

function showFiles(input) {
  const files = [...input.files];
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const label = input.form.querySelector("[data-attached]");
  const names = files.map((file) => file.name).join(", ");
  input.setCustomValidity(total > LARGEST ? "too large" : "");
  label.textContent = total > LARGEST
    ? `${names}: ${(total / 1e6).toFixed(1)} MB. A message takes up to 20 MB; take a smaller file, or send a link.` : names;
  label.classList.toggle("error", total > LARGEST);
}

function refresh(root = document) {
  each("[data-toast]", ageToast, root.parentNode ?? root);
  each("textarea[data-draft]", restoreDraft);
  const head = document.querySelector("[data-title]");
  if (head) document.title = head.dataset.title;
  readClock();
  showTime();
  showAges();
}

// ---- Listening

document.addEventListener("click", (event) => {
  const menu = event.target.closest("details[data-menu]");
  closeMenus(menu);
  if (event.target.closest("[data-close-toast]")) event.target.closest("[data-toast]").remove();
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

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-files]")) showFiles(event.target);
});

// A page that nobody sees does not ask for news.
document.addEventListener("htmx:config:request", (event) => {
  if (document.hidden && event.detail.ctx.sourceEvent?.type === "every") event.preventDefault();
});

document.addEventListener("htmx:after:request", (event) => {
  const {sourceElement, request, response} = event.detail.ctx;
  if (request.method !== "POST") return;
  closeMenus(null);
  if (dialog()?.contains(sourceElement)) dialog().close();
  if (response.status >= 400) return;
  each("[data-clear]", (input) => { input.value = ""; }, sourceElement);
  const area = sourceElement.form?.querySelector("textarea[data-draft]");
  if (area) sessionStorage.removeItem(draftKey(area));
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target === dialog() && !dialog().open) dialog().showModal();
  refresh();
});

// No connection: what is on the page stays, and the person learns that it is not fresh.
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.sourceEvent?.type === "every" || event.detail.ctx?.response) return;
  const toast = document.createElement("div");
  toast.className = "toast toast-error";
  toast.dataset.toast = "";
  toast.setAttribute("role", "alert");
  toast.append(Object.assign(document.createElement("p"), {
    className: "toast-said",
    textContent: "The desk did not answer, so nothing was done. Check your connection and try again.",
  }));
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), TOAST_STAYS);
});

// A menu that somebody has open stays open while the ticket around it is made fresh.
window.htmx?.registerExtension("keep-open", {
  htmx_before_morph_attr: (element, {attrName, newValue}) =>
    !(attrName === "open" && newValue === null && element.matches("details")),
});

refresh();
each("[data-thread]", (thread) => { if (!location.hash) thread.scrollTop = thread.scrollHeight; });
setInterval(showTime, 1000);
setInterval(showAges, 15000);
