// Runs before the first paint, so that a chosen theme doesn't flash the other one.
try {
  const theme = localStorage.getItem("scanfleet.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be switched off; then the system's theme holds.
}
