// What the fields of a browser's form say: the object as a PUT's headers would, and the answer.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/s3/form_reader.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

// The fields that a PUT has as headers, `acl` among them. The fields outlive it.
http::RequestHead head_of_form(const FormFields& fields);

// invalid_argument where the form has none.
Result<std::string> key_of_form(const FormFields& fields);

// Of the field `tagging`: the document of PutObjectTagging. malformed_xml.
Result<std::vector<schema::Tag>> tags_of_form(const FormFields& fields);

struct PostedObject {
    std::string location;  // A URL.
    std::string bucket;
    std::string key;
    std::string etag;  // Without quotes.
};
// By success_action_redirect (or the older redirect) and success_action_status; 204 when they say
// nothing that can be done. Location and ETag are among the headers.
Reply reply_to_form(const FormFields& fields, const PostedObject& object);

}  // namespace onput::gateway::s3
