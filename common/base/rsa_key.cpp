#include "common/base/rsa_key.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"

namespace onput {
namespace {

template <auto release>
struct Release {
    template <typename T>
    void operator()(T* object) const {
        release(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using X509Certificate = std::unique_ptr<X509, Release<X509_free>>;
using X509Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL's error queue belongs to the thread: what is left in it would be read as the reason of
// someone else's failure.
std::unexpected<Error> openssl_failed(ErrorCode code, std::string_view doing) {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    std::string message(doing);
    message.append(": ").append(reason == nullptr ? "refused by openssl" : reason);
    ERR_clear_error();
    return fail(code, std::move(message));
}

Result<const char*> signature_digest(DigestAlgorithm algorithm) {
    switch (algorithm) {
        case DigestAlgorithm::sha1: return "SHA1";
        case DigestAlgorithm::sha256: return "SHA256";
        default: return fail(ErrorCode::invalid_argument, "an rsa signature is of sha1 or sha256");
    }
}

// Only what a host name is made of: the text also goes through OpenSSL's extension language, in
// which a comma begins another name.
Result<void> check_certificate(const RsaKey::Certificate& certificate) {
    const std::string& name = certificate.common_name;
    const bool is_host = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    });
    if (name.empty() || name.size() > rsa_common_name_bytes_max || !is_host) {
        return fail(ErrorCode::invalid_argument, "a certificate's common name is a host name");
    }
    if (certificate.lifetime < std::chrono::seconds(1)) {
        return fail(ErrorCode::invalid_argument, "a certificate is valid for at least a second");
    }
    return {};
}

bool set_serial(X509& x509) {
    std::string serial = secure_random_bytes(16);
    serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);  // Positive, and of one length.
    BIGNUM* number = BN_bin2bn(bytes_of(serial), static_cast<int>(serial.size()), nullptr);
    const bool done =
        number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&x509)) != nullptr;
    BN_free(number);
    return done;
}

bool set_names(X509& x509, std::string_view common_name) {
    X509_NAME* name = X509_get_subject_name(&x509);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes_of(common_name),
                                      static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(&x509, name) == 1;
}

bool set_times(X509& x509, const RsaKey::Certificate& certificate) {
    const Timestamp not_after = certificate.not_before + certificate.lifetime;
    return ASN1_TIME_set(X509_getm_notBefore(&x509), to_seconds(certificate.not_before)) !=
               nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(&x509), to_seconds(not_after)) != nullptr;
}

bool add_extensions(X509& x509, const std::string& common_name) {
    const std::array<std::pair<int, std::string>, 4> extensions{{
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_subject_key_identifier, "hash"},
        {NID_subject_alt_name, "DNS:" + common_name},
    }};
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &x509, &x509, nullptr, nullptr, 0);
    for (const auto& [id, value] : extensions) {
        const X509Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
        if (!extension || X509_add_ext(&x509, extension.get(), -1) != 1) return false;
    }
    return true;
}

X509Certificate self_sign(EVP_PKEY& key, const RsaKey::Certificate& certificate) {
    X509Certificate x509(X509_new());
    const bool done = x509 && X509_set_version(x509.get(), X509_VERSION_3) == 1 &&
                      set_serial(*x509) && set_names(*x509, certificate.common_name) &&
                      set_times(*x509, certificate) && X509_set_pubkey(x509.get(), &key) == 1 &&
                      add_extensions(*x509, certificate.common_name) &&
                      X509_sign(x509.get(), &key, EVP_sha256()) > 0;
    if (!done) x509.reset();
    return x509;
}

std::string contents(BIO& bio) {
    const char* data = nullptr;
    const auto size = BIO_get_mem_data(&bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string private_pem_of(EVP_PKEY& key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    ONPUT_CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr,
                                                     nullptr) == 1);
    return contents(*bio);
}

std::string certificate_pem_of(X509& x509) {
    const Bio bio(BIO_new(BIO_s_mem()));
    ONPUT_CHECK(bio && PEM_write_bio_X509(bio.get(), &x509) == 1);
    return contents(*bio);
}

std::string fingerprint_of(X509& x509) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(&x509, &der);
    ONPUT_CHECK(size > 0);
    const std::string_view bytes(reinterpret_cast<const char*>(der),
                                 static_cast<std::size_t>(size));
    std::string fingerprint = to_hex(Digest::of(DigestAlgorithm::sha256, bytes));
    OPENSSL_free(der);
    return fingerprint;
}

