/* Hashes against published vectors; tokens, secrets, passwords. */
#include "unit/test.h"

#include <string.h>

#include "base/hash.h"
#include "unit/cases.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	hash_init();
	a = arena_new(16 * 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static void test_hash_sha256_vectors(void **state)
{
	(void)state;
	char hex[SHA256_HEX];
	sha256_hex("", 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
	                         "27ae41e4649b934ca495991b7852b855");
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
	                         "b00361a396177a9cb410ff61f20015ad");
}

static void test_hash_streaming_equals_one_call(void **state)
{
	(void)state;
	struct dice d = {7};
	u8 data[5000];
	char once[SHA256_HEX], piecewise[SHA256_HEX];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (u8)roll(&d);
	sha256_hex(data, sizeof data, once);
	for (int round = 0; round < 20; round++) {
		struct sha256_state s;
		sha256_begin(&s);
		for (size_t at = 0, n; at < sizeof data; at += n) {
			n = roll_below(&d, 200);
			n = n < sizeof data - at ? n : sizeof data - at;
			sha256_add(&s, data + at, n);
		}
		sha256_end(&s, piecewise);
		assert_string_equal(piecewise, once);
	}
}

/* RFC 4231, cases 1, 2 and 6. */
static void test_hash_hmac_vectors(void **state)
{
	(void)state;
	char hex[SHA256_HEX], key[131];
	memset(key, 0x0b, 20);
	hmac_sha256_hex(key, 20, "Hi There", 8, hex);
	assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b"
	                         "881dc200c9833da726e9376c2e32cff7");
	hmac_sha256_hex("Jefe", 4, "what do ya want for nothing?", 28, hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
	                         "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	hmac_sha256_hex(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First",
	                54, hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
	                         "8e0bc6213728c5140546040f0ee37f54");
}

static void test_hash_tokens_are_long_and_differ(void **state)
{
	(void)state;
	const char *seen[100];
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		seen[i] = random_token(a, 32);
		assert_int_equal(strlen(seen[i]), 43);
		assert_int_equal(strspn(seen[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
		                                 "xyz0123456789-_"),
		                 43);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
}

static void test_hash_equal_secret(void **state)
{
	(void)state;
	assert_true(equal_secret("abc", "abc"));
	assert_true(equal_secret("", ""));
	assert_false(equal_secret("abc", "abd"));
	assert_false(equal_secret("abc", "ab"));
	assert_false(equal_secret("ab", "abc"));
	assert_false(equal_secret("", "a"));
	assert_false(equal_secret("a", ""));
}

static void test_hash_fnv1a_vectors(void **state)
{
	(void)state;
	assert_true(fnv1a("", 0) == 0xcbf29ce484222325u);
	assert_true(fnv1a("foobar", 6) == 0x85944171f73967e8u);
}

static void test_hash_passwords(void **state)
{
	(void)state;
	const char *h = password_hash(a, "密码 correct horse"), *again;
	assert_memory_equal(h, "$argon2id$", 10);
	assert_null(strstr(h, "horse"));
	assert_true(password_verify(h, "密码 correct horse"));
	assert_false(password_verify(h, "密码 correct horsf"));
	assert_false(password_verify(h, ""));
	again = password_hash(a, "密码 correct horse");
	assert_string_not_equal(h, again);
	assert_false(password_verify("", "x"));
	assert_false(password_verify("$argon2id$broken", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_sha256_vectors),
		cmocka_unit_test(test_hash_streaming_equals_one_call),
		cmocka_unit_test(test_hash_hmac_vectors),
		cmocka_unit_test(test_hash_tokens_are_long_and_differ),
		cmocka_unit_test(test_hash_equal_secret),
		cmocka_unit_test(test_hash_fnv1a_vectors),
		cmocka_unit_test(test_hash_passwords),
	};
	return cmocka_run_group_tests_name("hash", tests, set_up, tear_down);
}
