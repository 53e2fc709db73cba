/* Merge: two records that mean the same become one.
 *
 * The winner keeps its values but for the fields taken from the loser; all that hangs on the loser —
 * whatever entity refers to it, comments, files, the account team — hangs on the winner afterwards;
 * the loser goes to the recycle bin with a pointer, so that its address leads to the winner.  One
 * event <entity>.merged, one undo entry.  For entities with E_MERGE. */
#ifndef TRIPOD_MERGE_H
#define TRIPOD_MERGE_H

#include "core/record.h"

struct merge_in {
	const struct entity *e;
	i64 winner_id, loser_id;
	i64 winner_version, loser_version; /* as they were compared; 0 = whatever is there */
	/* Fields whose value is the loser's: an array of names; NULL = those the winner lacks. */
	const json_t *take;
};

/* The actor must be allowed to change the winner and to delete the loser: ERR_FORBIDDEN,
 * ERR_NOT_FOUND. ERR_INVALID (field take, loser_id), ERR_VERSION. */
MUST_USE err_t merge_run(struct ctx *cx, const struct merge_in *in, struct rec **winner,
                         i64 *undo_id);
/* {"winner":{id,version,title},"loser":{…},"fields":[{field,label,winner,loser,winner_text,loser_text,
 * take,writable}],"moves":[{entity,label,n}]}: the fields that differ, and what would move. */
MUST_USE err_t merge_preview(struct ctx *cx, const struct entity *e, i64 winner_id, i64 loser_id,
                             struct jw *w);
/* A record that cannot be found was merged away: ERR_MERGED with extra merged_into, if the actor may
 * see where it went; else the ERR_NOT_FOUND that was recorded stays. */
MUST_USE err_t merge_follow(struct ctx *cx, const struct entity *e, i64 id, err_t rc);

#endif
