// The key that the bytes of one object are encrypted with. Pure.
//
//     master key, or the customer's ──seals──> object's key ──AES-256-CTR──> each blob, or row,
//                                                                            under its own nonce
//
// The sealed key lies in the object's row, and opens for its bucket and key alone. A nonce is drawn
// for every blob: the parts of an upload have one key.
#pragma once

#include <optional>
#include <string>

#include "common/base/cipher.hpp"
#include "common/base/master_keys.hpp"
#include "common/base/result.hpp"
#include "common/schema/object_record.hpp"

namespace onput::storage {

struct ServiceKeys {
    MasterKeys masters = {};  // Empty: what is new is not encrypted, and SSE-S3 is refused.
    MasterKeys kms = {};      // Empty: SSE-KMS is refused.
    // By the first of `masters` also what neither the request nor the bucket wants encrypted.
    bool encrypts_unasked = true;
};

// Of what object.
struct KeyPlace {
    std::string_view bucket;
    std::string_view key;
};

// Empty: the bytes are as they are.
struct ObjectKey {
    std::string bytes = {};

    [[nodiscard]] bool is_empty() const { return bytes.empty(); }
    // Encrypts, or decrypts, what lies at `offset` under this nonce.
    void apply(std::string_view nonce, std::uint64_t offset, std::string& text) const {
        if (!is_empty()) apply_keystream(bytes, nonce, offset, text);
    }
};

inline constexpr std::string_view no_master_keys =
    "objects are not encrypted here: the storage service has no master_keys_secret";
inline constexpr std::string_view no_kms_keys =
    "there are no keys of KMS here: the storage service has no kms_keys_secret";

// What a bucket says of objects whose request says nothing.
struct DefaultEncryption {
    bool by_service = false;
    bool by_kms = false;
    std::string kms_key = {};  // As EncryptionRequest's.
    bool has_bucket_key = false;
};
// `document`: the bucket's encryption configuration as the gateway renders it; nothing, or empty:
// there is none.
DefaultEncryption read_default_encryption(const std::optional<std::string>& document);

// A key for a new object, as the request wants it, or else the bucket; both empty when there is to
// be none. Errors: unimplemented `no_service_key`, `no_kms_key`: it wants the service's, or KMS's,
// and there are none; invalid_argument `kms_key_not_found`.
struct NewObjectKey {
    ObjectKey key = {};
    schema::Encryption encryption = {};
};
Result<NewObjectKey> make_object_key(const ServiceKeys& keys,
                                     const schema::EncryptionRequest& request,
                                     const DefaultEncryption& otherwise, KeyPlace place,
                                     const NewSecret& new_secret);

// Of an object that is there; empty when its bytes are as they are. Errors: invalid_argument
// `customer_key_missing`, `customer_key_needless`; permission_denied `wrong_customer_key`;
// unavailable: the service has not the key that is needed.
Result<ObjectKey> open_object_key(const ServiceKeys& keys, const schema::Encryption& encryption,
                                  std::string_view customer_key, KeyPlace place);

}  // namespace onput::storage
