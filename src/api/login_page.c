/* The log-in page and the page for a password that must be changed: plain HTML in both languages,
 * no script.  A form is only taken with the value of a cookie that our own page set beside it, so
 * that no other site can send it (login CSRF). */
#include <string.h>

#include "api/session_routes.h"
#include "api/tables.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/user_link.h"

enum { PAGE_MAX = 256 * 1024, FORM_TOKEN_BYTES = 16 };

static const char form_cookie[] = "tripod_form";

/* The one style sheet of these pages, allowed by its hash in the policy. */
static const char style[] =
	":root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--fg:#1d2330;--mute:#5b6475;"
	"--line:#cfd5df;--brand:#1f5fd0;--bad:#b3261e}"
	"@media(prefers-color-scheme:dark){:root{--bg:#12151b;--card:#1b2029;--fg:#e8ebf1;"
	"--mute:#a3adbd;--line:#3a4353;--brand:#7aa8ff;--bad:#ff9b94}}"
	"*{box-sizing:border-box}body{margin:0;min-height:100vh;display:flex;align-items:center;"
	"justify-content:center;background:var(--bg);color:var(--fg);padding:16px;"
	"font:16px/1.5 -apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',"
	"'WenQuanYi Micro Hei',sans-serif}"
	"main{width:100%;max-width:400px;background:var(--card);border:1px solid var(--line);"
	"border-radius:12px;padding:32px 28px}"
	"h1{margin:0 0 4px;font-size:24px}.sub{margin:0 0 24px;color:var(--mute);font-size:14px}"
	"label{display:block;margin:16px 0 4px;font-size:14px}"
	"input{width:100%;padding:10px 12px;font:inherit;color:inherit;background:transparent;"
	"border:1px solid var(--line);border-radius:8px}"
	"input:focus-visible,button:focus-visible,a:focus-visible,summary:focus-visible"
	"{outline:3px solid var(--brand);outline-offset:2px}"
	"button{width:100%;margin-top:24px;padding:11px;font:inherit;font-weight:600;border:0;"
	"border-radius:8px;background:#1f5fd0;color:#fff;cursor:pointer}"
	".bad{margin:0 0 8px;padding:10px 12px;border:1px solid var(--bad);border-radius:8px;"
	"color:var(--bad);font-size:14px}"
	"footer{margin-top:20px;font-size:13px;color:var(--mute)}a{color:var(--brand)}"
	"table{width:100%;border-collapse:collapse;margin-top:8px}td{padding:3px 0}"
	"td:last-child{text-align:right}code{font-family:ui-monospace,monospace}";

static const char *policy(struct arena *a)
{
	u8 bin[SHA256_BYTES];
	sha256(style, sizeof style - 1, bin);
	return arena_printf(a,
	                    "default-src 'none'; style-src 'sha256-%s'; img-src 'self'; "
	                    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	                    base64(a, bin, sizeof bin));
}

/* A path of ours, else the start page: never another site's. */
static const char *safe_next(const char *next)
{
	if (!next || next[0] != '/' || next[1] == '/' || next[1] == '\\' || strlen(next) > 1000)
		return "/";
	for (const char *p = next; *p; p++)
		if ((u8)*p <= 0x20 || *p == 0x7f || *p == '\\')
			return "/";
	return text_begins(next, "/login") ? "/" : next;
}

struct page {
	struct api *q;
	struct buf b;
	enum lang lang;
	const char *token, *next;
};

static const char *say(const struct page *p, const char *zh, const char *en)
{
	return p->lang == LANG_EN ? en : zh;
}

static enum lang page_lang(const struct api *q)
{
	const char *l = http_query(q->rq, "lang");
	if (!l)
		l = http_cookie(q->rq, "tripod_lang");
	return l && !strcmp(l, "en")   ? LANG_EN
	       : l && !strcmp(l, "zh") ? LANG_ZH
	                               : api_accept_language(q->rq);
}

static void head(struct page *p, const char *title)
{
	struct buf *b = &p->b;
	buf_printf(b,
	           "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
	           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	           "<title>%s · %s</title><style>%s</style></head><body><main>",
	           say(p, "zh-CN", "en"), title, say(p, "铁三角", "Tripod"), style);
	buf_printf(b, "<h1>%s</h1><p class=\"sub\">%s</p>", say(p, "铁三角 Tripod", "Tripod"),
	           say(p, "大客户全流程管理", "The key-account sales process"));
}

