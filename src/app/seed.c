/* Loading the shipped data: seed/ is packed into the program. */
#include <string.h>

#include "app/modules.h"
#include "app/seed_demo.h"
#include "base/json.h"
#include "core/calendar.h"
#include "core/roles.h"
#include "domain/reference/reference.h"
#include "http/http.h"
#include "process/playbook.h"

extern const struct asset seed_assets[]; /* made by tools/pack-assets */
extern const size_t n_seed_assets;

static err_t seed_calendar(struct ctx *cx, const json_t *doc)
{
	return calendar_import(cx, "cn", doc, NULL);
}

static err_t seed_playbook(struct ctx *cx, const json_t *doc)
{
	i64 id;
	TRY(playbook_import(cx, doc, &id));
	return playbook_publish(cx, id);
}

/* In the order of loading: a file may refer to what came before it. To add one: a row. */
static const struct {
	const char *file;
	err_t (*load)(struct ctx *cx, const json_t *doc);
} seeds[] = {
	{"roles.json", roles_seed},
	{"calendar-cn.json", seed_calendar},
	{"industries.json", reference_seed_industries},
	{"regions.json", reference_seed_regions},
	{"playbook.json", seed_playbook},
};

err_t seed_doc(struct ctx *cx, const char *file, const json_t **out)
{
	const struct asset *as = asset_find_in(seed_assets, n_seed_assets, file);
	if (!as)
		panic("seed/%s is not in this program", file);
	json_t *doc;
	TRY(json_parse(cx->a, &cx->e, (const char *)as->raw, as->raw_len, &doc));
	*out = doc;
	return ERR_OK;
}

static err_t load_all(struct ctx *cx, void *arg)
{
	(void)arg;
	i64 grants = 0;
	TRY(db_one_i64(cx->c, "select count(*) from role_grant", NO_ARGS, &grants, NULL));
	if (grants)
		return ERR_OK; /* another process was quicker */
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		const json_t *doc;
		TRY(seed_doc(cx, seeds[i].file, &doc));
		TRY(seeds[i].load(cx, doc));
	}
	return ERR_OK;
}

err_t app_seed(struct ctx *cx)
{
	i64 grants = 0;
	TRY(db_one_i64(cx->c, "select count(*) from role_grant", NO_ARGS, &grants, NULL));
	return grants ? ERR_OK : ctx_write(cx, load_all, NULL);
}
