// An object's record as requests make it and as answers show it. Pure.
#pragma once

#include <string>

#include "common/schema/storage_uploads.hpp"
#include "services/storage/buckets/buckets.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/objects/conditions.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

// What the request says of the object; what the commit decides is left out.
ObjectRecord record_of(const schema::PutObject& request);

// "bucket/key", as ObjectRecord::source has it.
std::string text_of(const schema::ResultSource& source);

// The entity tag of bytes with this MD5: with a customer's key, or KMS's, of which S3 keeps nothing
// that tells of the bytes, it is another one each time.
std::string etag_of(std::string md5, const schema::Encryption& encryption, std::string_view nonce);

Validators validators_of(const ObjectRecord& record);

// Its version's id; empty where the bucket never had versions.
std::string shown_version(const Bucket& bucket, const ObjectRecord& record);

// What answers say of a key of KMS; nothing: it is none of its.
std::optional<schema::KmsKeyUse> kms_key_use(const Bucket& bucket,
                                             const schema::Encryption& encryption);

// Where the key of its bytes is sealed for.
KeyPlace key_place_of(const ObjectRecord& record, std::string_view bucket, std::string_view key);

schema::ObjectInfo info_of(const Bucket& bucket, const std::string& key, ObjectRecord record);
schema::ObjectPut put_of(const Bucket& bucket, const ObjectRecord& record);
schema::ObjectSummary summary_of(std::string_view key, ObjectRecord record);

// A result may replace an earlier result of the same source: whatever else lies there was not made
// by its worker, or of another object whose name gives the same key. `result_exists`.
Result<void> check_result(const schema::PutObject& request,
                          const std::optional<ObjectRecord>& before);

}  // namespace onput::storage
