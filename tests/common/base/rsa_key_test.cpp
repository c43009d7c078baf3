#include "common/base/rsa_key.hpp"

#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput {
namespace {

using namespace std::chrono_literals;

RsaKey::Certificate certificate() {
    return {.common_name = "sns.us-east-1.onput", .not_before = from_seconds(1'800'000'000)};
}

// Generating takes a noticeable time, so the tests share one.
const RsaKey& key() {
    static const RsaKey shared = RsaKey::generate(certificate()).value();
    return shared;
}

// A key and its certificate that OpenSSL's own command line made. It protects nothing.
constexpr std::string_view foreign_private_pem = R"(-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDNCyeKKpIL1EgS
sH4/hA2G9ttnbC4OtDOAt6zr4zvAOIZnWDgRrfPytIwauuNZYTW/CBxR5hDtESfJ
6rNeGdTYuRSyJLcPmcLH3BO4S6o8t3UnxhvpPALGMwobLEkuNJgbKBOuOHK19ZZU
hbDh/gBdkK20kU9/pmocTcEuTfxNGdeF6w3ry6X98JMPID7C9iARziofs3IF7NJN
upvY1KOSh9i+/L28JheOmEbXbU/QZdDe3gybqgJieVgmuGeBWIYLjdzLGJLPniq6
K5ojng+85ilknEdrgZSPYJQT06pIwqA+789v01yEOG9VKR3SdfV8JDWcqLD+AWV0
TLPNruCdAgMBAAECggEASv6DbbN4Sz9PRRasdkq0L+LmCIO2rMYX+EI1yukHl5yU
/AN2LnEzQlfqznQAZ1Z4s/Ahe4rsMekOZnmjNQ25nbLD8QwgsGIKrdK+m6+BCkgH
X47D8qByW0+bqKif83hlEbmsyRH4UrkKTMvBEEc4lwAtqFdlfki9krCVsXvwhboA
Sf2jHEP9pYh8srf/DAFjecoShDQyhEICrHB8zfRtMVQ36eKJLk9pg/3A5ueeEDEp
AI7BJWQN7iCa6g/nrjcaHNo6T9ex0EOuyN8MD3RhGbDfJQH7INOwuvjF9r/mbNvD
eGnK9rXxRin+ccoT5lfrg1Dpyz5yQFn1fTpb+PvYOQKBgQDqCXDNPgJgsajWysJk
oCK8fiGtIPMz+Oz9uwtSogqQhemU0i1ohvCKDL8DNaboSTRTJDcGsOetdIU99GGa
13uSUPVpLqpc+N93ub0/zP2kbhbHpZPPImkRHkBZGJl/dnrf+efFEsg0G7cjlvf/
xoYSpNMnfV9EzoMqSHf9e2dZuwKBgQDgSSvp5OIifHeO3TYq6288wMp+75lcA5hl
J3zXd5UhylKuJbrF6mvfiT8/sdUMC4xi/Ubn9/1QZjRteOdjZmZWF6Lc5NdIsz/6
9S0WiUm2fpJIf/zTww2Ei6kNgs0BRJ5XU2+Zv3t4FHuFrHUcE7bK0bc6zkQApo06
Quw3fhc9hwKBgAMTHq1DnEpi6yHvRgCGbg5l5dFddnR/V7W5qFtsj5D4gWoYHMqb
wzs9EaFcKhYxKAPTnPl0h4aq2jlHJaUgIZp5f8/i8hAIoP70rLzS1546aAg1b6yv
+gtkh1nkTdfz2YdpxBa9uW2d05kfGaD9nbNPAQsqxX6k6+o5S4JEBcaTAoGATUWI
Zp3ftwfw3Pyjs+fHPEQjv9XmnUfz0i3nmghuDeU51RvUnGlmXu5XJyeqgercpCIk
srjCwldkCq9T8PAPo+uixb3l2fs/uMONlC0ag1BaL7ZAseiKmLbROIFvBdfRQb7S
PUM2U6mi4OwIsPKt0HSuTwlPbnXzRDZYUcoUUbMCgYA7SfzcsULG1ImOpCueq0dk
Bc2QOdEbXNSpQo46JdEjSLinG5h73JdhHpVKMHNKBIQVdJ+6wxmQYrjNyxbT+Ndh
kUc7lMe9jXFoLlsLq3Xo08IrZmgfOx9aym8TdDyTZvAue/xeqBEclS91uHUX6COm
xjfozbH2uHfHXwbxf4uhCQ==
-----END PRIVATE KEY-----
)";
constexpr std::string_view foreign_certificate_pem = R"(-----BEGIN CERTIFICATE-----
MIIDFTCCAf2gAwIBAgIUWNUepj8qPY/Nx2Fa+0vBtE1NIAcwDQYJKoZIhvcNAQEL
BQAwGjEYMBYGA1UEAwwPZm9yZWlnbi5leGFtcGxlMB4XDTI2MTEyMTE0MzYxOFoX
DTM2MTExODE0MzYxOFowGjEYMBYGA1UEAwwPZm9yZWlnbi5leGFtcGxlMIIBIjAN
BgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzQsniiqSC9RIErB+P4QNhvbbZ2wu
DrQzgLes6+M7wDiGZ1g4Ea3z8rSMGrrjWWE1vwgcUeYQ7REnyeqzXhnU2LkUsiS3
D5nCx9wTuEuqPLd1J8Yb6TwCxjMKGyxJLjSYGygTrjhytfWWVIWw4f4AXZCttJFP
f6ZqHE3BLk38TRnXhesN68ul/fCTDyA+wvYgEc4qH7NyBezSTbqb2NSjkofYvvy9
vCYXjphG121P0GXQ3t4Mm6oCYnlYJrhngViGC43cyxiSz54quiuaI54PvOYpZJxH
a4GUj2CUE9OqSMKgPu/Pb9NchDhvVSkd0nX1fCQ1nKiw/gFldEyzza7gnQIDAQAB
o1MwUTAdBgNVHQ4EFgQUVE2DbfId6uDf0UAmSs6Hthsp60YwHwYDVR0jBBgwFoAU
VE2DbfId6uDf0UAmSs6Hthsp60YwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0B
AQsFAAOCAQEAxlSgLDVc43bKkFpsGqMot/NFfz+Df6iV2nX7IzAce/XUshiaK7Pe
u9ulk3DIQVa3E+K36Ipc2qBtD9hYV4tNED37f8lr2vXsA2Cr+cGoA+zpK7LJC9VP
k/uvP45h8X+CWts29ql66EHNL11GFgmz19n/re9aBhNKaM527hBzOIMPmo4UwPgn
FkPjyODYwJyayZ/B3pNKXXu8F4z5AwcTwu9R4s/uX/BJI4/tYdSkaEQ0/+n113mf
bi7+t7TnIrSqx/P1fxo7IxcX4DKi+0k4f1DIobtrCD7YyGGPIlYm/1TtA0aR+9/m
yCHss5bd9XGdz3nDh8C+JC7MP621RGytLA==
-----END CERTIFICATE-----
)";

TEST(RsaKey, a_signature_is_verified_by_the_same_digest_and_text_only) {
    for (const auto algorithm : {DigestAlgorithm::sha1, DigestAlgorithm::sha256}) {
        const std::string signature = key().sign(algorithm, "hello").value();
        EXPECT_EQ(signature.size(), std::size_t{rsa_key_bits / 8});
        EXPECT_TRUE(key().verify(algorithm, "hello", signature).value());
        EXPECT_FALSE(key().verify(algorithm, "hellO", signature).value());
        const auto other =
            algorithm == DigestAlgorithm::sha1 ? DigestAlgorithm::sha256 : DigestAlgorithm::sha1;
        EXPECT_FALSE(key().verify(other, "hello", signature).value());
    }
}

TEST(RsaKey, the_same_text_gives_the_same_signature) {
    EXPECT_EQ(key().sign(DigestAlgorithm::sha256, "").value(),
              key().sign(DigestAlgorithm::sha256, std::string_view()).value());
}

TEST(RsaKey, the_signature_is_the_one_that_openssl_makes) {
    const RsaKey foreign = RsaKey::load(foreign_private_pem, foreign_certificate_pem).value();
    EXPECT_EQ(Digest::of(DigestAlgorithm::sha256,
                         foreign.sign(DigestAlgorithm::sha1, "Message\nhello\n").value()),
              from_hex("bbd80e4f41a7eaa7992e2e121abc4f9e3fe44ded82e2c83221e7886023aa5a03").value());
    EXPECT_EQ(Digest::of(DigestAlgorithm::sha256,
                         foreign.sign(DigestAlgorithm::sha256, "Message\nhello\n").value()),
              from_hex("ee7bf98a99f777ee8c0a18f3bce66bee29c6c21cc4cdbacb6d4f277b01e21822").value());
    EXPECT_EQ(foreign.fingerprint(),
              "2f1485778104798db45486511b90c1e10958bc8c9387064a826235f3149b9cd4");
}

TEST(RsaKey, a_signature_of_another_length_is_not_this_texts) {
    const std::string signature = key().sign(DigestAlgorithm::sha256, "hello").value();
    EXPECT_FALSE(key().verify(DigestAlgorithm::sha256, "hello", "").value());
    EXPECT_FALSE(key().verify(DigestAlgorithm::sha256, "hello", signature.substr(0, 255)).value());
    EXPECT_FALSE(key().verify(DigestAlgorithm::sha256, "hello", signature + "x").value());
}

TEST(RsaKey, only_sha1_and_sha256_are_signed) {
    for (const auto algorithm :
         {DigestAlgorithm::md5, DigestAlgorithm::crc32, DigestAlgorithm::crc64nvme}) {
        EXPECT_EQ(key().sign(algorithm, "hello").error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(key().verify(algorithm, "hello", "x").error().code, ErrorCode::invalid_argument);
    }
}

TEST(RsaKey, what_was_saved_is_loaded_as_the_same_key) {
    const RsaKey loaded = RsaKey::load(key().private_pem(), key().certificate_pem()).value();
    EXPECT_EQ(loaded.private_pem(), key().private_pem());
    EXPECT_EQ(loaded.certificate_pem(), key().certificate_pem());
    EXPECT_EQ(loaded.fingerprint(), key().fingerprint());
    EXPECT_EQ(loaded.sign(DigestAlgorithm::sha1, "hello").value(),
              key().sign(DigestAlgorithm::sha1, "hello").value());
}

TEST(RsaKey, the_pem_texts_say_what_they_are) {
    EXPECT_TRUE(key().private_pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    EXPECT_TRUE(key().certificate_pem().starts_with("-----BEGIN CERTIFICATE-----\n"));
    EXPECT_EQ(key().fingerprint().size(), 64U);
}

TEST(RsaKey, two_keys_are_not_alike) {
    const RsaKey other = RsaKey::generate(certificate()).value();
    EXPECT_NE(other.fingerprint(), key().fingerprint());
    const std::string signature = other.sign(DigestAlgorithm::sha256, "hello").value();
    EXPECT_FALSE(key().verify(DigestAlgorithm::sha256, "hello", signature).value());
}

TEST(RsaKey, a_certificate_of_another_key_is_corruption) {
    const auto mixed = RsaKey::load(key().private_pem(), foreign_certificate_pem);
    EXPECT_EQ(mixed.error().code, ErrorCode::corruption);
}

TEST(RsaKey, bytes_that_are_no_pem_are_corruption) {
    const std::string& own = key().private_pem();
    const std::string encrypted =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END RSA PRIVATE KEY-----\n";
    for (const std::string& bad : {std::string(), std::string("hello"), own.substr(0, 800),
                                   std::string(rsa_pem_bytes_max + 1, 'x'), encrypted}) {
        EXPECT_EQ(RsaKey::load(bad, key().certificate_pem()).error().code, ErrorCode::corruption);
        EXPECT_EQ(RsaKey::load(own, bad).error().code, ErrorCode::corruption);
    }
}

TEST(RsaKey, a_damaged_private_key_is_corruption) {
    std::string damaged = key().private_pem();
    // Past the modulus: the public half still fits the certificate.
    char& digit = damaged[700];
    digit = digit == 'A' ? 'B' : 'A';
    EXPECT_EQ(RsaKey::load(damaged, key().certificate_pem()).error().code, ErrorCode::corruption);
}

TEST(RsaKey, a_common_name_is_a_host_name_within_its_limit) {
    const auto generate = [](std::string name) {
        return RsaKey::generate({.common_name = std::move(name), .not_before = Timestamp()});
    };
    EXPECT_TRUE(generate(std::string(rsa_common_name_bytes_max, 'a')));
    for (const std::string& bad : {std::string(), std::string("a,DNS:b"), std::string("a b"),
                                   std::string(rsa_common_name_bytes_max + 1, 'a')}) {
        EXPECT_EQ(generate(bad).error().code, ErrorCode::invalid_argument) << bad;
    }
}

TEST(RsaKey, a_certificate_that_would_never_be_valid_is_refused) {
    auto never = certificate();
    never.lifetime = 0s;
    EXPECT_EQ(RsaKey::generate(never).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace onput
