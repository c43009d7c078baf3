// Access control lists as requests and answers have them: x-amz-acl, x-amz-grant-* and documents.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "common/auth/credentials.hpp"
#include "common/base/result.hpp"
#include "common/schema/storage_access.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

// Of headers, or fields of a form that are as headers; nothing where they say nothing.
// invalid_request for both kinds at once; invalid_argument; method_not_allowed for a mail address.
Result<std::optional<schema::AclRequest>> read_acl_headers(const http::RequestHead& head);

// The same, of grantees that there are. Errors of both.
Result<std::optional<schema::AclRequest>> read_new_acl(const http::RequestHead& head,
                                                       const auth::KeyRing& keys);

// <AccessControlPolicy>, as read by its shape. malformed_xml, invalid_argument, method_not_allowed.
struct AclDocument {
    schema::AclRequest acl;
    std::string owner_id;  // Empty: it names none.
};
Result<AclDocument> read_acl_document(const aws::Value& document);

// invalid_argument for a canonical id that is none of the accounts'.
Result<void> check_grantees(const schema::AclRequest& acl, const auth::KeyRing& keys);

std::string render_acl(const schema::AccessControlPolicy& policy);

}  // namespace onput::gateway::s3
