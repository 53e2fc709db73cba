/* libcurl's start. */
#include "net/curl.h"

#include <pthread.h>

#include "base/arena.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		panic("libcurl does not start");
}

void net_check(CURLcode rc)
{
	if (rc)
		panic("libcurl: %s", curl_easy_strerror(rc));
}

CURL *net_curl(void)
{
	pthread_once(&once, start);
	CURL *c = curl_easy_init();
	if (!c)
		panic("libcurl has no memory");
	net_set(c, CURLOPT_NOSIGNAL, 1L);
	/* No proxy of the environment, no .netrc: what is asked for is done, by this way alone. */
	net_set(c, CURLOPT_PROXY, "");
	net_set(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	return c;
}
