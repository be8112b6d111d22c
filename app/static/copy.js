// Adds what a page cannot do by itself: copying a citation. Without this script every citation is still there to read,
// select and copy by hand, and the buttons stay hidden.
"use strict";

(() => {
  const status = document.getElementById("copied");

  async function copy(text) {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return;
    }
    // Browsers give no clipboard to pages that come over plain HTTP from another machine; this older way still works.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "hidden-visually";
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (!copied) throw new Error("the browser did not copy");
  }

  function words(id) {
    return document.getElementById(id).textContent.trim().replace(/\s+/g, " ");
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const label = button.firstChild;
    const before = label.data;
    let timer;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const citation = words(button.dataset.copy);
      const quote = button.dataset.quote;
      try {
        await copy(quote ? `“${words(quote)}” (${citation})` : citation);
        label.data = "Copied";
        status.textContent = quote ? "Quotation and citation copied" : "Citation copied";
      } catch {
        label.data = "Not copied";
        status.textContent = "The browser did not allow copying. Select the citation and copy it by hand.";
      }
      button.focus();
      clearTimeout(timer);
      timer = setTimeout(() => {
        label.data = before;
        status.textContent = "";
      }, 3000);
    });
  }

  // The finding that a citation leads to shows its citation at once.
  function openCited() {
    const cited = location.hash.startsWith("#f-") && document.getElementById(location.hash.slice(1));
    if (cited) cited.querySelector("details")?.setAttribute("open", "");
  }
  addEventListener("hashchange", openCited);
  openCited();
})();
