// The composer of a ticket: macros by "/", files that come and go, Markdown, colleagues called by "@".

const LARGEST = 20 * 1024 * 1024;
const WAIT = 150;

const composer = () => document.querySelector("[data-composer]");
const part = (name, form = composer()) => form?.querySelector(`[data-${name}]`);
const area = (form = composer()) => form?.querySelector("textarea[data-draft]");
const typed = (field) => field.dispatchEvent(new Event("input", {bubbles: true}));
const macroKey = (form) => `macro:${form.dataset.composer}`;

// ---- The macro picker

let search = 0;
let asked = null;
let isFresh = false; // whether what is offered fits what was typed
let isAwaited = false; // whether Enter was pressed before it was
let sent = false; // whether something was just said

async function offer(form, words) {
  isFresh = false;
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(`${form.dataset.pick}&q=${encodeURIComponent(words)}`,
      {headers: {"HX-Request": "true"}, signal: asked.signal});
    if (!answer.ok) return;
    part("offers", form).innerHTML = await answer.text();
    activate(form, form.querySelector("[data-offer]"));
    isFresh = true;
    if (isAwaited) pick(form);
  } catch (error) {
    if (error.name !== "AbortError") close(form);
  }
}

function open(form) {
  const picker = part("picker", form);
  if (!picker) return;
  picker.hidden = false;
  const field = part("picker-search", form);
  isAwaited = false;
  field.value = "";
  field.focus();
  offer(form, "");
}

function pick(form) {
  isAwaited = !isFresh;
  const option = form.querySelector("[data-offer][aria-selected=true]");
  if (isFresh && option) choose(form, option);
}

function close(form) {
  const picker = part("picker", form);
  if (!picker || picker.hidden) return;
  picker.hidden = true;
  area(form).focus();
}

function activate(form, option) {
  form.querySelectorAll("[data-offer]").forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  const preview = part("offer-preview", form);
  preview.replaceChildren();
  const field = part("picker-search", form);
  if (!option) return field.removeAttribute("aria-activedescendant");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({block: "nearest"});
  preview.append(option.querySelector("template").content.querySelector(".offer-shown").cloneNode(true));
}

function step(form, by) {
  const options = [...form.querySelectorAll("[data-offer]")];
  const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (options.length) activate(form, options[(at + by + options.length) % options.length]);
}

function choose(form, option) {
  const parts = option.querySelector("template").content;
  const {text, markdown} = parts.querySelector(".offer-shown").dataset;
  wear(form, parts.querySelector("[data-chosen]").cloneNode(true));
  close(form);
  if (markdown && !part("markdown", form).checked) part("markdown", form).click();
  if (text) insert(area(form), text);
}

function wear(form, chosen) {
  part("chosen-place", form).replaceChildren(chosen);
  window.htmx.process(chosen);
  sessionStorage.setItem(macroKey(form), chosen.dataset.chosen);
}

function undress(form) {
  part("chosen-place", form)?.replaceChildren();
  sessionStorage.removeItem(macroKey(form));
}

// A macro that was chosen before a reload is still chosen.
async function restore(form) {
  if (!form.dataset.compose || form.dataset.restored) return;
  form.dataset.restored = "true";
  const number = sessionStorage.getItem(macroKey(form));
  if (!number || part("chosen", form)) return;
  const answer = await fetch(`${form.dataset.compose}?macro=${encodeURIComponent(number)}`, {headers: {"HX-Request": "true"}});
  if (!answer.ok) return undress(form);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-chosen]");
  if (found && form.isConnected) wear(form, found);
}

function insert(field, text) {
  const {selectionStart: start, selectionEnd: end, value} = field;
  const before = start && value[start - 1] !== "\n" ? "\n" : "";
  field.setRangeText(before + text, start, end, "end");
  field.focus();
  typed(field);
}

// ---- Files

const keptFiles = new WeakMap();

