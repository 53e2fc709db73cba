/* libcurl, made ready once per process. For the files of this folder. */
#ifndef TRIPOD_NET_CURL_H
#define TRIPOD_NET_CURL_H

#include <curl/curl.h>

/* An easy handle that raises no signals and follows no environment; panics without memory. */
CURL *net_curl(void);
/* Panics when libcurl does not know the option: that is a bug. */
void net_check(CURLcode rc);
#define net_set(c, option, value) net_check(curl_easy_setopt((c), (option), (value)))

#endif
