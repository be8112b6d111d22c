// Makes long lists of filters shorter while something is typed. Without this script the lists are whole and scroll.
"use strict";

(() => {
  for (const list of document.querySelectorAll("ul[data-narrow]")) {
    const legend = list.dataset.narrow.toLowerCase();
    const items = [...list.children].map((item) => [item, item.textContent.trim().toLowerCase()]);
    const box = document.createElement("div");
    box.className = "narrow";
    const label = document.createElement("label");
    const field = document.createElement("input");
    const shown = document.createElement("p");
    field.id = `narrow-${list.querySelector("input").name}`;
    field.type = "search";
    field.autocomplete = "off";
    label.htmlFor = field.id;
    label.textContent = `Narrow the list: ${legend}`;
    shown.setAttribute("role", "status");
    box.append(label, field, shown);
    list.before(box);

    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      let count = 0;
      for (const [item, words] of items) {
        // What is ticked is sent with the form, so it stays in sight.
        item.hidden = !words.includes(wanted) && !item.querySelector("input").checked;
        count += !item.hidden;
      }
      shown.textContent = wanted ? `${count} of ${items.length} shown` : "";
    });
    field.addEventListener("keydown", (event) => {
      // Enter would send the form with the boxes as they are; here it only ends the typing.
      if (event.key === "Enter") event.preventDefault();
    });
  }
})();