function showFiles(form) {
  const input = part("attach", form);
  const files = keptFiles.get(form) ?? [];
  const bag = new DataTransfer();
  files.forEach((file) => bag.items.add(file));
  input.files = bag.files;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  input.setCustomValidity(total > LARGEST ? "too large" : "");
  const lines = files.map((file, at) => {
    const line = document.createElement("li");
    line.className = "file";
    const name = Object.assign(document.createElement("span"), {className: "file-name", textContent: file.name});
    const size = Object.assign(document.createElement("span"), {className: "faint", textContent: inWords(file.size)});
    const remove = Object.assign(document.createElement("button"), {type: "button", className: "file-remove", textContent: "×"});
    remove.dataset.detach = at;
    remove.setAttribute("aria-label", `Don't send ${file.name}`);
    line.append(name, size, remove);
    return line;
  });
  if (total > LARGEST) {
    lines.push(Object.assign(document.createElement("li"), {
      className: "error", textContent: `${inWords(total)} in all: a message takes up to 20 MB. Leave one out, or send a link.`,
    }));
  }
  part("attached", form).replaceChildren(...lines);
}

function inWords(count) {
  return count < 1000 ? `${count} B` : count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

function attach(form, files) {
  const kept = keptFiles.get(form) ?? [];
  const isNew = (file) => !kept.some((each) => each.name === file.name && each.size === file.size && each.lastModified === file.lastModified);
  keptFiles.set(form, [...kept, ...[...files].filter(isNew)]);
  showFiles(form);
}

// ---- Markdown

const MARKS = {
  bold: ["**", "**", "bold"], italic: ["*", "*", "italic"], link: ["[", "](https://)", "words"],
  code: ["`", "`", "code"], list: ["- ", "", ""], quote: ["> ", "", ""],
};

function mark(field, name) {
  const [before, after, instead] = MARKS[name];
  const {selectionStart: start, selectionEnd: end, value} = field;
  if (!after) {
    const line = value.lastIndexOf("\n", start - 1) + 1;
    field.setRangeText(value.slice(line, end).replace(/^/gm, before), line, end, "end");
  } else {
    const words = value.slice(start, end) || instead;
    field.setRangeText(before + words + after, start, end, "end");
    field.setSelectionRange(start + before.length, start + before.length + words.length);
  }
  field.focus();
  typed(field);
}

function showMarks(form) {
  const box = part("markdown", form);
  if (!box) return;
  part("marks", form).hidden = !box.checked;
  if (!box.checked && part("preview", form).getAttribute("aria-pressed") === "true") look(form, false);
}

function look(form, isOn) {
  const button = part("preview", form);
  button.setAttribute("aria-pressed", String(isOn));
  form.querySelector(".composer-preview").hidden = !isOn;
  area(form).hidden = isOn;
  if (isOn) window.htmx.trigger(button, "preview");
  else area(form).focus();
}

// ---- Colleagues

let called = null; // where the "@" stands

function call(form) {
  const list = part("mentions", form);
  const isNote = form.querySelector("[name=mode]:checked")?.value === "note";
  const field = area(form);
  const found = isNote && /(?:^|\s)@([^\n@]{0,40})$/.exec(field.value.slice(0, field.selectionStart));
  const words = found ? found[1].toLowerCase() : null;
  const fitting = [...list.children].filter((each) => {
    const name = each.dataset.name.toLowerCase();
    each.hidden = words === null || !(name.startsWith(words) || name.split(" ").some((word) => word.startsWith(words)));
    return !each.hidden;
  });
  called = fitting.length ? field.selectionStart - found[1].length - 1 : null;
  list.hidden = called === null;
  select(list, fitting.find((each) => each.getAttribute("aria-selected") === "true") ?? fitting[0]);
}

function select(list, option) {
  [...list.children].forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  option?.scrollIntoView({block: "nearest"});
}

function mention(form, option) {
  const field = area(form);
  field.setRangeText(`@${option.dataset.name} `, called, field.selectionStart, "end");
  part("mentions", form).hidden = true;
  field.focus();
  typed(field);
}

function mentionKey(form, event) {
  const list = part("mentions", form);
  if (!list || list.hidden) return false;
  const shown = [...list.children].filter((each) => !each.hidden);
  const at = shown.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") select(list, shown[(at + 1) % shown.length]);
  else if (event.key === "ArrowUp") select(list, shown[(at - 1 + shown.length) % shown.length]);
  else if (event.key === "Enter" || event.key === "Tab") mention(form, shown[at]);
  else if (event.key === "Escape") list.hidden = true;
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

// ---- Listening; before app.js, whose keys these are not

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form) return;
  if (event.target === part("picker-search", form)) {
    if (event.key === "ArrowDown") step(form, 1);
    else if (event.key === "ArrowUp") step(form, -1);
    else if (event.key === "Enter") pick(form);
    else if (event.key === "Escape") close(form);
    else return event.stopPropagation();
    event.preventDefault();
    return event.stopPropagation();
  }
  if (event.target !== area(form) || mentionKey(form, event)) return;
  const field = event.target;
  const isLineStart = field.selectionStart === 0 || field.value[field.selectionStart - 1] === "\n";
  if (event.key === "/" && isLineStart && part("picker", form)) {
    event.preventDefault();
    event.stopPropagation();
    open(form);
  }
  const name = {b: "bold", i: "italic", k: "link"}[event.key];
  if (name && (event.ctrlKey || event.metaKey) && !event.shiftKey && part("markdown", form).checked) {
    event.preventDefault();
    event.stopPropagation();
    mark(field, name);
  }
}, true);

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form) return;
  if (event.target === part("picker-search", form)) {
    isFresh = isAwaited = false;
    clearTimeout(search);
    search = setTimeout(() => offer(form, event.target.value.trim()), WAIT);
  }
  if (event.target === area(form)) call(form);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form) return;
  if (event.target.matches("[data-attach]")) attach(form, event.target.files);
  if (event.target.matches("[data-markdown]")) {
    localStorage.setItem("markdown", event.target.checked ? "y" : "");
    showMarks(form);
  }
  if (event.target.matches("[name=mode]")) call(form);
});

