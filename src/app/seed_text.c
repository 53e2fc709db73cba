/* Texts of the demo: placeholders, amounts as a contract writes them. */
#include <string.h>

#include "app/seed_demo.h"
#include "base/buf.h"
#include "domain/account/account.h"

enum { TEXT_MAX = 64 * 1024 };

const char *demo_capital(struct arena *a, i64 fen)
{
	static const char *const digits[] = {"零", "壹", "贰", "叁", "肆",
	                                     "伍", "陆", "柒", "捌", "玖"};
	static const char *const units[] = {"", "拾", "佰", "仟"};
	static const char *const groups[] = {"元", "万", "亿"};
	i64 yuan = fen / 100;
	struct buf b = buf_new(a, 256);
	bool zero = false;
	for (int g = 2; g >= 0; g--) {
		i64 part = yuan / (g == 2 ? 100000000 : g == 1 ? 10000 : 1) % 10000;
		i64 place = 1000;
		for (int u = 3; u >= 0; u--, place /= 10) {
			i64 digit = part / place % 10;
			if (!digit) {
				zero = b.n > 0;
				continue;
			}
			if (zero)
				buf_puts(&b, digits[0]);
			zero = false;
			buf_printf(&b, "%s%s", digits[digit], units[u]);
		}
		if ((part && g) || (!g && b.n))
			buf_puts(&b, groups[g]);
	}
	buf_puts(&b, "整");
	return buf_str(&b);
}

/* Whole units of 万 or 亿 with as many decimals as there are. */
static const char *in_units(struct arena *a, i64 fen, i64 unit, const char *word)
{
	i64 whole = fen / unit, rest = fen % unit * 100 / unit;
	if (!rest)
		return arena_printf(a, "%lld %s", (long long)whole, word);
	const char *text = arena_printf(a, "%lld.%02lld", (long long)whole, (long long)rest);
	size_t n = strlen(text);
	return arena_printf(a, "%.*s %s", (int)(text[n - 1] == '0' ? n - 1 : n), text, word);
}

static const char *wan(struct arena *a, i64 fen)
{
	return in_units(a, fen, 1000000, "万元");
}

static const char *person(const struct demo *d, const char *login)
{
	const char *name = json_text(demo_find(d->doc_users, "login", login), "name");
	return name ? name : "待定";
}

/* What {name} stands for; NULL when it is no placeholder. */
static const char *value_of(struct demo *d, const json_t *opp, const char *name)
{
	struct arena *a = d->cx->a;
	const json_t *acc = demo_find(d->doc_accounts, "key", json_text(opp, "account"));
	const json_t *first = json_array_get(json_object_get(opp, "contacts"), 0);
	const json_t *contact = demo_find(d->doc_contacts, "key",
	                                  first ? json_string_value(first) : NULL);
	i64 amount = json_i64(opp, "amount_fen", 0), heads = json_i64(acc, "headcount", 0);
	const char *grade = json_text(acc, "grade");
	const json_t *scores = json_object_get(json_object_get(d->texts, "scores"),
	                                       grade ? grade : "C");
	if (!strcmp(name, "account"))
		return json_text(acc, "short_name");
	if (!strcmp(name, "contact"))
		return json_text(contact, "name");
	if (!strcmp(name, "contact_title"))
		return json_text(contact, "title");
	if (!strcmp(name, "source")) {
		const struct enum_row *r = source_values;
		while (r->value && strcmp(r->value, json_text(opp, "source")) != 0)
			r++;
		return r->label.zh;
	}
	if (!strcmp(name, "product")) {
		const char *title = NULL;
		i64 id = keys_get(&d->products, json_text(opp, "product"));
		if (db_one_text(d->cx->c, "select name from product where id = ?", ARGS(vi(id)),
		                &title))
			return NULL;
		return title;
	}
	if (!strcmp(name, "amount"))
		return wan(a, amount);
	if (!strcmp(name, "amount_capital"))
		return demo_capital(a, amount);
	if (!strcmp(name, "loss"))
		return wan(a, amount / 10 * 4);
	if (!strcmp(name, "revenue"))
		return in_units(a, json_i64(acc, "revenue_fen", 0), 10000000000, "亿元");
	if (!strcmp(name, "headcount"))
		return arena_printf(a, "%lld", (long long)heads);
	if (!strcmp(name, "logins"))
		return arena_printf(a, "%lld", (long long)(heads / 10));
	if (!strcmp(name, "grade"))
		return grade;
	if (!strcmp(name, "sales") || !strcmp(name, "technical") || !strcmp(name, "csm"))
		return person(d, json_text(opp, name));
	if (!strcmp(name, "pain") || !strcmp(name, "goal"))
		return json_text(opp, name);
	if (!strcmp(name, "score_total")) {
		i64 sum = 12;
		const char *key;
		json_t *j;
		json_object_foreach((json_t *)scores, key, j) sum += json_integer_value(j);
		return arena_printf(a, "%lld", (long long)sum);
	}
	if (json_object_get(scores, name))
		return arena_printf(a, "%lld", (long long)json_i64(scores, name, 0));
	return NULL;
}

const char *demo_fill(struct demo *d, const json_t *opportunity, const char *text)
{
	struct buf b = buf_new(d->cx->a, TEXT_MAX);
	for (const char *p = text; *p;) {
		size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (*p != '{' || p[n + 1] != '}') {
			buf_putc(&b, *p++);
			continue;
		}
		const char *v = value_of(d, opportunity, arena_strndup(d->cx->a, p + 1, n));
		buf_puts(&b, v ? v : "—");
		p += n + 2;
	}
	return buf_str(&b);
}
