/** Remembers what has the focus now; the returned function gives it back, where it was left to nothing. */
export function focusKept(): () => void {
  const kept = document.activeElement;
  return () => {
    // After what closes is gone, and after whoever wants the focus has taken it.
    requestAnimationFrame(() => {
      const nothing = document.activeElement === null || document.activeElement === document.body;
      if (nothing && kept instanceof HTMLElement && kept.isConnected) kept.focus();
    });
  };
}
