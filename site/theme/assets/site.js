// What pages do beyond reading: the language switch, the table's filters, the decision page and the calculator.
// Everything works on what the page already shows; without this script the pages stay complete.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const base = () => new URL(window.__md_scope || ".", location.href);

  // --- language: the same page and anchor in the other language -----------------------------------------------------

  function language() {
    for (const link of all("[data-aa-language]")) {
      const here = base();
      const page = location.pathname.startsWith(here.pathname) ? location.pathname.slice(here.pathname.length) : "";
      const root = link.dataset.aaLanguage === "en" ? new URL("en/", here) : new URL("../", here);
      // A page that is not there has no partner either.
      const missing = document.querySelector("article h1") && !document.querySelector("link[rel=canonical]");
      const target = () => new URL(missing ? "." : page, root).href + location.search + location.hash;
      link.href = target();
      link.onclick = () => { link.href = target(); };
    }
  }

  // --- numbers ------------------------------------------------------------------------------------------------------

  const UNITS = [[1e18, " E"], [1e15, " P"], [1e12, " T"], [1e9, " G"], [1e6, " M"], [1e3, " K"]];

  function number(value) {
    if (Math.abs(value) >= 1e21) return value.toExponential(2).replace("e+", " × 10^");
    for (const [unit, name] of UNITS) {
      if (Math.abs(value) >= unit) {
        return String(Number((value / unit).toPrecision(3))) + name;
      }
    }
    return String(Number(value.toPrecision(4)));
  }

  // --- closed forms: a tree of ["+", a, b], numbers and names is walked, never run ----------------------------------

  const OPERATIONS = {
    "+": (a, b) => a + b,
    "-": (a, b) => (b === undefined ? -a : a - b),
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "//": (a, b) => Math.floor(a / b),
    "**": (a, b) => a ** b,
    ceil: Math.ceil,
    floor: Math.floor,
    min: Math.min,
    max: Math.max,
  };

  function evaluate(tree, values) {
    if (typeof tree === "number") return tree;
    if (typeof tree === "string") return values.has(tree) ? values.get(tree) : NaN;
    const operation = Object.hasOwn(OPERATIONS, tree[0]) ? OPERATIONS[tree[0]] : () => NaN;
    return operation(...tree.slice(1).map((part) => evaluate(part, values)));
  }

  function calculator(box) {
    if (box.dataset.ready) return;
    box.dataset.ready = "1";
    // Not in a script element: when the theme changes pages without a reload, it runs every script as JavaScript.
    const data = JSON.parse(box.dataset.forms);
    const form = document.createElement("form");
    for (const field of data.fields) {
      const label = document.createElement("label");
      const name = document.createElement("span");
      const input = document.createElement("input");
      name.textContent = field.letter ? `${field.name} (${field.letter})` : field.name;
      input.name = field.name;
      if (field.flag) {
        label.className = "aa-flag";
        input.type = "checkbox";
        input.checked = Boolean(field.value);
        label.append(input, name);
      } else {
        input.type = "number";
        input.step = Number.isInteger(field.value) ? "1" : "any";
        // Nothing has less than one channel; an extent of nought may mean the whole map.
        input.min = field.letter || /^[A-Z]$|(channels|size)$/.test(field.name) ? "1" : "0";
        input.required = true;
        input.value = field.value;
        label.append(name, input);
      }
      form.append(label);
    }
    const body = box.querySelector("tbody");
    const extra = document.createElement("tr");
    if (data.convolution) {
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = box.dataset.ratio;
      extra.append(head, document.createElement("td"), document.createElement("td"));
      body.append(extra);
    }
    const note = box.querySelector(".aa-note");
    note.textContent = box.dataset.live || note.textContent;
    box.insertBefore(form, box.querySelector("table"));
    const update = () => {
      const values = new Map();
      for (const input of form.elements) {
        values.set(input.name, input.type === "checkbox" ? Number(input.checked) : input.value === "" ? NaN : Number(input.value));
      }
      for (const [letter, tree] of Object.entries(data.axes)) values.set(letter, evaluate(tree, values));
      const valid = form.checkValidity();
      const found = { params: valid ? evaluate(data.params, values) : NaN, macs: valid ? evaluate(data.macs, values) : NaN };
      for (const [name, value] of Object.entries(found)) {
        box.querySelector(`[data-result="${name}"]`).textContent = Number.isFinite(value) ? number(value) : "—";
      }
      if (data.convolution) {
        const width = values.get("C");
        const plain = 9 * width * width;
        const ratio = [found.params / plain, found.macs / (plain * values.get("H") * values.get("W"))];
        const [params, macs] = ratio.map((value) => (Number.isFinite(value) ? `${Number((100 * value).toPrecision(3))} %` : "—"));
        extra.cells[1].textContent = body.rows[0].cells[0].textContent + " " + params;
        extra.cells[2].textContent = body.rows[1].cells[0].textContent + " " + macs;
      }
    };
    form.addEventListener("input", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    update();
  }

  // --- filters ------------------------------------------------------------------------------------------------------

  const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

  // The state of a form in the address, so that a view can be shared; other parts of the address stay.
  function remember(form) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, value);
    for (const name of ["sort", "order"]) if (form.dataset[name]) query.set(name, form.dataset[name]);
    const text = query.toString();
    history.replaceState(history.state, "", (text ? `?${text}` : location.pathname) + location.hash);
  }

  function restore(form) {
    const query = new URLSearchParams(location.search);
    for (const input of form.elements) {
      const value = input.name && query.get(input.name);
      if (!value) continue;
      if (input.type === "radio") input.checked ||= input.value === value;
      else if (input.type === "checkbox") input.checked = input.value === value;
      // What the form does not offer stays as it is.
      else if (!input.options || [...input.options].some((option) => option.value === value)) input.value = value;
    }
    return query;
  }

  function explorer(form) {
    if (form.dataset.ready) return;
    form.dataset.ready = "1";
    const table = document.querySelector(".aa-explorer table");
    const body = table.tBodies[0];
    const count = document.querySelector(".aa-count");
    const rows = [...body.rows].map((row, at) => ({
      row, at, data: { ...row.dataset },
      short: fold(row.cells[0].querySelector("a").textContent),
      text: fold(`${row.dataset.s} ${row.textContent}`),
      shown: [...row.cells].map((cell) => cell.textContent),
      tasks: new Set(row.dataset.task.split(" ")),
      sections: new Set(row.dataset.section.split(" ")),
    }));
    form.hidden = false;
    // Drawn as grids, rows would no longer be rows to some screen readers.
    table.setAttribute("role", "table");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) cell.setAttribute("role", { row: "rowheader", col: "columnheader" }[cell.scope] ?? "cell");
    }

    function fits(item, wanted, words) {
      const { data } = item;
      for (const [name, value] of wanted) {
        if (name === "task") { if (!item.tasks.has(value)) return false; }
        else if (name === "section") { if (!item.sections.has(value)) return false; }
        else if (name === "from") { if (Number(data.year) < Number(value)) return false; }
        else if (name === "to") { if (Number(data.year) > Number(value)) return false; }
        else if (data[name] !== value) return false;
      }
      return words.every((word) => item.text.includes(word));
    }

    function filter() {
      const wanted = [...new FormData(form)].filter(([name, value]) => value && name !== "text");
      const words = fold(form.elements.text.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const item of rows) {
        const hidden = !fits(item, wanted, words);
        if (item.row.hidden !== hidden) item.row.hidden = hidden;
        shown += !hidden;
      }
      count.textContent = count.dataset.text.replace("{n}", shown).replace("{total}", rows.length);
      document.querySelector(".aa-empty").hidden = shown > 0;
    }

    const heads = all("th[data-key]", table);
    const NUMBERS = new Set(["year", "growth", "macs", "rank"]);
    // The filter lists the ways to grow from slow to fast.
    const growths = [...form.elements.growth.options].map((option) => option.value);
    function sort(key, order) {
      const sign = order === "descending" ? -1 : 1;
      const text = new Intl.Collator(document.documentElement.lang);
      const column = heads.findIndex((head) => head.dataset.key === key);
      const value = (item) => {
        if (key === "short") return item.short;
        if (item.shown[column] === "—") return "";
        if (key === "growth") return growths.indexOf(item.data.growth);
        return NUMBERS.has(key) ? item.data[key] : item.shown[column];
      };
      rows.sort((a, b) => {
        if (!key) return a.at - b.at;
        const [x, y] = [value(a), value(b)];
        // What has no value stands last either way.
        if (x === "" || y === "") return (x === "") - (y === "") || a.at - b.at;
        return sign * (NUMBERS.has(key) ? x - y : text.compare(x, y)) || a.at - b.at;
      });
      body.append(...rows.map((item) => item.row));
      for (const head of heads) {
        if (head.dataset.key === key) head.setAttribute("aria-sort", order);
        else head.removeAttribute("aria-sort");
      }
    }

    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.title = table.dataset.sort.replace("{name}", head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        Object.assign(form.dataset, { sort: head.dataset.key, order });
        sort(head.dataset.key, order);
        remember(form);
      });
    }
    const query = restore(form);
    const more = form.querySelector(".aa-more");
    more.open = all("select, input", more).some((input) => (input.type === "checkbox" ? input.checked : input.value));
    if (heads.some((head) => head.dataset.key === query.get("sort"))) {
      Object.assign(form.dataset, { sort: query.get("sort"), order: query.get("order") === "descending" ? "descending" : "ascending" });
      sort(form.dataset.sort, form.dataset.order);
    }
    filter();
    form.addEventListener("input", () => { filter(); remember(form); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      delete form.dataset.sort;
      delete form.dataset.order;
      setTimeout(() => { sort("", "ascending"); filter(); remember(form); });
    });
  }

  function decide(form) {
    if (form.dataset.ready) return;
    form.dataset.ready = "1";
    const count = document.querySelector(".aa-count");
    const items = all(".aa-answers li");
    form.hidden = false;
    const update = () => {
      const wanted = [...new FormData(form)].filter(([, value]) => value);
      let shown = 0;
      for (const item of items) {
        item.hidden = !wanted.every(([name, value]) =>
          name === "task" ? item.dataset.task.split(" ").includes(value) : item.dataset[name] === value);
        shown += !item.hidden;
      }
      count.textContent = count.dataset.text.replace("{n}", shown);
      document.querySelector(".aa-empty").hidden = shown > 0;
    };
    restore(form);
    update();
    form.addEventListener("change", () => { update(); remember(form); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => { update(); remember(form); }));
  }

  // Parts that scroll can be reached by keyboard; parts that do not should not be stops.
  function scrollers() {
    for (const part of all(".aa-scroll, .aa-formula")) {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
    for (const code of all("pre > code")) {
      if (code.scrollWidth > code.clientWidth || code.scrollHeight > code.clientHeight) code.tabIndex = 0;
    }
    // The theme's search is a dialog without a name.
    const search = document.querySelector(".md-search");
    if (search) search.setAttribute("aria-label", search.querySelector("input").placeholder);
  }

  // The theme's search listens to keys alone: text that is pasted, dictated or dropped would wait for the next one.
  document.addEventListener("input", ({ target }) => {
    if (target.matches(".md-search__input")) target.dispatchEvent(new Event("keyup"));
  });

  // To each word of a query the theme's search adds a star, also to one that ends in a hyphen, as every name with a hyphen
  // does while it is typed; the engine cuts at the hyphen, and the star alone asks for the whole index. Only here, between
  // the field and the engine, can the query be changed and not what the reader sees.
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    const query = message?.type === 2 && typeof message.data === "string";
    post.call(this, query ? { ...message, data: message.data.replace(/-+(?=["\s]|$)/g, "") } : message, ...rest);
  };

  function ready() {
    language();
    all(".aa-filter").forEach(explorer);
    all(".aa-decide").forEach(decide);
    all(".aa-calculator").forEach(calculator);
    scrollers();
  }

  if (window.document$) window.document$.subscribe(ready);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
