/* The language an answer is written in before anybody is known. */
#include <string.h>

#include "api/api.h"

/* "en-GB,en;q=0.9,zh;q=0.8": whichever of ours comes first; browsers list by preference. */
enum lang api_accept_language(const struct http_req *rq)
{
	const char *h = http_header(rq, "Accept-Language");
	const char *en = h ? strcasestr(h, "en") : NULL, *zh = h ? strcasestr(h, "zh") : NULL;
	return en && (!zh || en < zh) ? LANG_EN : LANG_ZH;
}
