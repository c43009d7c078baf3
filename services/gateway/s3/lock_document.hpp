// Object lock, in headers and documents. Storage judges what may change. Pure.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {

// x-amz-object-lock-mode, -retain-until-date and -legal-hold of a write. invalid_argument in S3's
// words.
Result<schema::ObjectLock> read_lock_headers(const http::RequestHead& head);
void show_lock(const schema::ObjectLock& lock, Headers& headers);

// x-amz-bypass-governance-retention: true.
bool asks_for_governance_bypass(const http::RequestHead& head);

// <ObjectLockConfiguration>, <Retention>, <LegalHold>, as read by their shapes: malformed_xml, and
// invalid_argument in S3's words.
Result<schema::DefaultRetention> read_lock_configuration(const aws::Value& document);
std::string render_lock_configuration(const schema::DefaultRetention& retention);

struct Retention {
    std::string mode = {};  // Empty, as an empty document has it: none.
    Timestamp until = {};
};
Result<Retention> read_retention(const aws::Value& document);
std::string render_retention(const schema::ObjectLock& lock);

enum class LegalHold { off, on };
Result<LegalHold> read_legal_hold(const aws::Value& document);
std::string render_legal_hold(LegalHold hold);

}  // namespace onput::gateway::s3
