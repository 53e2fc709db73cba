/* The company itself: address, zone and head of documents as settings (its name is with the mail
 * settings, which sign with it), its logo as a kept file. */
#ifndef TRIPOD_COMPANY_H
#define TRIPOD_COMPANY_H

#include "core/files.h"
#include "core/setting.h"

/* The file `name` ("logo"): its path and type; *path is NULL when there is none. */
MUST_USE err_t company_file(struct ctx *cx, const char *name, const char **path, const char **type);
/* Takes a kept content for it; NULL removes it. Needs setting.update. */
MUST_USE err_t company_file_set(struct ctx *cx, const char *name, const struct stored_file *f);

extern const struct setting_def company_settings[];

#endif
