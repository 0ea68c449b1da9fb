#pragma once
// Digests of OpenSSL 3, which librdkafka is linked with as well.
#include <openssl/evp.h>
#include <openssl/hmac.h>
