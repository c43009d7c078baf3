// What an object has beside its bytes and metadata: tags, a lock, encryption, what its bucket's
// lifecycle means for it. Parts of messages (storage_objects.hpp) and of rows (object_record.hpp).
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"

namespace onput::schema {

struct Tag {
    std::string key = {};
    std::string value = {};

    ONPUT_FIELDS(key, value)
    friend bool operator==(const Tag&, const Tag&) = default;
};

// What keeps one version from being removed. Either part may be there without the other.
struct ObjectLock {
    std::string mode = {};  // "GOVERNANCE" or "COMPLIANCE"; empty: no retention.
    Timestamp retain_until = {};
    bool has_legal_hold = false;
    bool was_hold_set = false;  // On or off: unlike one of which nothing was ever said.

    ONPUT_FIELDS(mode, retain_until, has_legal_hold, was_hold_set)
    friend bool operator==(const ObjectLock&, const ObjectLock&) = default;
};

// How a client wants the bytes of an object to be encrypted where they lie. Says it nothing, it is
// the bucket's default, or the service's keys, where it has any.
struct EncryptionRequest {
    bool by_service = false;        // Refused where the service has no keys.
    std::string customer_key = {};  // customer_key_bytes; used, never kept. Empty: none.
    bool by_kms = false;            // Refused where the service has no keys of KMS.
    std::string kms_key = {};       // Its name, alias or ARN. Empty: the first.
    // Whether it wants a bucket key, which answers say again; nothing: the bucket's default.
    std::optional<bool> bucket_key = {};

    ONPUT_FIELDS(by_service, customer_key, by_kms, kms_key, bucket_key)
    friend bool operator==(const EncryptionRequest&, const EncryptionRequest&) = default;
};
inline constexpr std::size_t customer_key_bytes = 32;

// Encryption of an object, as answers say it. Empty: none.
inline constexpr std::string_view encrypted_by_service = "AES256";
inline constexpr std::string_view encrypted_by_customer = "customer";
inline constexpr std::string_view encrypted_by_kms = "aws:kms";

// Which key of KMS, as answers say it.
struct KmsKeyUse {
    std::string key_arn = {};  // "arn:aws:kms:REGION:ACCOUNT:key/NAME", of the bucket's owner.
    bool has_bucket_key = false;

    ONPUT_FIELDS(key_arn, has_bucket_key)
    friend bool operator==(const KmsKeyUse&, const KmsKeyUse&) = default;
};

// How bytes are encrypted where they lie: with a key of their own, AES-256-CTR, which is sealed
// with another key. Each blob, or data row, has a nonce of its own (common/base/cipher.hpp).
struct Encryption {
    std::string by = {};          // encrypted_by_service, _by_customer or _by_kms; empty: not.
    std::string key_name = {};    // Of the service's key, or KMS's; empty: the customer keeps it.
    std::string sealed_key = {};  // For this bucket and key.
    bool has_bucket_key = false;  // Said of KMS; each object has a key of its own all the same.

    ONPUT_FIELDS(by, key_name, sealed_key, has_bucket_key)
    friend bool operator==(const Encryption&, const Encryption&) = default;
};

// What a rule of the bucket's lifecycle will do, and when.
struct ScheduledAction {
    Timestamp at = {};
    std::string rule_id = {};

    ONPUT_FIELDS(at, rule_id)
    friend bool operator==(const ScheduledAction&, const ScheduledAction&) = default;
};

// Of an archived object that was asked for.
struct RestoreStatus {
    bool is_ongoing = false;
    Timestamp expires_at = {};  // Of the copy, when there is one.

    ONPUT_FIELDS(is_ongoing, expires_at)
    friend bool operator==(const RestoreStatus&, const RestoreStatus&) = default;
};

}  // namespace onput::schema