document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-composer]");
  const isOpen = part("picker")?.hidden === false; // who only writes notes has none
  if (isOpen && !event.target.closest("[data-picker], [data-open-picker]")) part("picker").hidden = true;
  if (!form) return;
  const found = (name) => event.target.closest(`[data-${name}]`);
  if (found("open-picker")) {
    event.preventDefault();
    if (isOpen) close(form);
    else open(form);
  }
  if (found("offer")) choose(form, found("offer"));
  if (found("unchoose")) {
    undress(form);
    area(form).focus();
  }
  if (found("detach")) {
    keptFiles.set(form, keptFiles.get(form).filter((_, at) => at !== Number(found("detach").dataset.detach)));
    showFiles(form);
    part("attach", form).focus();
  }
  if (found("mark")) mark(area(form), found("mark").dataset.mark);
  if (found("preview")) look(form, found("preview").getAttribute("aria-pressed") !== "true");
  const colleague = event.target.closest("[data-mentions] [role=option]");
  if (colleague) mention(form, colleague);
});

document.addEventListener("pointermove", (event) => {
  const option = event.target.closest?.("[data-offer]");
  if (option && option.getAttribute("aria-selected") !== "true") activate(option.closest("[data-composer]"), option);
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.("[data-composer]");
    if (!form || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("composer-drop", name === "dragenter" || name === "dragover");
    if (name === "drop") attach(form, event.dataTransfer.files);
  });
}

document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form || !event.clipboardData?.files.length) return;
  event.preventDefault();
  attach(form, event.clipboardData.files);
});

document.addEventListener("htmx:after:request", (event) => {
  const {sourceElement, request, response} = event.detail.ctx;
  if (request.method !== "POST" || !response || response.status >= 400) return;
  const form = sourceElement.closest?.("[data-composer]");
  if (!form || sourceElement.matches("[data-only-looks]")) return;
  undress(form);
  if (sourceElement.matches("[data-send], [name=then]")) sent = true;
  if (sourceElement.matches("[data-apply-macro]") && area(form).value) typed(area(form)); // its draft stays a draft
});

function refresh() {
  const form = composer();
  if (form && sent && !form.dataset.ready) {
    sent = false;
    const thread = document.querySelector("[data-thread]");
    if (thread) thread.scrollTop = thread.scrollHeight;
    area(form).focus({preventScroll: true});
  }
  if (!form || form.dataset.ready) return;
  form.dataset.ready = "true";
  const box = part("markdown", form);
  if (box && !box.checked && localStorage.getItem("markdown")) box.checked = true;
  showMarks(form);
  restore(form);
}

document.addEventListener("htmx:after:swap", refresh);
refresh();
