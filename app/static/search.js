// Makes searching smoother: completes words from the index, counts the characters of a pasted paragraph, and narrows
// long lists of filters. Without this script every search, paragraph and filter works all the same.
"use strict";

(() => {
  const DELAY = 150;

  // A combobox as WAI-ARIA 1.2 describes it: the keyboard stays in the box, and nothing changes what is typed until a
  // suggestion is chosen.
  function complete(field) {
    const list = document.createElement("ul");
    const status = document.createElement("div");
    let options = [];
    let current = -1;
    let timer;
    let asked = 0;

    list.id = "q-options";
    list.className = "options";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Words in these reports");
    status.className = "hidden-visually";
    status.setAttribute("role", "status");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", list.id);
    field.after(list);
    document.body.append(status);

    function close() {
      clearTimeout(timer);
      asked += 1;
      options = [];
      list.replaceChildren();
      list.hidden = true;
      status.textContent = "";
      mark(-1);
      field.setAttribute("aria-expanded", "false");
    }

    function mark(place) {
      list.children[current]?.setAttribute("aria-selected", "false");
      current = place;
      const option = list.children[current];
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) field.setAttribute("aria-activedescendant", option.id);
      else field.removeAttribute("aria-activedescendant");
    }

    function choose(place) {
      field.value = options[place].text;
      close();
      field.focus();
    }

    function show(found) {
      close();
      options = found;
      if (!options.length) return;
      options.forEach((each, place) => {
        const option = document.createElement("li");
        option.id = `q-option-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = each.text;
        if (each.means) {
          const means = document.createElement("span");
          means.textContent = each.means;
          option.append(" ", means);
        }
        // Before the box loses the keyboard, which would close the list.
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          choose(place);
        });
        list.append(option);
      });
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      status.textContent = options.length === 1 ? "1 suggestion" : `${options.length} suggestions`;
    }

    async function ask() {
      const typed = field.value;
      const mine = (asked += 1);
      try {
        const answer = await fetch(`${field.dataset.suggestions}?${new URLSearchParams({ q: typed })}`);
        const found = answer.ok ? (await answer.json()).suggestions : [];
        // What was typed since has asked anew.
        if (mine === asked && document.activeElement === field) show(found);
      } catch {
        // Without an answer there is nothing to suggest, and the search works as before.
      }
    }

    field.addEventListener("input", () => {
      clearTimeout(timer);
      if (field.value.trim().length < 2) close();
      else timer = setTimeout(ask, DELAY);
    });
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing) return;
      if (event.key === "ArrowDown") mark(current + 1 < options.length ? current + 1 : -1);
      else if (event.key === "ArrowUp") mark(current < 0 ? options.length - 1 : current - 1);
      else if (event.key === "Escape") close();
      else if (event.key === "Enter" && current >= 0) choose(current);
      else return;
      event.preventDefault();
    });
  }

  // Says how many characters of a paragraph are left, as the service counts them: blanks in a row are one.
  function count(field) {
    const most = Number(field.dataset.most);
    const line = document.createElement("p");
    const spoken = document.createElement("p");
    let timer;
    line.className = "left";
    line.setAttribute("aria-hidden", "true");
    spoken.className = "hidden-visually";
    spoken.setAttribute("role", "status");
    field.after(line, spoken);

    function say() {
      const left = most - [...field.value.trim().replace(/\s+/g, " ")].length;
      line.textContent =
        left < 0
          ? `${(-left).toLocaleString("en-GB")} characters too many`
          : `${left.toLocaleString("en-GB")} characters left`;
      line.classList.toggle("over", left < 0);
      clearTimeout(timer);
      timer = setTimeout(() => (spoken.textContent = line.textContent), 1000);
    }
    field.addEventListener("input", say);
    say();
  }

  function narrow(list) {
    const items = [...list.children].map((item) => [item, item.textContent.trim().toLowerCase()]);
    const box = document.createElement("div");
    const label = document.createElement("label");
    const field = document.createElement("input");
    const shown = document.createElement("p");
    box.className = "narrow";
    field.id = `narrow-${list.querySelector("input").name}`;
    field.type = "search";
    field.autocomplete = "off";
    label.htmlFor = field.id;
    label.textContent = `Narrow the list: ${list.dataset.narrow.toLowerCase()}`;
    shown.setAttribute("role", "status");
    box.append(label, field, shown);
    list.before(box);

    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      let matching = 0;
      for (const [item, words] of items) {
        // What is ticked is sent with the form, so it stays in sight.
        item.hidden = !words.includes(wanted) && !item.querySelector("input").checked;
        matching += !item.hidden;
      }
      shown.textContent = wanted ? `${matching} of ${items.length} shown` : "";
    });
    field.addEventListener("keydown", (event) => {
      // Enter would send the form with the boxes as they are; here it only ends the typing.
      if (event.key === "Enter") event.preventDefault();
    });
  }

  document.querySelectorAll("input[data-suggestions]").forEach(complete);
  document.querySelectorAll("textarea[data-most]").forEach(count);
  document.querySelectorAll("ul[data-narrow]").forEach(narrow);
})();