static void problem(struct page *p, const struct errs *e)
{
	if (e->code == ERR_OK)
		return;
	buf_puts(&p->b, "<p class=\"bad\" role=\"alert\">");
	const char *text = err_text(p->q->cx.a, e->code, e->params, p->lang);
	if (e->code == ERR_INVALID && e->n_fields)
		text = err_text(p->q->cx.a, e->fields[0].code, e->fields[0].params, p->lang);
	else if (err_def(e->code)->status >= 500)
		text = err_text(p->q->cx.a, ERR_INTERNAL, EP({"request_id", p->q->rq->request_id}),
		                p->lang);
	buf_xml(&p->b, text);
	buf_puts(&p->b, "</p>");
}

static void begin_form(struct page *p, const char *action)
{
	buf_printf(&p->b,
	           "<form method=\"post\" action=\"%s\"><input type=\"hidden\" name=\"token\""
	           " value=\"%s\"><input type=\"hidden\" name=\"next\" value=\"",
	           action, p->token);
	buf_xml(&p->b, p->next);
	buf_puts(&p->b, "\">");
}

static void input(struct page *p, const char *name, const char *label, const char *more,
                  const char *value)
{
	buf_printf(&p->b, "<label for=\"%s\">%s</label><input id=\"%s\" name=\"%s\" %s value=\"",
	           name, label, name, name, more);
	buf_xml(&p->b, value);
	buf_puts(&p->b, "\" required>");
}

static err_t finish(struct page *p, int status)
{
	buf_puts(&p->b, "</main></body></html>");
	struct http_res *rs = p->q->rs;
	http_body(rs, status, "text/html; charset=utf-8", buf_str(&p->b), p->b.n);
	http_add_header(rs, "Content-Security-Policy", policy(p->q->cx.a));
	p->q->raw = true;
	return ERR_OK;
}

static struct page page_new(struct api *q, const char *next)
{
	struct page p = {.q = q, .lang = page_lang(q), .next = safe_next(next)};
	p.b = buf_new(q->cx.a, PAGE_MAX);
	p.token = http_cookie(q->rq, form_cookie);
	if (!p.token || strlen(p.token) != 22 || strpbrk(p.token, "<>&\"'")) {
		p.token = random_token(q->cx.a, FORM_TOKEN_BYTES);
		http_set_cookie(q->rs, form_cookie, p.token, -1, true, q->server->o.behind_proxy);
	}
	const char *asked = http_query(q->rq, "lang");
	if (asked)
		http_set_cookie(q->rs, "tripod_lang", p.lang == LANG_EN ? "en" : "zh", 365 * 86400,
		                true, q->server->o.behind_proxy);
	return p;
}

/* Only where `seed --demo` left its mark. */
static err_t demo_logins(struct page *p)
{
	struct api *q = p->q;
	const char *password = setting_text(&q->cx, "demo.password");
	if (!*password)
		return ERR_OK;
	struct rows *r;
	TRY(db_query(q->cx.c,
	             "select u.login, u.name, u.title from app_user u where u.active = 1"
	             " and u.deleted_at is null and u.id in (select min(v.id) from app_user v"
	             " where v.active = 1 and v.deleted_at is null and v.password_hash is not null"
	             " group by v.roles) order by u.id limit 12",
	             NO_ARGS, &r));
	buf_printf(&p->b, "<footer><details open><summary>%s <code>",
	           say(p, "演示账号，密码均为", "Demo log-ins, all with the password"));
	buf_xml(&p->b, password);
	buf_puts(&p->b, "</code></summary><table>");
	while (rows_next(r)) {
		buf_puts(&p->b, "<tr><td><code>");
		buf_xml(&p->b, rows_text(r, 0));
		buf_puts(&p->b, "</code></td><td>");
		buf_xml(&p->b, rows_text(r, 1));
		if (!rows_null(r, 2)) {
			buf_puts(&p->b, " · ");
			buf_xml(&p->b, rows_text(r, 2));
		}
		buf_puts(&p->b, "</td></tr>");
	}
	buf_puts(&p->b, "</table></details></footer>");
	return rows_done(r);
}

static err_t show_login(struct api *q, const char *next, const char *login, const struct errs *e)
{
	struct page p = page_new(q, next);
	head(&p, say(&p, "登录", "Log in"));
	problem(&p, e);
	begin_form(&p, "/login");
	/* After a wrong password the next thing to type is the password. */
	bool again = login && *login;
	input(&p, "login", say(&p, "账号", "Login"),
	      again ? "autocomplete=\"username\" autocapitalize=\"none\""
	            : "autocomplete=\"username\" autocapitalize=\"none\" autofocus",
	      login);
	input(&p, "password", say(&p, "密码", "Password"),
	      again ? "type=\"password\" autocomplete=\"current-password\" autofocus"
	            : "type=\"password\" autocomplete=\"current-password\"",
	      NULL);
	buf_printf(&p.b, "<button>%s</button></form>", say(&p, "登录", "Log in"));
	TRY(demo_logins(&p));
	buf_printf(&p.b,
	           "<footer><a href=\"/login?lang=%s\" hreflang=\"%s\" lang=\"%s\">%s</a></footer>",
	           say(&p, "en", "zh"), say(&p, "en", "zh-CN"), say(&p, "en", "zh-CN"),
	           say(&p, "English", "中文"));
	return finish(&p, e->code == ERR_OK ? 200 : err_def(e->code)->status);
}

