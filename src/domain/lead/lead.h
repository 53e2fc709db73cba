/* Leads (S1.1–S1.7): companies that may become accounts, and their conversion.
 * Owns: lead.  Emits: lead.converted. */
#ifndef TRIPOD_LEAD_H
#define TRIPOD_LEAD_H

#include "core/record.h"

extern const struct module lead_module;
extern struct entity lead_entity; /* takes added fields */

struct lead_result {
	i64 account_id, opportunity_id, contact_id;
};

/* Lead → account + contacts + opportunity without retyping, into new or existing ones.
 * body: {"account_id":7 | "account":{…}, "contacts":[{…}], "opportunity_id":9 | "opportunity":{…}}
 * Absent account: one is made from the lead (company, phone, industry, region, source). Absent
 * contacts: one is made from the lead's contact name. "opportunity":null: none is made.
 * The actor needs lead.update on the lead and create or read rights on the targets.
 * ERR_CONFLICT when it was converted before. */
MUST_USE err_t lead_convert(struct ctx *cx, i64 lead_id, const json_t *body,
                            struct lead_result *out);

#endif
