/* Text: UTF-8 walking, folding, keys for comparing companies and telephone
 * numbers. */
#include "base/text.h"

#include <string.h>

#include "base/buf.h"

size_t utf8_decode(const char *p, size_t n, u32 *cp)
{
	const u8 *s = (const u8 *)p;
	if (!n)
		return 0;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	size_t len;
	u32 least, c;
	if (s[0] >= 0xc2 && s[0] < 0xe0) {
		len = 2;
		least = 0x80;
		c = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] < 0xf0) {
		len = 3;
		least = 0x800;
		c = s[0] & 0x0f;
	} else if (s[0] >= 0xf0 && s[0] < 0xf5) {
		len = 4;
		least = 0x10000;
		c = s[0] & 0x07;
	} else {
		return 0;
	}
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*cp = c;
	return len;
}

bool utf8_valid(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n) {
		u32 cp;
		size_t len = utf8_decode(s + i, n - i, &cp);
		if (!len)
			return false;
		i += len;
	}
	return true;
}

const char *utf8_clean(struct arena *a, const char *s, size_t n)
{
	if (utf8_valid(s, n))
		return arena_strndup(a, s, n);
	struct buf b = buf_new(a, 3 * n);
	for (size_t i = 0, len; i < n; i += len) {
		u32 cp;
		len = utf8_decode(s + i, n - i, &cp);
		if (len) {
			buf_write(&b, s + i, len);
		} else {
			buf_puts(&b, "\xef\xbf\xbd");
			len = 1;
		}
	}
	return buf_str(&b);
}
