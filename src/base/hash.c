/* Hashes, random and passwords by libsodium. */
#include "base/hash.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

static sem_t hashing; /* one permit per core: a password hash takes 64 MiB */

static void init(void)
{
	if (sodium_init() < 0)
		panic("libsodium cannot be initialised");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (sem_init(&hashing, 0, cores < 1 ? 1 : (unsigned)cores))
		panic("sem_init: errno %d", errno);
}

void hash_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, init);
}

void sha256(const void *p, size_t n, u8 out[SHA256_BYTES])
{
	crypto_hash_sha256(out, p, n);
}

static void to_hex(const u8 bin[SHA256_BYTES], char out[SHA256_HEX])
{
	sodium_bin2hex(out, SHA256_HEX, bin, SHA256_BYTES);
}

void sha256_hex(const void *p, size_t n, char out[SHA256_HEX])
{
	u8 bin[SHA256_BYTES];
	sha256(p, n, bin);
	to_hex(bin, out);
}

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct sha256_state),
               "struct sha256_state is too small");
_Static_assert(_Alignof(crypto_hash_sha256_state) <= _Alignof(struct sha256_state),
               "struct sha256_state is not aligned");

void sha256_begin(struct sha256_state *s)
{
	crypto_hash_sha256_init((void *)s);
}

void sha256_add(struct sha256_state *s, const void *p, size_t n)
{
	crypto_hash_sha256_update((void *)s, p, n);
}

void sha256_end(struct sha256_state *s, char out[SHA256_HEX])
{
	u8 bin[SHA256_BYTES];
	crypto_hash_sha256_final((void *)s, bin);
	to_hex(bin, out);
}

void hmac_sha256_hex(const void *key, size_t kn, const void *p, size_t n, char out[SHA256_HEX])
{
	crypto_auth_hmacsha256_state s;
	u8 bin[SHA256_BYTES];
	crypto_auth_hmacsha256_init(&s, key, kn);
	crypto_auth_hmacsha256_update(&s, p, n);
	crypto_auth_hmacsha256_final(&s, bin);
	to_hex(bin, out);
	sodium_memzero(&s, sizeof s);
}

const char *random_token(struct arena *a, size_t n)
{
	int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	u8 *bin = arena_alloc(a, n);
	size_t len = sodium_base64_encoded_len(n, variant);
	char *out = arena_alloc(a, len);
	randombytes_buf(bin, n);
	sodium_bin2base64(out, len, bin, n, variant);
	sodium_memzero(bin, n);
	return out;
}

const char *base64(struct arena *a, const void *p, size_t n)
{
	size_t len = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
	char *out = arena_alloc(a, len);
	sodium_bin2base64(out, len, p, n, sodium_base64_VARIANT_ORIGINAL);
	return out;
}

void random_bytes(void *p, size_t n)
{
	randombytes_buf(p, n);
}

bool equal_secret(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	volatile u8 diff = na != nb;
	for (size_t i = 0; i < nb; i++)
		diff = (u8)(diff | ((u8)a[i < na ? i : na] ^ (u8)b[i]));
	return !diff;
}

u64 fnv1a(const void *p, size_t n)
{
	const u8 *s = p;
	u64 h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < n; i++)
		h = (h ^ s[i]) * 0x100000001b3u;
	return h;
}

static void take_permit(void)
{
	hash_init();
	while (sem_wait(&hashing))
		if (errno != EINTR)
			panic("sem_wait: errno %d", errno);
}

const char *password_hash(struct arena *a, const char *password)
{
	char *out = arena_alloc(a, crypto_pwhash_STRBYTES);
	take_permit();
	int rc = crypto_pwhash_str(out, password, strlen(password),
	                           crypto_pwhash_OPSLIMIT_INTERACTIVE,
	                           crypto_pwhash_MEMLIMIT_INTERACTIVE);
	sem_post(&hashing);
	if (rc)
		panic("no memory to hash a password");
	return out;
}

bool password_verify(const char *hash, const char *password)
{
	take_permit();
	int rc = crypto_pwhash_str_verify(hash, password, strlen(password));
	sem_post(&hashing);
	return !rc;
}
