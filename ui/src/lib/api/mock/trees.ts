import type * as V from "../gen/views";
import { Failure } from "../transport";
import { tree } from "./fixtures";
import type { Stored } from "./notebook";

type Tree = V.TaxonomyView["taxonomy"];
type Nodes = Record<Tree, V.TaxonomyNodeView[]>;

const refuse = (code: V.ErrorCode, message: string, hint: string | null = null): never => {
  throw new Failure({ code, message, hint });
};

const topics = ["Work", "Family", "Body", "Home"].map((name): V.TaxonomyNode => ({
  id: name.toLowerCase(),
  parent: null,
  name,
  definition: `${name}, as a topic.`,
}));

/** The trees of a person, with what was found at their nodes. */
export function trees(store: () => Stored[], now: () => Date) {
  const fresh = (it: V.TaxonomyNode): V.TaxonomyNodeView => ({
    ...it,
    own: false,
    elements: 0,
    elements_below: 0,
  });
  let nodes: Nodes = { emotions: tree.map(fresh), topics: topics.map(fresh) };
  const before: { tree: Tree; nodes: Nodes; change: V.TaxonomyChangeView }[] = [];

  const treeOf = (id: string): Tree =>
    nodes.emotions.some((it) => it.id === id)
      ? "emotions"
      : nodes.topics.some((it) => it.id === id)
        ? "topics"
        : refuse("not_found", "there is no such node", "`insight-journey taxonomy` lists them.");

  function view(which: Tree): V.TaxonomyView {
    const found = store().flatMap(({ page }) => page.session.elements);
    const at = (id: string) => found.filter((it) => it.taxonomy === id).length;
    return {
      taxonomy: which,
      version: `${which}.v1`,
      nodes: nodes[which].map((it) => ({ ...it, elements: at(it.id) })),
      changes: before.filter((it) => it.tree === which).map(({ change }) => change),
    };
  }

  function change(which: Tree, what: string, to: (all: V.TaxonomyNodeView[]) => void) {
    const kept = structuredClone(nodes);
    to(nodes[which]);
    before.push({ tree: which, nodes: kept, change: { change: what, at: now().toISOString() } });
    return view(which);
  }

  function free(which: Tree, name: string) {
    if (nodes[which].some((it) => it.name.toLowerCase() === name.trim().toLowerCase()))
      refuse(
        "usage",
        "another node has this name already",
        "`insight-journey taxonomy merge` makes two nodes one.",
      );
  }

  return {
    view,
    rename(id: string, name: string) {
      const which = treeOf(id);
      free(which, name);
      return change(which, "rename", (all) => {
        const it = all.find((one) => one.id === id);
        if (it) it.name = name.trim();
      });
    },
    merge(from: string, into: string) {
      const which = treeOf(from);
      treeOf(into);
      return change(which, "merge", () => {
        nodes[which] = nodes[which].filter((it) => it.id !== from && !it.id.startsWith(`${from}.`));
      });
    },
    add(parent: string, name: string, what: "split" | "add") {
      const root = parent === "emotions" || parent === "topics";
      const which = root ? parent : treeOf(parent);
      free(which, name);
      const id = `${root ? "" : `${parent}.`}own-${name.trim().toLowerCase().replace(/\W+/gu, "-")}`;
      return change(which, what, (all) =>
        all.push({
          id,
          parent: root ? null : parent,
          name: name.trim(),
          definition: "One of mine.",
          own: true,
          elements: 0,
          elements_below: 0,
        }),
      );
    },
    undo() {
      const last = before.pop();
      if (last === undefined) return refuse("not_found", "there is nothing to take back");
      nodes = last.nodes;
      return view(last.tree);
    },
  };
}

/** What came up in more than one session, and what may be the same. */
export function threads(store: () => Stored[]) {
  /** Decisions of the person: `true` where two are the same. */
  const decided: { id: string; same: boolean }[] = [];

  interface Thread extends V.ThreadLine {
    places: V.ThreadElementView[];
    others: V.SuggestionView[];
  }

  function found(): Thread[] {
    const byLabel = new Map<string, Thread>();
    for (const { page } of store()) {
      for (const it of page.session.elements) {
        const evidence = it.evidence[0];
        if (!["belief", "challenge", "action"].includes(it.kind) || !evidence) continue;
        const place: V.ThreadElementView = {
          element: it.id,
          session: page.session.id,
          title: page.session.title,
          recorded_at: page.session.recorded_at,
          quote: evidence.quote,
          status: it.status,
        };
        const known = byLabel.get(it.label);
        if (known) {
          known.places.push(place);
          known.sessions++;
        } else
          byLabel.set(it.label, {
            id: `thread-${it.id}`,
            kind: it.kind,
            label: it.label,
            sessions: 1,
            last: place.recorded_at,
            places: [place],
            others: [],
          });
      }
    }
    return [...byLabel.values()];
  }

  function all(): Thread[] {
    const all = found();
    const beliefs = all.filter(({ kind }) => kind === "belief");
    const [one, other] = beliefs;
    if (one && other) {
      const said = decided.find(({ id }) => id === one.id || id === other.id);
      if (said === undefined) {
        one.others.push({ thread: other.id, label: other.label, similarity: 0.7 });
      } else if (said.same) {
        one.places.push(...other.places);
        one.sessions += other.sessions;
        all.splice(all.indexOf(other), 1);
      }
    }
    return all.sort((a, b) => b.sessions - a.sessions);
  }

  return {
    page(limit: number): V.ThreadPage {
      const questions = all().filter(({ others }) => others.length > 0);
      const again = all().filter(({ sessions }) => sessions > 1);
      return {
        questions: questions
          .slice(0, limit)
          .map(({ id, kind, label, others }) => ({ id, kind, label, others })),
        again: again
          .slice(0, limit)
          .map(({ id, kind, label, sessions, last }) => ({ id, kind, label, sessions, last })),
        more: Math.max(questions.length, again.length) > limit,
        unwoven: 0,
      };
    },
    places(id: string, limit: number): V.ThreadPlaces {
      const places = all().find((it) => it.id === id)?.places;
      if (places === undefined) return refuse("not_found", "there is no such thread");
      return { places: places.slice(0, limit), more: places.length > limit };
    },
    decide(id: string, shown: string[], same: boolean): null {
      const asked = all().find((it) => it.id === id);
      if (!asked?.others.some(({ thread }) => shown.includes(thread)))
        return refuse("not_found", "nothing is suggested for this thread");
      decided.push({ id, same });
      return null;
    },
    undo(): null {
      if (decided.pop() === undefined) return refuse("not_found", "there is nothing to take back");
      return null;
    },
  };
}
