#include "services/storage/encryption/object_key.hpp"

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::storage {
namespace {

// The text of an element without attributes, as the gateway renders it; empty: there is none.
std::string element_of(std::string_view document, std::string_view name) {
    const std::string begin = fmt::format("<{}>", name);
    const auto at = document.find(begin);
    if (at == std::string_view::npos) return {};
    document.remove_prefix(at + begin.size());
    return std::string(document.substr(0, document.find('<')));
}

// What a new object's key is sealed with. `by` is empty: it is to have none.
struct SealingKey {
    std::string_view by = {};
    MasterKeys::Key key = {};
    bool has_bucket_key = false;
};

Result<SealingKey> choose_kms_key(const MasterKeys& kms, const std::string& named,
                                  bool has_bucket_key) {
    if (kms.is_empty())
        return fail(ErrorCode::unimplemented, std::string(no_kms_keys), "no_kms_key");
    const auto* key = named.empty() ? &kms.current() : kms.find_kms(named);
    if (key == nullptr) {
        return fail(ErrorCode::invalid_argument, fmt::format("Key '{}' does not exist", named),
                    "kms_key_not_found");
    }
    return SealingKey{
        .by = schema::encrypted_by_kms, .key = *key, .has_bucket_key = has_bucket_key};
}

Result<SealingKey> choose_key(const ServiceKeys& keys, const schema::EncryptionRequest& request,
                              const DefaultEncryption& otherwise) {
    if (!request.customer_key.empty()) {
        if (request.customer_key.size() == schema::customer_key_bytes)
            return SealingKey{.by = schema::encrypted_by_customer,
                              .key = {.name = {}, .bytes = request.customer_key}};
        return fail(ErrorCode::invalid_argument,
                    "The secret key was invalid for the specified algorithm.", "invalid_argument");
    }
    const bool has_bucket_key = request.bucket_key.value_or(otherwise.has_bucket_key);
    if (request.by_kms) return choose_kms_key(keys.kms, request.kms_key, has_bucket_key);
    if (!request.by_service && otherwise.by_kms)
        return choose_kms_key(keys.kms, otherwise.kms_key, has_bucket_key);
    const bool is_wanted = keys.encrypts_unasked || request.by_service || otherwise.by_service;
    if (!keys.masters.is_empty() && is_wanted)
        return SealingKey{.by = schema::encrypted_by_service, .key = keys.masters.current()};
    if (!request.by_service && !otherwise.by_service) return SealingKey{};
    return fail(ErrorCode::unimplemented, std::string(no_master_keys), "no_service_key");
}

// No bucket has a '/' in its name.
std::string context_of(KeyPlace place) {
    return fmt::format("onput object key\n{}/{}", place.bucket, place.key);
}

}  // namespace

DefaultEncryption read_default_encryption(const std::optional<std::string>& document) {
    if (!document) return {};
    const auto algorithm = element_of(*document, "SSEAlgorithm");
    return {.by_service = algorithm == schema::encrypted_by_service,
            .by_kms = algorithm == schema::encrypted_by_kms,
            .kms_key = element_of(*document, "KMSMasterKeyID"),
            .has_bucket_key = element_of(*document, "BucketKeyEnabled") == "true"};
}

Result<NewObjectKey> make_object_key(const ServiceKeys& keys,
                                     const schema::EncryptionRequest& request,
                                     const DefaultEncryption& otherwise, KeyPlace place,
                                     const NewSecret& new_secret) {
    ONPUT_TRY(const auto seal_with, choose_key(keys, request, otherwise));
    if (seal_with.by.empty()) return NewObjectKey{};
    ONPUT_CHECK(new_secret != nullptr);
    NewObjectKey made{.key = {.bytes = new_secret(cipher_key_bytes)}};
    made.encryption = {.by = std::string(seal_with.by),
                       .key_name = seal_with.key.name,
                       .sealed_key = seal(seal_with.key.bytes, new_secret(cipher_nonce_bytes),
                                          context_of(place), made.key.bytes),
                       .has_bucket_key = seal_with.has_bucket_key};
    return made;
}

Result<ObjectKey> open_object_key(const ServiceKeys& keys, const schema::Encryption& encryption,
                                  std::string_view customer_key, KeyPlace place) {
    if (encryption.by != schema::encrypted_by_customer && !customer_key.empty()) {
        return fail(ErrorCode::invalid_argument,
                    "The encryption parameters are not applicable to this object.",
                    "customer_key_needless");
    }
    if (encryption.by.empty()) return ObjectKey{};
    if (encryption.by == schema::encrypted_by_customer) {
        if (customer_key.empty()) {
            return fail(ErrorCode::invalid_argument,
                        "The object was stored using a form of Server Side Encryption. The correct "
                        "parameters must be provided to retrieve the object.",
                        "customer_key_missing");
        }
        auto opened = customer_key.size() == schema::customer_key_bytes
                          ? unseal(customer_key, context_of(place), encryption.sealed_key)
                          : std::nullopt;
        if (opened) return ObjectKey{.bytes = *std::move(opened)};
        return fail(ErrorCode::permission_denied, "Access Denied", "wrong_customer_key");
    }
    const bool by_kms = encryption.by == schema::encrypted_by_kms;
    const auto* master = (by_kms ? keys.kms : keys.masters).find(encryption.key_name);
    if (master == nullptr) {
        return fail(
            ErrorCode::unavailable,
            fmt::format("the object is encrypted with the key '{}', which is not in the "
                        "storage service's {}: add it and start again",
                        encryption.key_name, by_kms ? "kms_keys_secret" : "master_keys_secret"));
    }
    auto opened = unseal(master->bytes, context_of(place), encryption.sealed_key);
    if (opened) return ObjectKey{.bytes = *std::move(opened)};
    return fail(ErrorCode::corruption,
                fmt::format("the object's key does not open with the key '{}': its row is damaged, "
                            "or another key has that name",
                            encryption.key_name));
}

}  // namespace onput::storage
