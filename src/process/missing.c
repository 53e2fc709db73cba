/* What a node lacks: the list that gates refuse with. */
#include "process/engine.h"

/* One missing thing: what, why, and where it is mended. */
void missing_write(struct ctx *cx, const struct instance *in, const struct node *n,
                   const struct output_def *o, const struct output_state *st, struct jw *w)
{
	jw_obj(w);
	jw_kint(w, "node_id", n->id);
	jw_kstr(w, "node", n->def->code);
	jw_kstr(w, "node_name", label_in(n->def->name, cx->lang));
	jw_kstr(w, "key", o->key);
	jw_kstr(w, "kind", o->kind);
	jw_kstr(w, "label", label_in(o->label, cx->lang));
	jw_kstr(w, "reason", st->detail);
	jw_kstr(w, "hint", label_in(o->hint, cx->lang));
	jw_kstr(w, "state", st->review ? review_state_name(st->review->state) : NULL);
	jw_kstr(w, "href",
	        arena_printf(cx->a, "%s&output=%s", opportunity_href(cx, in, n), o->key));
	jw_end_obj(w);
}

/* Required and absent, or an optional approval that was asked for and is not granted. */
bool missing_holds_up(const struct output_def *o, const struct output_state *st)
{
	return !st->present && (o->required || st->review);
}

err_t process_missing(struct ctx *cx, const struct instance *in, const struct node *n, struct jw *w,
                      int *count)
{
	for (size_t i = 0; i < n->def->n_outputs; i++) {
		struct output_state st;
		TRY(output_look(cx, in, n, &n->def->outputs[i], &st));
		if (!missing_holds_up(&n->def->outputs[i], &st))
			continue;
		missing_write(cx, in, n, &n->def->outputs[i], &st, w);
		++*count;
	}
	return ERR_OK;
}