static err_t go(struct api *q, const char *to)
{
	http_text(q->rs, 303, "text/plain; charset=utf-8", "");
	http_add_header(q->rs, "Location", to);
	q->raw = true;
	return ERR_OK;
}

static err_t get_login(struct api *q)
{
	const char *next = http_query(q->rq, "next");
	struct errs none;
	errs_init(&none, q->cx.a);
	return q->cx.actor ? go(q, safe_next(next)) : show_login(q, next, NULL, &none);
}

/* -- forms -- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A member of an application/x-www-form-urlencoded body, decoded; NULL when absent or broken. */
static const char *form_value(struct api *q, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = q->rq->body; p && *p; p = strchr(p, '&'), p = p ? p + 1 : NULL) {
		if (strncmp(p, name, n) != 0 || p[n] != '=')
			continue;
		size_t len = strcspn(p + n + 1, "&"), k = 0;
		const char *s = p + n + 1;
		char *out = arena_alloc(q->cx.a, len + 1);
		for (size_t i = 0; i < len; i++) {
			if (s[i] != '%') {
				out[k++] = s[i] == '+' ? ' ' : s[i];
				continue;
			}
			int hi = i + 2 < len ? hex_digit(s[i + 1]) : -1;
			int lo = hi >= 0 ? hex_digit(s[i + 2]) : -1;
			if (lo < 0)
				return NULL;
			out[k++] = (char)(hi << 4 | lo);
			i += 2;
		}
		return memchr(out, 0, k) || !utf8_valid(out, k) ? NULL : out;
	}
	return NULL;
}

static bool form_is_ours(struct api *q)
{
	const char *c = http_cookie(q->rq, form_cookie), *t = form_value(q, "token");
	const char *site = http_header(q->rq, "Sec-Fetch-Site");
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	return c && t && *c && equal_secret(t, c);
}

static err_t post_login(struct api *q)
{
	const char *next = form_value(q, "next");
	struct login l = {.login = form_value(q, "login"),
	                  .password = form_value(q, "password"),
	                  .agent = http_header(q->rq, "User-Agent")};
	err_t rc;
	if (!form_is_ours(q))
		rc = cx_err(&q->cx, ERR_CSRF, NULL);
	else if (!l.login || !l.password)
		rc = cx_err(&q->cx, ERR_LOGIN, NULL);
	else
		rc = access_login(&q->cx, &l);
	if (rc) {
		struct errs e = q->cx.e;
		errs_clear(&q->cx.e);
		return show_login(q, next, l.login, &e);
	}
	session_cookie(q, &l);
	return go(q, l.must_change ? "/password" : safe_next(next));
}

static err_t show_password(struct api *q, const struct errs *e)
{
	struct page p = page_new(q, "/");
	head(&p, say(&p, "修改密码", "Change your password"));
	problem(&p, e);
	begin_form(&p, "/password");
	input(&p, "old_password", say(&p, "当前密码", "Present password"),
	      "type=\"password\" autocomplete=\"current-password\" autofocus", NULL);
	input(&p, "new_password", say(&p, "新密码", "New password"),
	      "type=\"password\" autocomplete=\"new-password\"", NULL);
	buf_printf(&p.b, "<button>%s</button></form>", say(&p, "保存", "Save"));
	return finish(&p, e->code == ERR_OK ? 200 : err_def(e->code)->status);
}

static err_t get_password(struct api *q)
{
	struct errs none;
	errs_init(&none, q->cx.a);
	return q->cx.actor ? show_password(q, &none) : go(q, "/login");
}

static err_t post_password(struct api *q)
{
	if (!q->cx.actor)
		return go(q, "/login");
	const char *old_one = form_value(q, "old_password"),
		   *new_one = form_value(q, "new_password");
	err_t rc = form_is_ours(q) ? access_change_password(&q->cx, &q->who, old_one ? old_one : "",
	                                                    new_one ? new_one : "")
	                           : cx_err(&q->cx, ERR_CSRF, NULL);
	if (!rc)
		return go(q, "/");
	struct errs e = q->cx.e;
	errs_clear(&q->cx.e);
	return show_password(q, &e);
}

