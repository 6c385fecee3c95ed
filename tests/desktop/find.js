// Finds what a person would name: by role and accessible name. Runs in the page; the first argument
// says what to look for, the last one is WebDriver's callback.
const [wanted, patience, done] = arguments;

const roles = {
  button: "button, [role=button]",
  link: "a[href]",
  field: "input:not([type=radio]):not([type=checkbox]), textarea, select",
  radio: "input[type=radio], [role=radio]",
  switch: "input[type=checkbox], [role=switch]",
  menuitem: "[role=menuitem]",
  option: "[role=option]",
  heading: "h1, h2, h3",
  css: null,
};
const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
/** Its words as they are read out: those of different elements never run together. */
const spoken = (it) => {
  const texts = document.createTreeWalker(it, NodeFilter.SHOW_TEXT);
  const words = [];
  while (texts.nextNode()) words.push(texts.currentNode.data);
  return plain(words.join(" "));
};
const named = (it) => {
  const by = it.getAttribute("aria-labelledby");
  if (by) return plain(by.split(" ").map((id) => document.getElementById(id)?.textContent).join(" "));
  const label = it.getAttribute("aria-label");
  if (label) return plain(label);
  const labels = [...(it.labels ?? [])].map((one) => one.textContent);
  return labels.length ? plain(labels.join(" ")) : spoken(it);
};
const shown = (it) => it.getClientRects().length > 0;

function look() {
  if (wanted.role === "text") {
    return plain(document.body.innerText).includes(wanted.name) || null;
  }
  const all = [...document.querySelectorAll(roles[wanted.role] ?? wanted.name)].filter(shown);
  if (wanted.role === "css") return all.at(wanted.index ?? 0) ?? null;
  const usable = all.filter((it) => !it.disabled);
  return (
    usable.find((it) => named(it) === wanted.name) ??
    usable.find((it) => named(it).startsWith(wanted.name)) ??
    null
  );
}

const found = look();
if (found) done(found);
else {
  let watch, often, late;
  const end = (value) => {
    watch.disconnect();
    clearInterval(often);
    clearTimeout(late);
    done(value);
  };
  const again = () => {
    const it = look();
    if (it) end(it);
  };
  watch = new MutationObserver(again);
  watch.observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
  // Values and layout change without a mutation.
  often = setInterval(again, 200);
  late = setTimeout(() => end({ missing: plain(document.body.innerText).slice(0, 3000) }), patience);
}
