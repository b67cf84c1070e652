// Forms that open, close or send something are sent once, and a sign-up begins with the browser's own time zone.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
});

// Somebody who comes back by the browser's button may send it again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-once]").forEach((form) => delete form.dataset.sent);
});

const zone = document.querySelector("[data-own-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone?.value === "UTC" && own) zone.value = own;
