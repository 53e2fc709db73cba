/* The session cookie, shared by the JSON and the page way of logging in. */
#ifndef TRIPOD_SESSION_ROUTES_H
#define TRIPOD_SESSION_ROUTES_H

#include "api/api.h"

void session_cookie(struct api *q, const struct login *l);
void session_cookie_drop(struct api *q);

#endif
