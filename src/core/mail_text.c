/* What letters look like: one template for a notice, a digest and a test, as text and as HTML. */
#include <string.h>

#include "base/text.h"
#include "core/mail.h"

enum { TEXT_MAX = 512 * 1024, SUBJECT_CHARS = 120 };

/* clang-format off */
static const struct label say_test = L("测试邮件：发信正常", "Test mail: sending works"),
	say_test_body = L("收到这封邮件，说明邮件服务器设置正确。",
	                  "If you read this, the mail server is set up correctly."),
	say_open = L("打开查看", "Open"),
	say_footer = L("您收到这封邮件，是因为在通知设置里选择了邮件提醒。",
	               "You get this mail because your notification settings ask for it."),
	say_settings = L("修改通知设置", "Change notification settings");
/* clang-format on */

static const char *kind_name(const struct mail_words *m, const struct mail_item *it)
{
	const struct notice_kind *k = it->kind ? notice_kind_find(it->kind) : NULL;
	return k ? label_in(k->label, m->lang) : "";
}

static const char *title_of(const struct mail_item *it)
{
	return it->title ? it->title : "";
}

const char *mail_subject(struct arena *a, const struct mail_words *m)
{
	if (m->test)
		return label_in(say_test, m->lang);
	if (m->digest)
		return m->lang == LANG_EN ? arena_printf(a, "Digest: %zu notifications", m->n)
		                          : arena_printf(a, "通知汇总：%zu 条", m->n);
	return utf8_head(a,
	                 arena_printf(a, m->lang == LANG_EN ? "[%s] %s" : "【%s】%s",
	                              kind_name(m, m->items), title_of(m->items)),
	                 SUBJECT_CHARS);
}

static const char *link(struct arena *a, const struct mail_words *m, const char *href)
{
	size_t n = strlen(m->site);
	while (n && m->site[n - 1] == '/')
		n--;
	return n && href && href[0] == '/' ? arena_printf(a, "%.*s%s", (int)n, m->site, href)
	                                   : NULL;
}

static const char *when(struct arena *a, const struct mail_words *m, i64 at)
{
	day_t day = day_of(at, m->zone);
	int min = (int)((at - time_at(day, 0, m->zone)) / US_PER_MIN);
	return arena_printf(a, "%s %02d:%02d", day_format(a, day), min / 60 % 24, min % 60);
}

/* -- text -- */

const char *mail_text(struct arena *a, const struct mail_words *m)
{
	struct buf b = buf_new(a, TEXT_MAX);
	const char *settings = link(a, m, "/me/notifications");
	if (m->name) {
		buf_puts(&b, m->lang == LANG_EN ? arena_printf(a, "Hello %s,", m->name)
		                                : arena_printf(a, "%s，您好：", m->name));
		buf_puts(&b, "\r\n\r\n");
	}
	if (m->test)
		buf_printf(&b, "%s\r\n", label_in(say_test_body, m->lang));
	for (size_t i = 0; i < m->n; i++) {
		const struct mail_item *it = &m->items[i];
		const char *to = link(a, m, it->href);
		buf_printf(&b, m->lang == LANG_EN ? "[%s] %s\r\n" : "【%s】%s\r\n",
		           kind_name(m, it), title_of(it));
		if (it->body && *it->body)
			buf_printf(&b, "%s\r\n", it->body);
		if (m->digest)
			buf_printf(&b, "%s\r\n", when(a, m, it->at));
		if (to)
			buf_printf(&b, "%s\r\n", to);
		buf_puts(&b, "\r\n");
	}
	buf_printf(&b, "-- \r\n%s\r\n%s\r\n", m->company, label_in(say_footer, m->lang));
	if (settings)
		buf_printf(&b, "%s: %s\r\n", label_in(say_settings, m->lang), settings);
	return buf_str(&b);
}

/* -- HTML -- */

static void esc(struct buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&': buf_puts(b, "&amp;"); break;
		case '<': buf_puts(b, "&lt;"); break;
		case '>': buf_puts(b, "&gt;"); break;
		case '"': buf_puts(b, "&quot;"); break;
		case '\n': buf_puts(b, "<br>"); break;
		default: buf_putc(b, *s);
		}
}

static void tag(struct buf *b, const char *open, const char *text, const char *close)
{
	buf_puts(b, open);
	esc(b, text);
	buf_puts(b, close);
}

static void anchor(struct buf *b, const char *style, const char *to, const char *text)
{
	tag(b, "<a href=\"", to, "\" style=\"");
	buf_puts(b, style);
	tag(b, "\">", text, "</a>");
}

static void item_html(struct buf *b, const struct mail_words *m, const struct mail_item *it)
{
	const char *to = link(b->a, m, it->href);
	buf_puts(b, "<div style=\"padding:12px 0;border-top:1px solid #e3e6ea\">");
	tag(b, "<div style=\"color:#5b6470;font-size:13px\">", kind_name(m, it), "");
	if (m->digest)
		tag(b, " · ", when(b->a, m, it->at), "");
	buf_puts(b, "</div>");
	tag(b, "<div style=\"font-size:16px;font-weight:600;margin:4px 0\">", title_of(it),
	    "</div>");
	if (it->body && *it->body)
		tag(b, "<div style=\"margin:4px 0\">", it->body, "</div>");
	if (to && m->digest)
		anchor(b, "color:#0b5cad", to, label_in(say_open, m->lang));
	else if (to)
		anchor(b,
		       "display:inline-block;margin-top:8px;padding:8px 16px;border-radius:6px;"
		       "background:#0b5cad;color:#ffffff;text-decoration:none",
		       to, label_in(say_open, m->lang));
	buf_puts(b, "</div>");
}

const char *mail_html(struct arena *a, const struct mail_words *m)
{
	struct buf b = buf_new(a, TEXT_MAX);
	const char *settings = link(a, m, "/me/notifications");
	buf_printf(&b,
	           "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
	           "<meta name=\"viewport\" content=\"width=device-width\"></head>"
	           "<body style=\"margin:0;background:#f4f5f7;color:#1c2430;"
	           "font:15px/1.6 'PingFang SC','Microsoft YaHei',sans-serif\">"
	           "<div style=\"max-width:600px;margin:0 auto;padding:24px 16px\">",
	           m->lang == LANG_EN ? "en" : "zh-CN");
	tag(&b, "<div style=\"font-size:14px;font-weight:600;color:#0b5cad;padding-bottom:12px\">",
	    m->company,
	    "</div><div style=\"background:#ffffff;border-radius:8px;padding:20px 24px\">");
	if (m->name)
		tag(&b, "<p style=\"margin:0 0 12px\">",
		    m->lang == LANG_EN ? arena_printf(a, "Hello %s,", m->name)
		                       : arena_printf(a, "%s，您好：", m->name),
		    "</p>");
	if (m->test)
		tag(&b, "<p>", label_in(say_test_body, m->lang), "</p>");
	for (size_t i = 0; i < m->n; i++)
		item_html(&b, m, &m->items[i]);
	tag(&b, "</div><p style=\"color:#5b6470;font-size:12px\">", label_in(say_footer, m->lang),
	    " ");
	if (settings)
		anchor(&b, "color:#5b6470", settings, label_in(say_settings, m->lang));
	buf_puts(&b, "</p></div></body></html>");
	return buf_str(&b);
}
