// Sets the chosen theme before the first paint, so that a page never flashes in the other one.
"use strict";
try {
  const theme = localStorage.getItem("trunkline-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be shut off; then the system's choice stands.
}
