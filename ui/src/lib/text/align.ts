/**
 * Where notes go in the margin: each as near as can be to the line it belongs to, none over
 * another, in the order given. `wanted` and `heights` are in pixels.
 */
export function align(
  wanted: readonly number[],
  heights: readonly number[],
  gap: number,
): number[] {
  const tops: number[] = [];
  let free = 0;
  wanted.forEach((want, i) => {
    const top = Math.max(want, free);
    tops.push(top);
    free = top + (heights[i] ?? 0) + gap;
  });
  return tops;
}