/* -- a password of one's own, by a link -- */

static const struct user_link_for no_one;

static err_t show_welcome(struct api *q, const struct errs *e, const struct user_link_for *k)
{
	struct page p = page_new(q, "/");
	head(&p, say(&p, "设置密码", "Set your password"));
	problem(&p, e);
	if (!k->id) {
		buf_printf(&p.b, "<p class=\"bad\" role=\"alert\">%s</p>",
		           say(&p, "链接已失效，请向管理员索取新的链接",
		               "This link is no longer good; ask the administrator for a new one"));
		return finish(&p, 404);
	}
	buf_printf(&p.b, "<p>%s ", say(&p, "您的账号：", "Your login:"));
	buf_xml(&p.b, k->login);
	buf_puts(&p.b, "</p>");
	begin_form(&p, q->rq->path);
	input(&p, "password", say(&p, "新密码", "New password"),
	      "type=\"password\" autocomplete=\"new-password\" autofocus", NULL);
	input(&p, "again", say(&p, "再输一遍", "Once more"),
	      "type=\"password\" autocomplete=\"new-password\"", NULL);
	buf_printf(&p.b, "<button>%s</button></form>", say(&p, "保存密码", "Save password"));
	/* The address holds the secret: it goes nowhere else. */
	http_add_header(q->rs, "Referrer-Policy", "no-referrer");
	return finish(&p, e->code == ERR_OK ? 200 : err_def(e->code)->status);
}

static err_t find_link(struct api *q, struct user_link_for *k)
{
	*k = no_one;
	err_t rc = user_link_find(&q->cx, http_param(q->rq, "secret"), k);
	if (rc == ERR_NOT_FOUND)
		errs_clear(&q->cx.e);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static err_t get_welcome(struct api *q)
{
	struct user_link_for k;
	struct errs none;
	errs_init(&none, q->cx.a);
	TRY(find_link(q, &k));
	return show_welcome(q, &none, &k);
}

static err_t set_password(struct api *q)
{
	const char *one = form_value(q, "password"), *again = form_value(q, "again");
	if (!form_is_ours(q))
		return cx_err(&q->cx, ERR_CSRF, NULL);
	if (!one || !again || strcmp(one, again) != 0) {
		errs_field(&q->cx.e, "again", ERR_RULE,
		           EP({"reason", page_lang(q) == LANG_EN ? "The two passwords differ"
		                                                 : "两次输入的密码不一致"}));
		return errs_invalid(&q->cx.e);
	}
	return user_link_use(&q->cx, http_param(q->rq, "secret"), one);
}

static err_t post_welcome(struct api *q)
{
	struct user_link_for k;
	TRY(find_link(q, &k));
	err_t rc = k.id ? set_password(q) : ERR_OK;
	struct errs e = q->cx.e;
	errs_clear(&q->cx.e);
	if (k.id && !rc)
		return go(q, "/login");
	if (rc == ERR_NOT_FOUND)
		k = no_one;
	if (!k.id)
		errs_init(&e, q->cx.a);
	return show_welcome(q, &e, &k);
}

/* clang-format off */
const struct api_route login_routes[] = {
	{"GET", "/login", get_login, NULL, API_PUBLIC | API_FORM, 200, NULL, NULL, NULL, NULL,
	 L("登录页", "Log-in page")},
	{"POST", "/login", post_login, NULL, API_PUBLIC | API_FORM | API_OWN_WRITE | HTTP_SLOW, 303,
	 NULL, NULL, NULL, NULL, L("提交登录", "Log-in form")},
	{"GET", "/welcome/{secret}", get_welcome, NULL, API_PUBLIC | API_FORM, 200, NULL, NULL, NULL,
	 NULL, L("设置密码页", "Page of a one-time link")},
	{"POST", "/welcome/{secret}", post_welcome, NULL,
	 API_PUBLIC | API_FORM | API_OWN_WRITE | HTTP_SLOW, 303, NULL, NULL, NULL, NULL,
	 L("提交密码", "Password form of a one-time link")},
	{"GET", "/password", get_password, NULL, API_PUBLIC | API_FORM, 200, NULL, NULL, NULL, NULL,
	 L("修改密码页", "Password page")},
	{"POST", "/password", post_password, NULL,
	 API_PUBLIC | API_FORM | API_OWN_WRITE | HTTP_SLOW, 303, NULL, NULL, NULL, NULL,
	 L("提交新密码", "Password form")},
	{.method = NULL},
};
/* clang-format on */
