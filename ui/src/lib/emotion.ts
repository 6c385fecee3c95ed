/** The six roots, in the order of the taxonomy; each has a hue and a shape. */
export const roots = ["joy", "love", "surprise", "anger", "sadness", "fear"] as const;
export type Root = (typeof roots)[number];

/** The root of a taxonomy node's dotted id; null for what is not in the tree. */
export function root(taxonomy: string | null): Root | null {
  const first = taxonomy?.split(".")[0];
  return roots.find((it) => it === first) ?? null;
}
