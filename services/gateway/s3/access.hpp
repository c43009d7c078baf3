// What storage judges a request by: the actions of IAM that an operation is, and what policies may
// ask about the request. The table here has every operation, those that are newer included.
//
//     GetObject ............... s3:GetObject, with versionId s3:GetObjectVersion
//     PutObject ............... s3:PutObject; x-amz-tagging: s3:PutObjectTagging as well
//     CopyObject .............. s3:PutObject; its source is a request of its own, s3:GetObject
//     DeleteObjects ........... s3:DeleteObject of each key
//
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/auth/verify.hpp"
#include "common/schema/access.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {

struct AccessInput {
    std::string_view operation;     // "PutObject"
    const http::RequestHead& head;  // With the headers of a presigned URL, or a form's fields.
    const http::RequestHead& sent;  // As it came.
    const std::vector<http::QueryParameter>& query;
    const auth::Identity& identity;  // Without a key: an unsigned request.
    std::string source_ip;
    bool is_secure = false;
    Timestamp now;
};
schema::AccessContext access_of(const AccessInput& input);

// The same client's reading of a copy's source, as `action`: "GetObject", "GetObjectTagging".
struct SourceAccess {
    std::string_view action;
    std::string_view version_id;
    std::string_view expected_owner;
};
schema::AccessContext access_to_source(schema::AccessContext context, const SourceAccess& source);

// Whether the table has the operation.
bool has_actions(std::string_view operation);

}  // namespace onput::gateway::s3
