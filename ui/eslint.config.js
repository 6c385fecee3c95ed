import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const seam = {
  patterns: [
    {
      group: ["@tauri-apps/*"],
      message: "Only src/lib/api/tauri.ts knows Tauri; everything else goes through the transport.",
    },
  ],
};

export default ts.config(
  { ignores: ["dist/", "dist-sample/", "node_modules/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "no-restricted-imports": ["error", seam],
      "no-console": "error",
      eqeqeq: "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "svelte/no-at-html-tags": "error",
      // A style directive sets the value through the CSSOM, which the content policy allows; a
      // style attribute in the markup would be dropped.
      "no-restricted-syntax": [
        "error",
        {
          selector: "SvelteAttribute[key.name='style']",
          message: "Use a class, or a style: directive for a computed value.",
        },
      ],
      "svelte/prefer-svelte-reactivity": "off",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
  },
  { files: ["src/lib/api/tauri.ts"], rules: { "no-restricted-imports": "off" } },
  {
    files: ["*.config.*", "tests/**", "scripts/**"],
    languageOptions: { globals: { ...globals.node } },
  },
);
