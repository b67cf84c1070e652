// Before anything is painted: the size that was chosen for this browser.
try {
  if (localStorage.getItem("big") === "yes") document.documentElement.dataset.big = "";
} catch {
  // A browser that keeps nothing shows the usual size.
}
