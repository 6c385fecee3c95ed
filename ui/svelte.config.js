import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess({ script: true }),
  // Styles go to a file: the content policy has no place for inline ones.
  compilerOptions: { css: "external", runes: true },
};
