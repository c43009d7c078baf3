// What a request says of the encryption of an object, and what an answer shows of it: SSE-S3, by
// the service's keys, SSE-KMS, by keys that have names, and SSE-C, by a key that the client brings
// with each request. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {

// What is wrong with it, whether it is used or not. Errors: invalid_argument; encryption_method of
// an algorithm that S3 has not; unimplemented: two layers (aws:kms:dsse).
Result<void> check_encryption(const http::RequestHead& head);

// The client's key; empty without one. `of_source`: that of what is copied. Of a request that has
// passed check_encryption.
std::string customer_key_of(const http::RequestHead& head, bool of_source = false);

// How the request wants what it writes to be encrypted; likewise.
schema::EncryptionRequest encryption_of(const http::RequestHead& head);

// Whether a key of the client's travels with the request.
bool has_customer_key(const http::RequestHead& head);

// As storage answers it; the client's key, and the context of KMS's, are the request's.
void show_encryption(std::string_view encryption, const std::optional<schema::KmsKeyUse>& kms,
                     const http::RequestHead& head, Headers& headers);
// Of an ObjectInfo, ObjectPut or UploadCreated.
void show_encryption(const auto& answer, const http::RequestHead& head, Headers& headers) {
    show_encryption(answer.encryption, answer.kms, head, headers);
}

}  // namespace onput::gateway::s3
