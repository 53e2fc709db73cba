/* Log lines: built whole in a small arena, written at once. */
#include "base/log.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"

enum { VALUE_MAX = 2048, LINE_MAX_BYTES = 256 * 1024 };

static _Atomic int least = LOG_INFO;

void log_level_set(enum log_level l)
{
	least = l;
}

static void text_value(struct jw *w, const char *s)
{
	size_t n = strnlen(s, VALUE_MAX + 1);
	if (n > VALUE_MAX) {
		n = VALUE_MAX;
		while (n && ((u8)s[n] & 0xc0) == 0x80) /* not inside a character */
			n--;
	}
	jw_strn(w, s, n);
}

void log_write(enum log_level l, const char *msg, const struct log_field *f, size_t n)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	if ((int)l < least)
		return;
	struct arena *a = arena_new(4 * LINE_MAX_BYTES);
	struct jw w = jw_new(a, LINE_MAX_BYTES);
	jw_obj(&w);
	jw_kstr(&w, "time", time_format(a, clock_now()));
	jw_kstr(&w, "level", names[l]);
	jw_key(&w, "msg");
	text_value(&w, msg);
	for (size_t i = 0; i < n; i++) {
		jw_key(&w, f[i].key);
		if (f[i].s)
			text_value(&w, f[i].s);
		else
			jw_int(&w, f[i].i);
	}
	jw_end_obj(&w);
	if (jw_done(&w)) {
		buf_putc(&w.b, '\n');
		/* A log that cannot be written must not stop the work. */
		ssize_t rc = write(STDERR_FILENO, w.b.p, w.b.n);
		(void)rc;
	}
	arena_free(a);
}
