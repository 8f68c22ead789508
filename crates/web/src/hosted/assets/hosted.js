// Counts the seconds until a code may be asked for again. Every page does without this script.
for (const told of document.querySelectorAll("[data-wait]")) {
  const buttons = told.closest("form").querySelectorAll("[data-waits]");
  const end = Date.now() + Number(told.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    told.hidden = left <= 0;
    told.textContent = told.dataset.words.replace("{seconds}", String(Math.max(left, 0)));
    for (const button of buttons) button.disabled = left > 0;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
