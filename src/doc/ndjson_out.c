/* ndjson writer: one object per line, values as the API has them. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "doc/table_ops.h"

static err_t ndjson_begin(struct table_writer *w, struct errs *e)
{
	(void)w;
	(void)e;
	return ERR_OK;
}

static err_t ndjson_row(struct table_writer *w, struct errs *e, const struct table_value *values)
{
	struct jw j = jw_new(w->row, TABLE_ROW_MAX);
	jw_obj(&j);
	for (size_t i = 0; i < w->n_cols; i++) {
		enum column_type type = w->cols[i].type;
		jw_key(&j, w->cols[i].key);
		if (!values[i].set)
			jw_null(&j);
		else if (type == COLUMN_INT || type == COLUMN_MONEY)
			jw_int(&j, values[i].i);
		else if (type == COLUMN_TIME)
			jw_str(&j, time_format(w->row, values[i].i));
		else
			jw_str(&j, values[i].s);
	}
	jw_end_obj(&j);
	fprintf(w->out, "%s\n", jw_done(&j));
	return ferror(w->out) ? errs_fail(e, ERR_UNAVAILABLE, "write: %s", strerror(errno))
	                      : ERR_OK;
}

const struct writer_ops ndjson_writer_ops = {
	.begin = ndjson_begin, .row = ndjson_row, .end = ndjson_begin};
