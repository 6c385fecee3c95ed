import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile, parse } from "svelte/compiler";
import { describe, expect, it } from "vitest";
import { yearGrid } from "$lib/charts/year";
import { roots } from "$lib/emotion";

const source = readFileSync("src/lib/styles/tokens.css", "utf8");
type Colour = [number, number, number];

function block(selector: string): Record<string, string> {
  const at = source.indexOf(`${selector} {`);
  if (at < 0) throw new Error(`no ${selector}`);
  const body = source.slice(at, source.indexOf("\n}", at));
  return Object.fromEntries(
    [...body.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/gu)].map((it) => [it[1], it[2]]),
  ) as Record<string, string>;
}
const light = block(":root");
const dark = { ...light, ...block(':root[data-theme="dark"]') };
const themes = {
  light,
  dark,
  "light, high contrast": { ...light, ...block(':root[data-contrast="more"]') },
  "dark, high contrast": {
    ...dark,
    ...block(':root[data-theme="dark"][data-contrast="more"]'),
  },
};

function linear(hex: string | undefined): Colour {
  if (hex === undefined) throw new Error("a token is missing");
  return [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Colour;
}
const luminance = ([r, g, b]: Colour) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
function contrast(a: string | undefined, b: string | undefined): number {
  const [dim, bright] = [luminance(linear(a)), luminance(linear(b))].sort((x, y) => x - y);
  return ((bright ?? 0) + 0.05) / ((dim ?? 0) + 0.05);
}

/** How the three forms of colour-blindness see linear RGB (Machado and others, 2009, severity 1). */
const sight: Record<string, Colour[]> = {
  everyone: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const seen = (matrix: Colour[], [r, g, b]: Colour): Colour =>
  matrix.map((row) => Math.max(0, row[0] * r + row[1] * g + row[2] * b)) as Colour;

function oklab([r, g, b]: Colour): Colour {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
const distance = (a: Colour, b: Colour) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) * 100;

describe.each(Object.entries(themes))("the colours of %s", (name, tokens) => {
  const least = name.includes("high") ? 7 : 4.5;
  const papers = ["paper", "surface", "sunken"] as const;

  it.each(["ink", "ink-soft", "ink-faint", "accent", "warn"])("can be read as %s", (ink) => {
    for (const paper of papers)
      expect(contrast(tokens[ink], tokens[paper]), `${ink} on ${paper}`).toBeGreaterThanOrEqual(
        ink === "ink" ? 7 : least,
      );
  });

  it("can be read on buttons and washes", () => {
    expect(contrast(tokens["on-accent"], tokens["accent"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens["on-accent"], tokens["accent-strong"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens["ink"], tokens["accent-wash"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens["ink"], tokens["warn-wash"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens["warn"], tokens["warn-wash"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens["ink-soft"], tokens["accent-wash"])).toBeGreaterThanOrEqual(4.5);
  });

  it("show where a field begins", () => {
    for (const paper of papers)
      expect(contrast(tokens["line"], tokens[paper])).toBeGreaterThanOrEqual(3);
  });

  if (name.includes("high"))
    it("show what lies lower than the page", () => {
      expect(contrast(tokens["sunken"], tokens["paper"])).toBeGreaterThanOrEqual(1.3);
    });

  it.each(roots)("let %s be read on every paper", (root) => {
    for (const paper of papers)
      expect(contrast(tokens[root], tokens[paper])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(Object.entries(sight))("keep the six feelings apart for %s", (_, matrix) => {
    const colours = roots.map((root) => ({
      root,
      lab: oklab(seen(matrix, linear(tokens[root]))),
    }));
    for (const a of colours)
      for (const b of colours)
        if (a.root < b.root)
          expect(distance(a.lab, b.lab), `${a.root} and ${b.root}`).toBeGreaterThanOrEqual(9);
  });
});

describe("the days of a year", () => {
  const style = readFileSync("src/lib/charts/Year.svelte", "utf8").split("<style>")[1] ?? "";

  it("have an edge in high contrast, whatever happened on them", () => {
    expect(style).toMatch(
      /:global\(\[data-contrast="more"\]\) rect \{\s*stroke: var\(--line\);\s*\}/u,
    );
  });

  it("have the names of their months in the size of the text, beside each other at its largest", () => {
    const size = Number(/font-size: calc\((\d+)px \* var\(--scale\)\)/u.exec(style)?.[1]);
    const { months, cells } = yearGrid(2026, [], "2026-11-24");
    const ends = months.slice(1).map(({ x }, i) => x - (months[i]?.x ?? 0));
    // No letter is wider than high; the names have three or four of them.
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(4 * 0.9 * 1.5 * size);
    // They stand at 12 above the first row of days, and reach a quarter of their size below.
    expect(Math.min(...cells.map(({ y }) => y))).toBeGreaterThan(12 + (1.5 * size) / 4);
  });
});

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).map((it) =>
  join("src", it),
);
const readText = (file: string) =>
  /\.(svelte|ts|css)$/u.test(file) ? readFileSync(file, "utf8") : "";
const components = files.filter((it) => it.endsWith(".svelte"));

it("the page itself holds no script, no style, and asks for nothing from elsewhere", () => {
  const page = readFileSync("index.html", "utf8");
  expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=/u);
  expect([...page.matchAll(/<script[^>]*>([^<]*)</gu)].map((it) => it[1]?.trim())).toEqual([""]);
  expect(files.filter((it) => /https?:\/\//u.test(readText(it)) && !/mock|test/u.test(it))).toEqual(
    [],
  );
});

describe("every component", () => {
  it.each(components)("%s takes its colours from the tokens", (file) => {
    const style = /<style>[\s\S]*<\/style>/u.exec(readFileSync(file, "utf8"))?.[0] ?? "";
    expect(style).not.toMatch(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/iu);
  });

  it.each(components)("%s puts no style and no script into its markup", (file) => {
    const { js } = compile(readFileSync(file, "utf8"), {
      filename: file,
      generate: "client",
      css: "external",
      runes: true,
    });
    expect(js.code).not.toMatch(/from_html\(`[^`]*\sstyle=/u);
    expect(js.code).not.toMatch(/from_html\(`[^`]*<(script|style)/u);
    expect(js.code).not.toContain(".innerHTML");
  });

  it.each(components)("%s has its words in the catalogue", (file) => {
    const { fragment } = parse(readFileSync(file, "utf8"), { modern: true, filename: file });
    const found: string[] = [];
    const spoken = new Set(["aria-label", "title", "placeholder", "label", "alt", "hint", "why"]);
    const walk = (node: unknown): void => {
      if (Array.isArray(node)) return node.forEach(walk);
      if (typeof node !== "object" || node === null) return;
      const it = node as Record<string, unknown>;
      if (it["type"] === "StyleDirective") return;
      if (it["type"] === "Attribute") {
        const value = it["value"];
        if (spoken.has(String(it["name"])) && Array.isArray(value)) value.forEach(walk);
        return;
      }
      if (it["type"] === "Text" && /\p{L}{2,}/u.test(String(it["data"])))
        found.push(String(it["data"]).trim());
      for (const [key, value] of Object.entries(it))
        if (key !== "metadata" && key !== "expression") walk(value);
    };
    walk(fragment);
    expect(found).toEqual([]);
  });
});
