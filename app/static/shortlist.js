// The shortlist: the ids of the findings that a reader keeps, in this browser alone. Nothing is sent until the reader
// opens the list, whose address then holds the ids. Without this script the buttons stay hidden.
"use strict";

(() => {
  const KEY = "findings-shortlist";
  const MOST = 200;
  const path = "/shortlist";
  const link = document.querySelector(`.top nav a[href="${path}"]`);
  const status = document.getElementById("kept");
  const buttons = [...document.querySelectorAll("button[data-keep]")];
  const shown = [...document.querySelectorAll("a[data-leave-out]")].map((each) => each.dataset.leaveOut);
  const keepAll = document.querySelector("button[data-keep-all]");
  const empty = document.querySelector("button[data-empty]");

  function kept() {
    try {
      const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(found) ? found.filter((each) => typeof each === "string").slice(0, MOST) : [];
    } catch {
      return [];
    }
  }

  function write(ids) {
    try {
      localStorage.setItem(KEY, JSON.stringify(ids));
      return true;
    } catch {
      status.textContent = "This browser does not let the page keep a list.";
      return false;
    }
  }

  function address(ids) {
    return ids.length ? `${path}?${new URLSearchParams(ids.map((id) => ["finding", id]))}` : path;
  }

  function show() {
    const ids = kept();
    link.href = address(ids);
    link.textContent = ids.length ? `Shortlist (${ids.length})` : "Shortlist";
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(ids.includes(button.dataset.keep)));
      button.hidden = false;
      button.parentElement.hidden = false;
    }
    if (keepAll && empty) {
      keepAll.hidden = shown.every((id) => ids.includes(id));
      empty.hidden = !ids.length;
      keepAll.closest("[data-shortlist]").hidden = keepAll.hidden && empty.hidden;
    }
  }

  function toggle(id) {
    const ids = kept();
    const on = !ids.includes(id);
    if (on && ids.length >= MOST) {
      status.textContent = `The shortlist is full: it holds ${MOST} findings. Leave some out first.`;
      return;
    }
    if (!write(on ? [...ids, id] : ids.filter((each) => each !== id))) return;
    show();
    const count = kept().length;
    status.textContent = `${on ? "Kept" : "Taken off"}. ${count} ${count === 1 ? "finding" : "findings"} on the shortlist.`;
  }

  // The page of the list is made by the service from the ids in its address; the script only puts them there.
  if (location.pathname === path && !location.search && kept().length) {
    location.replace(address(kept()));
    return;
  }

  for (const button of buttons) button.addEventListener("click", () => toggle(button.dataset.keep));
  for (const each of document.querySelectorAll("a[data-leave-out]")) {
    each.addEventListener("click", () => write(kept().filter((id) => id !== each.dataset.leaveOut)));
  }
  keepAll?.addEventListener("click", () => {
    if (write([...new Set([...kept(), ...shown])].slice(0, MOST))) show();
    status.textContent = `${kept().length} findings on the shortlist of this browser.`;
    empty.focus();
  });
  empty?.addEventListener("click", () => {
    if (write([])) location.assign(path);
  });
  // Another page of this browser may have changed the list, and the browser may show this one as it was.
  addEventListener("storage", show);
  addEventListener("pageshow", show);
  show();
})();
