#include "services/storage/encryption/object_key.hpp"

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::storage {
namespace {

// No bucket has a '/' in its name.
std::string context_of(KeyPlace place) {
    return fmt::format("onput object key\n{}/{}", place.bucket, place.key);
}

}  // namespace

Result<NewObjectKey> make_object_key(const MasterKeys& masters,
                                     const schema::EncryptionRequest& request, KeyPlace place,
                                     const NewSecret& new_secret) {
    const bool by_customer = !request.customer_key.empty();
    if (by_customer && request.customer_key.size() != schema::customer_key_bytes) {
        return fail(ErrorCode::invalid_argument,
                    "The secret key was invalid for the specified algorithm.", "invalid_argument");
    }
    if (!by_customer && masters.is_empty()) {
        if (!request.by_service) return NewObjectKey{};
        return fail(ErrorCode::unimplemented, std::string(no_master_keys), "no_service_key");
    }
    ONPUT_CHECK(new_secret != nullptr);
    const MasterKeys::Key customers{.name = {}, .bytes = request.customer_key};
    const MasterKeys::Key& master = by_customer ? customers : masters.current();
    NewObjectKey made{.key = {.bytes = new_secret(cipher_key_bytes)}};
    made.encryption = {.by = std::string(by_customer ? schema::encrypted_by_customer
                                                     : schema::encrypted_by_service),
                       .key_name = master.name,
                       .sealed_key = seal(master.bytes, new_secret(cipher_nonce_bytes),
                                          context_of(place), made.key.bytes)};
    return made;
}

Result<ObjectKey> open_object_key(const MasterKeys& masters, const schema::Encryption& encryption,
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
    const auto* master = masters.find(encryption.key_name);
    if (master == nullptr) {
        return fail(ErrorCode::unavailable,
                    fmt::format("the object is encrypted with the key '{}', which is not in the "
                                "storage service's master_keys_secret: add it and start again",
                                encryption.key_name));
    }
    auto opened = unseal(master->bytes, context_of(place), encryption.sealed_key);
    if (opened) return ObjectKey{.bytes = *std::move(opened)};
    return fail(ErrorCode::corruption,
                fmt::format("the object's key does not open with the key '{}': its row is damaged, "
                            "or another key has that name",
                            encryption.key_name));
}

}  // namespace onput::storage
