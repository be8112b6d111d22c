// Ticks many findings of a pack at once, and counts them. Without this script each box is ticked by hand.
"use strict";

(() => {
  const bar = document.getElementById("ticking");
  if (!bar) return;
  const boxes = [...document.querySelectorAll('input[name="keep"]')];
  const status = bar.querySelector('[role="status"]');

  function count() {
    status.textContent = `${boxes.filter((box) => box.checked).length} of ${boxes.length} ticked`;
  }

  bar.hidden = false;
  for (const button of bar.querySelectorAll("button[data-tick]")) {
    button.addEventListener("click", () => {
      const which = button.dataset.tick;
      for (const box of boxes) box.checked = which === "all" || (which === "strong" && box.dataset.relevance === "strong");
      count();
    });
  }
  for (const box of boxes) box.addEventListener("change", count);
  addEventListener("pageshow", count);
})();
