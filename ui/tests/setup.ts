import { configure } from "@testing-library/svelte";
import "@testing-library/jest-dom/vitest";
import { afterEach, vi } from "vitest";

// jsdom has the element, but not its methods.
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
  this.open = true;
  this.querySelector<HTMLElement>("input, button, select, textarea")?.focus();
};
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
  this.open = false;
  this.dispatchEvent(new Event("close"));
};
HTMLCanvasElement.prototype.getContext = () => null;

// Ends what never comes; how fast this computer is says nothing about the pages.
configure({ asyncUtilTimeout: 60_000 });

// The window's clock stands where its test has put it, and that of the next one does not.
afterEach(() => void vi.useRealTimers());
