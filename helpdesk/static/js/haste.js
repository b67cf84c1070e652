// Hands that are faster than answers: an answer writes the form and the line, and must not take back what came after.

const find = (selector, root = document) => root.querySelector(selector);

const form = () => find("#audit-form");
const line = () => find("#audit-line");

// ---- What is on its way is no answer any more to a form that was changed since, nor to a page that went back

const stop = (asking) => asking?.dispatchEvent(new Event("htmx:abort"));

document.addEventListener("input", (event) => {
  if (event.target instanceof Element && event.target.closest("#audit-form")) stop(form());
});

document.addEventListener("htmx:before:history:restore", () => {
  stop(form());
  stop(find("#audit-ask"));
});

// ---- An answer that brings another form: until it is there, nothing can be chosen that would be lost

let bringing = null; // a refusal goes elsewhere in the end, and brings none after all

document.addEventListener("htmx:before:request", (event) => {
  const { target } = event.detail.ctx;
  if (!form() || (target !== "#audit-log" && target?.id !== "audit-log")) return;
  bringing = event.detail.ctx;
  form().inert = true;
});

document.addEventListener("htmx:finally:request", (event) => {
  if (event.detail.ctx === bringing && form()) form().inert = false;
});

// ---- Names that are being written in the list of saved searches, while another of its buttons brings it anew

let names = new Map();

document.addEventListener("htmx:before:swap", (event) => {
  if (event.detail.ctx.target?.id !== "searches") return;
  const fields = [...document.querySelectorAll("#searches input[id]")];
  const written = fields.filter((field) => field.value !== field.defaultValue && field.form !== event.target);
  names = new Map(written.map((field) => [field.id, field.value]));
});

document.addEventListener("htmx:after:swap", () => {
  for (const [id, name] of names) if (document.getElementById(id)) document.getElementById(id).value = name;
  names.clear();
});

// ---- The line that was asked, and what was written on since

let asked = null; // null: as it came
let kept = null; // what to write into the line that comes

document.addEventListener("htmx:before:request", (event) => {
  if (event.target.id === "audit-ask") asked = line().value;
});

document.addEventListener("htmx:before:swap", (event) => {
  const isAsked = event.target instanceof Element && event.target.matches("#audit-form, #audit-ask, .chips a");
  if (!line() || !isAsked) return;
  const before = event.target.id === "audit-ask" ? asked : line().defaultValue;
  if (line().value === before) return;
  kept = { field: line(), before, written: line().value, at: line().selectionEnd, isHere: document.activeElement === line() };
});

document.addEventListener("htmx:after:swap", () => {
  if (!kept || !line()) return;
  const { field, before, written, at, isHere } = kept;
  kept = null;
  if (field === line()) return; // it was refused, and stands as it was
  const rest = written.slice(before.length);
  // Who wrote on wants it added to what is asked now; who wrote something else wants that.
  const isAdded = written.startsWith(before) && (!before || /^\s/.test(rest));
  line().value = isAdded ? (line().value && `${line().value} `) + rest.trimStart() : written;
  if (!isHere) return;
  line().focus({ preventScroll: true });
  const place = line().value.length - (written.length - at);
  line().setSelectionRange(place, place);
});
