import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

const tauri = JSON.parse(
  readFileSync(fileURLToPath(new URL("../tauri.conf.json", import.meta.url)), "utf8"),
) as { app: { security: { csp: Record<string, string> } } };

/** The policy of the real window, so that the preview breaks where the window would. */
const csp = Object.entries(tauri.app.security.csp)
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join("; ");

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  clearScreen: false,
  resolve: { alias: { $lib: fileURLToPath(new URL("./src/lib", import.meta.url)) } },
  server: { host: "127.0.0.1", port: 1420, strictPort: true },
  preview: {
    host: "127.0.0.1",
    port: 1421,
    strictPort: true,
    headers: { "Content-Security-Policy": csp },
  },
  build: {
    // The oldest engine that the packages meet is WebKitGTK 2.42.
    target: ["safari17", "chrome120"],
    // A data: URL for a font would not pass the content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 300,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
    setupFiles: ["./tests/setup.ts"],
    maxWorkers: 1,
    restoreMocks: true,
    // Ends what hangs; how fast this computer is says nothing about the pages.
    testTimeout: 900_000,
    hookTimeout: 180_000,
  },
});