Bio reading(std::string_view text) {
    // OpenSSL takes a null buffer for a missing one, and an empty view may point nowhere.
    return Bio(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
}

// Without it OpenSSL asks the terminal for the passphrase of an encrypted key, and waits.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

}  // namespace

struct RsaKey::Parts {
    Parts(Key pair, X509& x509)
        : key(std::move(pair)),
          private_pem(private_pem_of(*key)),
          certificate_pem(certificate_pem_of(x509)),
          fingerprint(fingerprint_of(x509)) {}

    Key key;
    std::string private_pem;
    std::string certificate_pem;
    std::string fingerprint;
};

Result<RsaKey> RsaKey::generate(const Certificate& certificate) {
    ONPUT_TRY_VOID(check_certificate(certificate));
    Key key(EVP_RSA_gen(rsa_key_bits));
    if (!key) return openssl_failed(ErrorCode::internal, "generate an rsa key");
    const X509Certificate x509 = self_sign(*key, certificate);
    if (!x509) return openssl_failed(ErrorCode::internal, "sign a certificate");
    return RsaKey(std::make_shared<const Parts>(std::move(key), *x509));
}

Result<RsaKey> RsaKey::load(std::string_view private_pem, std::string_view certificate_pem) {
    if (std::max(private_pem.size(), certificate_pem.size()) > rsa_pem_bytes_max) {
        return fail(ErrorCode::corruption, "load an rsa key: more bytes than a pem of ours has");
    }
    const Bio key_bio = reading(private_pem);
    Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_passphrase, nullptr));
    if (!key) return openssl_failed(ErrorCode::corruption, "load an rsa private key");
    if (EVP_PKEY_is_a(key.get(), "RSA") != 1 || EVP_PKEY_get_bits(key.get()) != rsa_key_bits) {
        return fail(ErrorCode::corruption, "load an rsa private key: not rsa of 2048 bits");
    }
    const Bio x509_bio = reading(certificate_pem);
    const X509Certificate x509(PEM_read_bio_X509(x509_bio.get(), nullptr, no_passphrase, nullptr));
    if (!x509) return openssl_failed(ErrorCode::corruption, "load a certificate");
    if (X509_check_private_key(x509.get(), key.get()) != 1) {
        return openssl_failed(ErrorCode::corruption, "the certificate is not of this rsa key");
    }
    // The check above compares the public halves only; a damaged private half may sign nonsense.
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    if (!context || EVP_PKEY_check(context.get()) != 1) {
        return openssl_failed(ErrorCode::corruption, "the rsa private key is damaged");
    }
    return RsaKey(std::make_shared<const Parts>(std::move(key), *x509));
}

Result<std::string> RsaKey::sign(DigestAlgorithm algorithm, std::string_view text) const {
    ONPUT_TRY(const char* digest, signature_digest(algorithm));
    const DigestContext context(EVP_MD_CTX_new());
    std::string signature(rsa_key_bits / 8, '\0');
    std::size_t size = signature.size();
    const bool done =
        context &&
        EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, parts_->key.get(),
                              nullptr) == 1 &&
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(text), text.size()) == 1;
    if (!done) return openssl_failed(ErrorCode::internal, "sign with an rsa key");
    ONPUT_CHECK(size == signature.size());
    return signature;
}

Result<bool> RsaKey::verify(DigestAlgorithm algorithm, std::string_view text,
                            std::string_view signature) const {
    ONPUT_TRY(const char* digest, signature_digest(algorithm));
    const DigestContext context(EVP_MD_CTX_new());
    const bool ready = context && EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr,
                                                          nullptr, parts_->key.get(), nullptr) == 1;
    if (!ready) return openssl_failed(ErrorCode::internal, "verify with an rsa key");
    const bool matches = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                          bytes_of(text), text.size()) == 1;
    // A signature that is not ours leaves its reason in the queue, and is no failure.
    ERR_clear_error();
    return matches;
}

const std::string& RsaKey::private_pem() const {
    return parts_->private_pem;
}
const std::string& RsaKey::certificate_pem() const {
    return parts_->certificate_pem;
}
const std::string& RsaKey::fingerprint() const {
    return parts_->fingerprint;
}

}  // namespace onput
