/* SMTP by libcurl. */
#include "net/smtp.h"

#include <string.h>

#include "net/curl.h"

enum { CONNECT_S = 10 };

struct smtp {
	struct arena *a;
	const struct smtp_server *s;
	CURL *c;
	char error[CURL_ERROR_SIZE];
};

struct reading {
	const char *p;
	size_t n;
};

static size_t give(char *to, size_t size, size_t count, void *arg)
{
	struct reading *r = arg;
	size_t n = size * count < r->n ? size * count : r->n;
	memcpy(to, r->p, n);
	r->p += n;
	r->n -= n;
	return n;
}

struct smtp *smtp_open(struct arena *a, const struct smtp_server *s)
{
	struct smtp *m = ARENA_NEW(a, struct smtp);
	*m = (struct smtp){.a = a, .s = s, .c = net_curl()};
	CURL *c = m->c;
	const char *scheme = s->security == SMTP_TLS ? "smtps" : "smtp";
	bool v6 = strchr(s->host, ':') != NULL;
	net_set(c, CURLOPT_URL,
	        arena_printf(a, v6 ? "%s://[%s]:%d/tripod" : "%s://%s:%d/tripod", scheme, s->host,
	                     s->port));
	net_set(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	net_set(c, CURLOPT_USE_SSL,
	        (long)(s->security == SMTP_STARTTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	net_set(c, CURLOPT_CONNECTTIMEOUT,
	        (long)(s->timeout_s < CONNECT_S ? s->timeout_s : CONNECT_S));
	net_set(c, CURLOPT_TIMEOUT, (long)s->timeout_s);
	net_set(c, CURLOPT_ERRORBUFFER, m->error);
	net_set(c, CURLOPT_READFUNCTION, give);
	net_set(c, CURLOPT_UPLOAD, 1L);
	if (s->login && *s->login) {
		net_set(c, CURLOPT_USERNAME, s->login);
		net_set(c, CURLOPT_PASSWORD, s->password ? s->password : "");
	}
	return m;
}

/* begun: the server was ready to read the letter. */
static enum smtp_verdict verdict(CURLcode rc, long code, bool begun)
{
	if (rc == CURLE_OK)
		return SMTP_SENT;
	/* What goes wrong before a letter is spoken of would go wrong for every letter. */
	if (rc == CURLE_LOGIN_DENIED || rc == CURLE_COULDNT_CONNECT ||
	    rc == CURLE_COULDNT_RESOLVE_HOST || rc == CURLE_USE_SSL_FAILED ||
	    rc == CURLE_SSL_CONNECT_ERROR || rc == CURLE_PEER_FAILED_VERIFICATION ||
	    (rc == CURLE_WEIRD_SERVER_REPLY && !begun))
		return SMTP_NO_LINE;
	if (code >= 500 && code < 600 && rc != CURLE_OPERATION_TIMEDOUT)
		return SMTP_NEVER;
	if (code >= 400 && code < 500)
		return SMTP_LATER;
	return SMTP_NO_LINE;
}

enum smtp_verdict smtp_send(struct smtp *m, const char *from, const char *to, const char *message,
                            const char **why)
{
	struct reading r = {message, strlen(message)};
	struct curl_slist *rcpt = curl_slist_append(NULL, arena_printf(m->a, "<%s>", to));
	if (!rcpt)
		panic("libcurl has no memory");
	net_set(m->c, CURLOPT_MAIL_FROM, arena_printf(m->a, "<%s>", from));
	net_set(m->c, CURLOPT_MAIL_RCPT, rcpt);
	net_set(m->c, CURLOPT_READDATA, &r);
	net_set(m->c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r.n);
	m->error[0] = '\0';
	CURLcode rc = curl_easy_perform(m->c);
	long code = 0;
	curl_easy_getinfo(m->c, CURLINFO_RESPONSE_CODE, &code);
	curl_slist_free_all(rcpt);
	net_set(m->c, CURLOPT_MAIL_RCPT, NULL);
	const char *said = m->error[0] ? m->error : curl_easy_strerror(rc);
	*why = rc == CURLE_OK ? NULL
	       : code         ? arena_printf(m->a, "%ld: %s", code, said)
	                      : arena_strdup(m->a, said);
	return verdict(rc, code, r.p != message);
}

void smtp_close(struct smtp *m)
{
	curl_easy_cleanup(m->c);
}
