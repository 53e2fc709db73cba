/* A new connection to PostgreSQL, with the settings that every one of ours has. */
#include <stdio.h>

#include "base/log.h"
#include "db/pg.h"

static void quiet(void *arg, const char *message)
{
	(void)arg;
	LOG(DEBUG, "PostgreSQL", LS("notice", message));
}

PGconn *pg_dial(struct db *db, struct errs *e)
{
	/* what the URL says comes last and wins */
	const char *const keys[] = {"application_name", "connect_timeout", "tcp_user_timeout",
	                            "dbname", NULL};
	const char *const values[] = {"tripod", "5", "15000", db->where, NULL};
	PGconn *h = PQconnectdbParams(keys, values, 1);
	bool ok = PQstatus(h) == CONNECTION_OK && !PQsetClientEncoding(h, "UTF8");
	if (ok) {
		char sql[512];
		PQsetNoticeProcessor(h, quiet, NULL);
		snprintf(sql, sizeof sql,
		         "set default_transaction_read_only = on; set timezone = 'UTC'; "
		         "set bytea_output = 'hex'; set standard_conforming_strings = on; "
		         "set extra_float_digits = 1; set lock_timeout = %d",
		         db->opt.busy_timeout_ms);
		PGresult *r = PQexec(h, sql);
		ok = PQresultStatus(r) == PGRES_COMMAND_OK;
		PQclear(r);
	}
	if (ok)
		return h;
	(void)!errs_fail(e, ERR_UNAVAILABLE, "PostgreSQL: %s", PQerrorMessage(h));
	PQfinish(h);
	return NULL;
}
