// The histogram: a stretch of bars is chosen by dragging or by keys, and becomes the period; numbers go to the form.

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const drawing = () => find("[data-brush]");
const bars = () => all(".bar", drawing());

let first = -1; // where the choice began, and where it is
let here = -1;
const zooms = []; // which period was shown, and which was chosen of it, to go back

// ---- Choosing

function mark() {
  const place = Math.min(first, here);
  const width = first < 0 ? 0 : Math.abs(here - first) + 1;
  const brush = find("[data-brush-mark]");
  brush.setAttribute("x", String(Math.max(place, 0) * 10));
  brush.setAttribute("width", String(width * 10));
  bars().forEach((bar, number) => bar.classList.toggle("is-here", number === here));
  if (here < 0) return;
  const words = bars()[here].dataset.words;
  find("[data-brush-words]").textContent = width > 1 ? `${width} bars; ${words}` : words;
}

function forget() {
  first = here = -1;
  if (drawing()) mark();
}

function barAt(event) {
  const box = drawing().getBoundingClientRect();
  const place = Math.floor(((event.clientX - box.left) / box.width) * bars().length);
  return Math.max(0, Math.min(place, bars().length - 1));
}

document.addEventListener("pointerdown", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("[data-brush]") || event.button !== 0) return;
  drawing().setPointerCapture(event.pointerId);
  first = here = barAt(event);
  mark();
});

document.addEventListener("pointermove", (event) => {
  if (first < 0 || !drawing()?.hasPointerCapture(event.pointerId)) return;
  here = barAt(event);
  mark();
});

document.addEventListener("pointerup", (event) => {
  if (first < 0 || !drawing()?.hasPointerCapture(event.pointerId)) return;
  if (first === here) forget(); // a click is no stretch
  else zoom();
});

document.addEventListener("pointercancel", forget);

document.addEventListener("keydown", (event) => {
  if (!drawing() || event.target !== drawing()) return;
  const last = bars().length - 1;
  const near = here < 0; // the first arrow begins at the newest bar
  const steps = { ArrowLeft: near ? last : here - 1, ArrowRight: near ? last : here + 1, Home: 0, End: last };
  if (event.key in steps) {
    event.preventDefault();
    here = Math.max(0, Math.min(steps[event.key], last));
    if (!event.shiftKey || first < 0) first = here;
    mark();
  } else if (event.key === "Enter" && here >= 0) {
    event.preventDefault();
    zoom();
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (here >= 0) forget();
    else back();
  }
});

// ---- The choice becomes the period of the form, and everything else follows from that

const fields = () => ["period", "from", "to"].map((name) => find(`#audit-form [name="${name}"]`));

function ask(period, from, to) {
  const [choice, start, end] = fields();
  choice.value = period;
  start.disabled = end.disabled = period !== "own";
  start.value = from;
  end.value = to;
  find("#audit-form").dispatchEvent(new Event("input", { bubbles: true }));
}

function zoom() {
  const chosen = bars().slice(Math.min(first, here), Math.max(first, here) + 1);
  const to = ["own", chosen[0].dataset.start, chosen.at(-1).dataset.end];
  zooms.push({ from: shown(), to });
  ask(...to);
  first = here = -1;
}

const shown = () => fields().map((field) => field?.value);

// The zoom that led to what is shown. Where another period was chosen since, there is none to go back from;
// so it is not what was answered in between that counts, for answers may come late.
const lastZoom = () => zooms.findLast((zoom) => String(zoom.to) === String(shown()));

function back() {
  const last = lastZoom();
  if (!last) return;
  zooms.length = zooms.indexOf(last);
  ask(...last.from);
}

// Beside the bars, or where a stretch held nothing and so has none.
function offerWayBack() {
  isLost ||= !lastZoom() && document.activeElement?.matches("[data-brush-back]");
  for (const way of all("[data-brush-back]")) way.hidden = !lastZoom();
  const wayOut = find(".nothing [data-brush-back]");
  if (!drawing() && wayOut?.checkVisibility()) refocusOn(wayOut);
}

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-brush-back]")) back();
});

// ---- Who chose by keys goes on by keys: answers swap the bars away, and the next ones may come a moment later

let isLost = false; // whether what had the focus was taken away

document.addEventListener("htmx:before:swap", () => {
  isLost ||= document.activeElement?.matches("[data-brush], [data-brush-back]");
});

function refocusOn(place) {
  if (isLost) place.focus({ preventScroll: true });
  isLost = false;
}

// ---- What was counted

document.addEventListener("htmx:after:swap", () => {
  isLost &&= document.activeElement === document.body;
  if (drawing() && !drawing().dataset.met) {
    drawing().dataset.met = "true";
    first = here = -1;
    refocusOn(drawing());
  }
  offerWayBack();
  for (const counts of all("[data-counts]")) {
    for (const place of all(`[data-count^="${counts.dataset.counts}:"]`)) place.textContent = counts.dataset.rest;
    for (const number of counts.children) {
      const place = find(`[data-count="${counts.dataset.counts}:${number.dataset.option}"]`);
      if (place) place.textContent = number.value;
    }
    counts.remove();
  }
});

// Another question: the old numbers are no answer to it, and go before the new ones come.
document.addEventListener("input", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("#audit-form")) return;
  for (const place of all("[data-count]")) place.textContent = "";
});
