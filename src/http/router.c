/* Router: the tables of routes compiled into a tree of segments, once at start.
 * A look-up is one binary search per segment; it goes back when a literal led nowhere. */
#include <stdlib.h>
#include <string.h>

#include "http/impl.h"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
enum { GET, HEAD, N_METHODS = ARRAY_LEN(methods) };

/* A route with the names of its parameters, in order. */
struct entry {
	const struct http_route *route;
	const char *names[HTTP_PARAMS_MAX];
	size_t n_names;
};

struct ends {
	const struct entry *by[N_METHODS];
	unsigned bits;
};

struct node {
	const char *seg;
	struct node **kids; /* literals, sorted */
	size_t n_kids, cap_kids;
	struct node *param;
	struct ends here; /* the path ends here */
	struct ends rest; /* {rest*} from here */
};

struct router {
	struct node root;
};

static int method_index(const char *m)
{
	for (int i = 0; i < N_METHODS; i++)
		if (!strcmp(methods[i], m))
			return i;
	return -1;
}

static struct node *kid(const struct node *n, const char *seg, size_t *at)
{
	size_t lo = 0, hi = n->n_kids;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int d = strcmp(seg, n->kids[mid]->seg);
		if (!d)
			return n->kids[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	*at = lo;
	return NULL;
}

static struct node *add_kid(struct arena *a, struct node *n, const char *seg)
{
	size_t at = 0;
	struct node *k = kid(n, seg, &at);
	if (k)
		return k;
	if (n->n_kids == n->cap_kids) {
		size_t cap = n->cap_kids ? n->cap_kids * 2 : 4;
		struct node **kids = ARENA_ARRAY(a, cap, struct node *);
		if (n->n_kids)
			memcpy(kids, n->kids, n->n_kids * sizeof *kids);
		n->kids = kids;
		n->cap_kids = cap;
	}
	memmove(n->kids + at + 1, n->kids + at, (n->n_kids - at) * sizeof *n->kids);
	k = n->kids[at] = ARENA_NEW(a, struct node);
	k->seg = seg;
	n->n_kids++;
	return k;
}

/* One row. NULL or what is wrong with it. */
static const char *add(struct arena *a, struct router *r, const struct http_route *row)
{
	int m = method_index(row->method);
	if (m < 0)
		return "unknown method";
	if (!row->fn || !row->path || row->path[0] != '/')
		return "a route needs a handler and a path that begins with '/'";
	struct entry *en = ARENA_NEW(a, struct entry);
	struct node *n = &r->root;
	struct ends *ends = NULL;
	en->route = row;
	for (const char *p = row->path + 1; *p;) {
		size_t len = strcspn(p, "/");
		char *seg = arena_strndup(a, p, len);
		p += len + (p[len] == '/');
		if (!len || ends)
			return "an empty segment, or one after {rest*}";
		if (seg[0] != '{') {
			n = add_kid(a, n, seg);
			continue;
		}
		if (len < 3 || seg[len - 1] != '}' || en->n_names == HTTP_PARAMS_MAX)
			return "bad or too many parameters";
		bool rest = seg[len - 2] == '*';
		seg[len - (rest ? 2 : 1)] = '\0';
		en->names[en->n_names++] = seg + 1;
		if (rest) {
			ends = &n->rest;
			continue;
		}
		if (!n->param)
			n->param = ARENA_NEW(a, struct node);
		n = n->param;
	}
	if (!ends)
		ends = &n->here;
	if (ends->by[m])
		return "the method and path are taken by another route";
	ends->by[m] = en;
	ends->bits |= 1u << m;
	return NULL;
}

err_t router_new(struct arena *a, struct errs *e, const struct http_route *const *tables,
                 struct router **out)
{
	struct router *r = ARENA_NEW(a, struct router);
	for (; tables && *tables; tables++)
		for (const struct http_route *row = *tables; row->method; row++) {
			const char *bad = add(a, r, row);
			if (bad)
				return errs_fail(e, ERR_INTERNAL, "route %s %s: %s", row->method,
				                 row->path ? row->path : "", bad);
		}
	*out = r;
	return ERR_OK;
}

struct walk {
	const struct http_target *t;
	int method;
	unsigned allow;
	const struct entry *hit;
	bool hit_rest;
	size_t n_caught;
	size_t caught[HTTP_PARAMS_MAX]; /* segment of each parameter */
};

/* Takes the entry if the method fits; otherwise notes what would. */
static bool take(struct walk *w, const struct ends *e, bool rest)
{
	w->allow |= e->bits;
	if (w->method < 0)
		return false;
	w->hit = e->by[w->method];
	if (!w->hit && w->method == HEAD)
		w->hit = e->by[GET];
	w->hit_rest = rest;
	return w->hit != NULL;
}

static bool walk(struct walk *w, const struct node *n, size_t i)
{
	size_t at;
	if (i == w->t->n_segs)
		return take(w, &n->here, false);
	const struct node *k = kid(n, w->t->segs[i], &at);
	if (k && walk(w, k, i + 1))
		return true;
	if (w->n_caught == HTTP_PARAMS_MAX)
		return false;
	w->caught[w->n_caught++] = i;
	if (n->param && walk(w, n->param, i + 1))
		return true;
	/* What stands for a file below a folder has no slash hidden in a segment. */
	if (n->rest.bits && !(w->t->slashed >> i) && take(w, &n->rest, true))
		return true;
	w->n_caught--;
	return false;
}

static const char *join(struct arena *a, const struct http_target *t, size_t from)
{
	struct buf b = buf_new(a, TARGET_MAX);
	for (size_t i = from; i < t->n_segs; i++) {
		if (i > from)
			buf_putc(&b, '/');
		buf_puts(&b, t->segs[i]);
	}
	return buf_str(&b);
}

struct match router_find(const struct router *r, struct arena *a, const char *method,
                         const struct http_target *t, struct http_pair *params, size_t *n_params)
{
	struct walk w = {.t = t, .method = method_index(method)};
	*n_params = 0;
	if (!walk(&w, &r->root, 0))
		return (struct match){.allow = w.allow};
	for (size_t i = 0; i < w.hit->n_names; i++) {
		bool rest = w.hit_rest && i + 1 == w.hit->n_names;
		params[i].key = w.hit->names[i];
		params[i].value = rest ? join(a, t, w.caught[i]) : t->segs[w.caught[i]];
	}
	*n_params = w.hit->n_names;
	return (struct match){.route = w.hit->route, .allow = w.allow};
}

const char *router_allow(struct arena *a, unsigned bits)
{
	struct buf b = buf_new(a, 128);
	if (bits & (1u << GET))
		bits |= 1u << HEAD;
	for (int i = 0; i < N_METHODS; i++) {
		if (!(bits & (1u << i)))
			continue;
		if (b.n)
			buf_puts(&b, ", ");
		buf_puts(&b, methods[i]);
	}
	return buf_str(&b);
}
