/* Header guard: refuses what two parsers could read differently, before anybody acts on it.
 *
 * MHD 0.9.75 lets much pass (doubled lengths, folded headers glued to the *name*, NUL).  It
 * parses in place, so in an honest header every piece stands exactly where the one before it
 * ends: name ':' blanks value CR LF name ….  A fold, a NUL, a bare LF or a blank too many
 * breaks that chain.  The chain is checked only with the versions whose code was read; with
 * another one these four cases are left to the proxy (a line in the log says so). */
#include <string.h>
#include <strings.h>

#include "http/impl.h"

struct scan {
	const char *reason;
	const char *expected; /* where the next name must begin; NULL: layout not known */
	unsigned hosts, lengths, codings;
	struct head *head;
};

bool guard_knows_layout(void)
{
	static const char *const known[] = {"0.9.75"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(MHD_get_version(), known[i]))
			return true;
	return false;
}

/* RFC 9110 token characters. */
static bool is_token(const char *s, size_t n)
{
	static const bool ok[256] = {
		['!'] = true,         ['#'] = true,         ['$'] = true, ['%'] = true,
		['&'] = true,         ['\''] = true,        ['*'] = true, ['+'] = true,
		['-'] = true,         ['.'] = true,         ['^'] = true, ['_'] = true,
		['`'] = true,         ['|'] = true,         ['~'] = true, ['0' ... '9'] = true,
		['A' ... 'Z'] = true, ['a' ... 'z'] = true,
	};
	for (size_t i = 0; i < n; i++)
		if (!ok[(u8)s[i]])
			return false;
	return n > 0;
}

static bool is_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((u8)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
			return false;
	return true;
}

static bool is_name(const char *key, size_t n, const char *name, size_t name_n)
{
	return n == name_n && !strncasecmp(key, name, n);
}
#define IS(name_) is_name(key, kn, name_, sizeof(name_) - 1)

static const char *see_host(const char *v, size_t n)
{
	if (!n)
		return "empty Host";
	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]",
		            v[i]))
			return "bad Host";
	return NULL;
}

static const char *see_length(const char *v, size_t n, u64 *out)
{
	if (!n || n > 18)
		return "bad Content-Length";
	u64 len = 0;
	for (size_t i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return "bad Content-Length";
		len = len * 10 + (u64)(v[i] - '0');
	}
	*out = len;
	return NULL;
}

static const char *see(struct scan *sc, const char *key, size_t kn, const char *v, size_t vn)
{
	if (!is_token(key, kn))
		return "bad header name";
	if (!is_text(v, vn))
		return "control character in a header";
	if (sc->expected) {
		const char *p = key + kn;
		if (key != sc->expected || v < p || v - p > HEADER_MAX)
			return "folded header, NUL or bare line feed";
		for (p++; p < v; p++) /* the colon became a NUL */
			if (*p != ' ' && *p != '\t')
				return "folded header, NUL or bare line feed";
		sc->expected = v + vn + 2;
	}
	if (IS("Host")) {
		sc->hosts++;
		return see_host(v, vn);
	}
	if (IS("Content-Length")) {
		sc->lengths++;
		return see_length(v, vn, &sc->head->length);
	}
	if (IS("Transfer-Encoding")) {
		sc->codings++;
		sc->head->chunked = true;
		return vn == 7 && !strncasecmp(v, "chunked", 7) ? NULL
		                                                : "unknown Transfer-Encoding";
	}
	if (IS("Expect"))
		sc->head->expect = true;
	return NULL;
}

static enum MHD_Result see_cb(void *cls, enum MHD_ValueKind kind, const char *key, size_t kn,
                              const char *v, size_t vn)
{
	struct scan *sc = cls;
	(void)kind;
	sc->reason = see(sc, key, kn, v ? v : "", v ? vn : 0);
	return sc->reason ? MHD_NO : MHD_YES;
}

const char *guard_check(struct conn *c, const char *url, const char *method, const char *version,
                        struct head *out)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c->mc, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct scan sc = {.head = out};
	bool old = !strcmp(version, "HTTP/1.0");
	*out = (struct head){.code = ERR_BAD_REQUEST};
	if (!old && strcmp(version, "HTTP/1.1") != 0)
		return "unknown protocol version";
	if (!is_token(method, strlen(method)))
		return "bad method";
	if (!info || info->header_size > HEADER_MAX) {
		out->code = ERR_HEADER_SIZE;
		return "the header is over 16 KB";
	}
	size_t target_n = strlen(c->rq.target);
	if (target_n > TARGET_MAX)
		return "the target is over 8 KB";
	if (c->rq.target[strcspn(c->rq.target, " \t")])
		return "bad request line";
	if (c->s->layout_known) {
		if (url != method + strlen(method) + 1 || version != url + target_n + 1)
			return "bad request line";
		sc.expected = version + strlen(version) + 2;
	}
	MHD_get_connection_values_n(c->mc, MHD_HEADER_KIND, see_cb, &sc);
	if (sc.reason)
		return sc.reason;
	if (c->s->layout_known && sc.expected + 2 != method + info->header_size)
		return "folded header, NUL or bare line feed";
	if (sc.hosts > 1 || (!sc.hosts && !old))
		return "there must be one Host header";
	if (sc.lengths > 1)
		return "more than one Content-Length";
	if (sc.codings > 1 || (sc.codings && (sc.lengths || old)))
		return "ambiguous body length";
	return NULL;
}
