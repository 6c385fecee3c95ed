/** A place in the app, as it stands in the window's hash. */
export interface Route {
  page: string;
  id: string | null;
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/u, "").split("?");
  const [page = "", id = ""] = path.split("/").map(decodeURIComponent);
  return { page: page || "journey", id: id || null, query: new URLSearchParams(query) };
}

export function href(page: string, id?: string | null, query?: Record<string, string>): string {
  const tail = id ? `/${encodeURIComponent(id)}` : "";
  const search = query && Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : "";
  return `#/${page}${tail}${search}`;
}

class Router {
  route = $state.raw<Route>(parse(window.location.hash));
  #steps = 0;

  constructor() {
    window.addEventListener("hashchange", () => {
      this.#steps++;
      this.route = parse(window.location.hash);
    });
  }

  go(page: string, id?: string | null, query?: Record<string, string>): void {
    const next = href(page, id, query);
    if (next === window.location.hash) return;
    window.location.hash = next;
    this.route = parse(next);
  }

  /** As `go`, without a step in the history. */
  replace(page: string, id?: string | null, query?: Record<string, string>): void {
    const next = href(page, id, query);
    window.history.replaceState(null, "", next);
    this.route = parse(next);
  }

  /** Begins anew: where one person was is nothing for the next. */
  reset(): void {
    this.#steps = 0;
    this.replace("journey");
  }

  back(): void {
    if (this.#steps > 0) {
      this.#steps -= 2;
      window.history.back();
    } else {
      this.go("journey");
    }
  }
}

export const router = new Router();
