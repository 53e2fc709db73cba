/* Writing MIME: header words, addresses, base64 bodies. */
#include "net/letter.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

enum { LINE = 76, LETTER_MAX = 4 * 1024 * 1024 };

static bool plain(const char *s)
{
	for (; *s; s++)
		if ((u8)*s < 0x20 || (u8)*s > 0x7e)
			return false;
	return true;
}

static const char *one_line(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, utf8_clean(a, s, strlen(s)));
	for (char *p = copy; *p; p++)
		if ((u8)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return copy;
}

/* Encoded words of at most 75 characters, none of which splits a character. */
const char *letter_words(struct arena *a, const char *s, size_t col)
{
	static const char head[] = "=?UTF-8?B?", tail[] = "?=";
	s = one_line(a, s);
	if (plain(s) && strlen(s) + col <= LINE * 4 && !strstr(s, "=?"))
		return s;
	struct buf b = buf_new(a, LETTER_MAX);
	while (*s) {
		size_t room = LINE - 1 > col + sizeof head + sizeof tail
		                      ? (LINE - 1 - col - sizeof head - sizeof tail) / 4 * 3
		                      : 0;
		const char *end = s;
		u32 cp;
		for (size_t k; *end && (k = utf8_decode(end, strlen(end), &cp)) &&
		               (size_t)(end - s) + k <= room;)
			end += k;
		if (b.n)
			buf_puts(&b, "\r\n ");
		if (end == s && col > 1) {
			col = 1;
			continue;
		}
		buf_printf(&b, "%s%s%s", head, base64(a, s, (size_t)(end - s)), tail);
		s = end;
		col = 1;
	}
	return buf_str(&b);
}

bool letter_address(const char *s)
{
	const char *at = strchr(s, '@');
	return at && at > s && at[1] && !strchr(at + 1, '@') && plain(s) &&
	       !strpbrk(s, " <>()[]\\,;:\"") && strlen(s) <= 254;
}

static void header(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s: %s\r\n", name, value);
}

static void person(struct buf *b, const char *name, const char *display, const char *address)
{
	if (!display || !*display) {
		buf_printf(b, "%s: <%s>\r\n", name, address);
		return;
	}
	const char *words = letter_words(b->a, display, strlen(name) + 2);
	/* What is not encoded is quoted: a comma would begin another address. */
	if (words[0] == '=' && words[1] == '?') {
		buf_printf(b, "%s: %s\r\n <%s>\r\n", name, words, address);
		return;
	}
	buf_printf(b, "%s: \"", name);
	for (const char *p = words; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *p);
	}
	buf_printf(b, "\" <%s>\r\n", address);
}

static void date(struct buf *b, i64 us)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	day_t day = (day_t)(us / US_PER_DAY);
	int y, m, d, s = (int)(us % US_PER_DAY / US_PER_SEC);
	day_to_ymd(day, &y, &m, &d);
	buf_printf(b, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[day_weekday(day) - 1],
	           d, months[m - 1], y, s / 3600, s / 60 % 60, s % 60);
}

static void part(struct buf *b, const char *boundary, const char *type, const char *text)
{
	buf_printf(b,
	           "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
	           "Content-Transfer-Encoding: base64\r\n\r\n",
	           boundary, type);
	const char *p = base64(b->a, text, strlen(text));
	for (size_t n = strlen(p), k; n; p += k, n -= k) {
		k = n < LINE ? n : LINE;
		buf_write(b, p, k);
		buf_puts(b, "\r\n");
	}
}

const char *letter_write(struct arena *a, const struct letter *l)
{
	struct buf b = buf_new(a, LETTER_MAX);
	char boundary[SHA256_HEX];
	sha256_hex(l->message_id, strlen(l->message_id), boundary);
	boundary[32] = '\0';
	date(&b, l->date);
	person(&b, "From", l->from_name, l->from);
	person(&b, "To", l->to_name, l->to);
	header(&b, "Subject", letter_words(a, l->subject, strlen("Subject: ")));
	header(&b, "Message-ID", one_line(a, l->message_id));
	if (l->thread) {
		header(&b, "In-Reply-To", one_line(a, l->thread));
		header(&b, "References", one_line(a, l->thread));
	}
	if (l->unsubscribe)
		header(&b, "List-Unsubscribe",
		       arena_printf(a, "<%s>", one_line(a, l->unsubscribe)));
	header(&b, "Auto-Submitted", "auto-generated");
	header(&b, "Content-Language", l->lang);
	header(&b, "MIME-Version", "1.0");
	buf_printf(&b, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n",
	           boundary);
	part(&b, boundary, "text/plain", l->text);
	part(&b, boundary, "text/html", l->html);
	buf_printf(&b, "--%s--\r\n", boundary);
	return buf_str(&b);
}
